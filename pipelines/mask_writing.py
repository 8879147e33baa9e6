"""Rows that stand for masks that fail, and for the checks that were carried out."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

import polars as pl

from dlp.mask_findings import MaskCheck, MaskFinding
from pipelines.mask_history import StoredFinding
from pipelines.scan_report import Owner
from store.client import Store
from store.writes import append


def write_mask_findings(
    dataset: str,
    findings: Sequence[MaskFinding],
    store: Store,
    owner: Owner,
    *,
    scan_id: str,
    ran: Sequence[MaskCheck],
    earlier: Sequence[StoredFinding] = (),
) -> None:
    """Store what these checks found of a data set; from then on it counts, and what they found before does not.

    Args:
        dataset: its name.
        findings: what was found now.
        store: where to.
        owner: whose the data set is.
        scan_id: of the scan, or of the run of the checks.
        ran: which checks were carried out.
        earlier: findings of earlier runs that stay true, and when they were found; the same one found now gives way.

    Raises:
        QueryFailed: the rows do not fit the tables.
    """
    dated = [*earlier, *(StoredFinding(finding, datetime.now(UTC)) for finding in findings)]
    rows = {row["finding_id"]: row for row in reversed([_row(dataset, one, owner, scan_id) for one in dated])}
    if rows:
        overrides = {"columns": pl.List(pl.String), "found_at": pl.Datetime("ms", "UTC")}
        frame = pl.DataFrame(list(rows.values()), schema_overrides=overrides)
        append(store, "mask_finding_records", frame, token=f"{scan_id}:{dataset}")
    # The runs come last: until they are there, what was found before counts.
    done = pl.DataFrame([{"scan_id": scan_id, "dataset": dataset, "check": check.value} for check in ran])
    append(store, "mask_check_runs", done, token=f"{scan_id}:{dataset}")


def _row(dataset: str, stored: StoredFinding, owner: Owner, scan_id: str) -> dict[str, object]:
    finding = stored.finding
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
        "found_at": stored.found_at,
    }
