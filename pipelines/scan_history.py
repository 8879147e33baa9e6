"""What the last scan of a data set left behind, and by what one sees that nothing changed since."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from dlp.findings import PiiFinding
from dlp.mask_policy import ChecksPolicy
from dlp.policy import Policy
from pipelines.alert_rows import utc
from pipelines.scan_report import ScanReport, ScanState, Suggested
from pipelines.scan_sampling import Sampling
from store.client import Store

_ENDS = 64 * 1024  # bytes of a file's head and tail that are compared

_LAST = """
SELECT scan_id, finished_at, rows, columns, grade, method, stamp, seen_until, column_rows, partial,
    registration, evidence, triggers, purpose
FROM pii_scans
WHERE dataset = {dataset:String} ORDER BY finished_at DESC LIMIT 1
"""
_FINDINGS = "SELECT * FROM pii_finding_records WHERE scan_id = {scan:String}"
_PARTS = """
SELECT count() AS parts, groupBitXor(sipHash64(name, hash_of_all_files)) AS content FROM system.parts
WHERE active AND database = {database:String} AND table = {table:String}
"""


@dataclass(frozen=True)
class LastScan:
    """The last finished scan of a data set, and when it was finished (UTC)."""

    scan_id: str
    report: ScanReport
    finished_at: datetime

    def says_the_same(self, report: ScanReport) -> bool:
        """Whether a report on the same content grades the data set as this scan did."""
        told, kept = report.suggested, self.report.suggested
        return (report.grade, told.registration, told.evidence, told.triggers, told.purpose) == (
            self.report.grade,
            kept.registration,
            kept.evidence,
            kept.triggers,
            kept.purpose,
        )


def last_scan(store: Store, dataset: str) -> LastScan | None:
    """The last finished scan of a data set with its findings; None before the first."""
    for row in store.rows(_LAST, {"dataset": dataset}):
        scan_id, counted = str(row["scan_id"]), row["column_rows"]
        state = ScanState(
            stamp=str(row["stamp"]),
            seen_until=utc(row["seen_until"]),
            column_rows={str(name): int(rows) for name, rows in counted.items()}
            if isinstance(counted, Mapping)
            else {},
            partial=bool(row["partial"]),
        )
        report = ScanReport(
            dataset=dataset,
            rows=int(str(row["rows"])),
            columns=int(str(row["columns"])),
            findings=tuple(map(_finding, store.rows(_FINDINGS, {"scan": scan_id}))),
            grade=str(row["grade"]),
            method=str(row["method"]),
            suggested=_suggested(row),
            state=state,
        )
        return LastScan(scan_id, report, utc(row["finished_at"]))
    return None


def unchanged(last: LastScan | None, stamp: str) -> ScanReport | None:
    """The report of the last scan, where the data set is as it was then; else None."""
    if last is None or not stamp or last.report.state.stamp != stamp:
        return None
    return replace(last.report, unchanged=True)


def still_fresh(last: LastScan | None, stamp: str, since: datetime) -> ScanReport | None:
    """The report of the last scan, where it looked as this one would and was finished after that time; else None."""
    return unchanged(last, stamp) if last is not None and last.finished_at >= since else None


def file_stamp(path: Path) -> str:
    """What a file is like: size, times of change, its head and tail; '' where it cannot be looked at.

    The time of the last change of status tells of a rewrite that keeps size and modification time.
    """
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            head = file.read(_ENDS)
            file.seek(max(0, status.st_size - _ENDS))
            ends = hashlib.sha256(head + file.read(_ENDS)).hexdigest()
            log = path.with_name(path.name + "-wal")  # of a SQLite database: its newest rows
            beside = _times(log.stat()) if log.exists() else ""
    except OSError:
        return ""
    return f"{_times(status)}:{ends}:{beside}"


def table_stamp(store: Store, database: str, table: str) -> str:
    """What a ClickHouse table is made of; '' for a view and for an engine that has no parts."""
    for row in store.rows(_PARTS, {"database": database, "table": table}):
        if row["parts"]:
            return f"{row['parts']}:{row['content']}"
    return ""


def scan_stamp(content: str, key: bytes, policy: Policy, sampling: Sampling, checks: ChecksPolicy) -> str:
    """A hash of what a data set is like and of how it and its masks are looked at; '' where the first is unknown."""
    if not content:
        return ""
    policies = (_policy_hash(policy), _policy_hash(checks))
    parts = (content, hashlib.sha256(key).hexdigest(), *policies, _release(), str(sampling))
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


def _times(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}:{status.st_ctime_ns}"


def _policy_hash(policy: Policy | ChecksPolicy) -> str:
    return hashlib.sha256(policy.model_dump_json().encode()).hexdigest()


@cache
def _release() -> str:
    return version("rongdun")


def _suggested(row: Mapping[str, object]) -> Suggested:
    fired = row["triggers"]
    return Suggested(
        registration=str(row["registration"]),
        evidence=str(row["evidence"]),
        triggers=tuple(map(str, fired)) if isinstance(fired, list) else (),
        purpose=str(row["purpose"]),
    )


def _finding(row: Mapping[str, object]) -> PiiFinding:
    return PiiFinding(**{field.name: row[field.name] for field in fields(PiiFinding)})  # type: ignore[arg-type]
