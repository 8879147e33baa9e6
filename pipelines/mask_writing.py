"""Rows that stand for masks that fail, and for the checks that were carried out."""

import hashlib
from collections.abc import Sequence

import polars as pl

from dlp.mask_findings import MaskCheck, MaskFinding
from pipelines.scan_report import Owner
from store.client import Store
from store.writes import append


def write_mask_findings(
    dataset: str, findings: Sequence[MaskFinding], store: Store, owner: Owner, *, scan_id: str, ran: Sequence[MaskCheck]
) -> None:
    """Store what these checks found of a data set; from then on it counts, and what they found before does not.

    Raises:
        QueryFailed: the rows do not fit the tables.
    """
    rows = [_row(dataset, finding, owner, scan_id) for finding in findings]
    if rows:
        frame = pl.DataFrame(rows, schema_overrides={"columns": pl.List(pl.String)})
        append(store, "mask_finding_records", frame, token=f"{scan_id}:{dataset}")
    # The runs come last: until they are there, what was found before counts.
    done = pl.DataFrame([{"scan_id": scan_id, "dataset": dataset, "check": check.value} for check in ran])
    append(store, "mask_check_runs", done, token=f"{scan_id}:{dataset}")


def _row(dataset: str, finding: MaskFinding, owner: Owner, scan_id: str) -> dict[str, object]:
    name = "\x00".join((dataset, finding.check.value, finding.entity_type, *finding.columns))
    return {
        "finding_id": hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "scan_id": scan_id,
        "dataset": dataset,
        "columns": list(finding.columns),
        "check": finding.check.value,
        "entity_type": finding.entity_type,
        "severity": finding.severity,
        "evidence": finding.evidence_json(),
        "mend": finding.mend_key,
        "scope": owner.scope,
        "asset_id": owner.asset_id,
    }
