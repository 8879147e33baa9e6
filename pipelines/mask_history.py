"""Masks that failed in rows of telemetry that an earlier scan read: so until those rows are judged again, or gone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dlp.mask_checks import WITHIN
from dlp.mask_findings import SEVERITIES, MaskCheck, MaskFinding
from pipelines.alert_rows import utc
from store.client import Store

_FINDINGS = """
SELECT columns, check, entity_type, severity, evidence, mend, found_at FROM mask_findings
WHERE dataset = {dataset:String} AND check IN {checks:Array(String)}
"""


@dataclass(frozen=True)
class StoredFinding:
    """A finding and the time (UTC) at which the rows were judged that it is about."""

    finding: MaskFinding
    found_at: datetime


def still_true(
    dataset: str, found: Sequence[MaskFinding], store: Store, *, oldest: datetime | None
) -> list[StoredFinding]:
    """Stored findings that the new rows say nothing better of: those that `found` lacks, and those that are worse.

    Args:
        dataset: a stream of telemetry.
        found: what the checks say of the rows that arrived since.
        store: where the findings are.
        oldest: when the oldest row arrived that is still there (UTC), None where there is none. What was judged before
            that time is gone.
    """
    if oldest is None:
        return []
    now = {_key(finding): SEVERITIES.index(finding.severity) for finding in found}
    rows = store.rows(_FINDINGS, {"dataset": dataset, "checks": [check.value for check in WITHIN]})
    stored = [StoredFinding(_finding(row), utc(row["found_at"])) for row in rows]
    return [
        one
        for one in stored
        if one.found_at >= oldest and SEVERITIES.index(one.finding.severity) > now.get(_key(one.finding), -1)
    ]


def together(found: Sequence[MaskFinding], earlier: Sequence[StoredFinding]) -> tuple[MaskFinding, ...]:
    """All that is true of a stream: of the same finding the worse one."""
    kept = {_key(one.finding) for one in earlier}
    return (*(one.finding for one in earlier), *(finding for finding in found if _key(finding) not in kept))


def _key(finding: MaskFinding) -> tuple[str, str, tuple[str, ...]]:
    return finding.check.value, finding.entity_type, finding.columns


def _finding(row: dict[str, object]) -> MaskFinding:
    columns = row["columns"]
    evidence = json.loads(str(row["evidence"]))
    severity = next(name for name in SEVERITIES if name == row["severity"])
    return MaskFinding(
        MaskCheck(str(row["check"])),
        tuple(map(str, columns)) if isinstance(columns, Sequence) else (),
        severity,
        str(row["entity_type"]),
        evidence,
        str(row["mend"]),
    )
