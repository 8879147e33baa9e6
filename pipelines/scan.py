"""Scans for personal data: reads tables, asks `dlp`, and writes what it found, masked."""

import hashlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from dlp.column_names import name_hints, shown_name
from dlp.columns import ColumnEvidence
from dlp.findings import PiiFinding
from dlp.grading import combined, graded, highest
from dlp.policy import Policy, load_policy
from dlp.verdicts import verdicts
from pipelines.datasets import file_pieces, is_table
from pipelines.errors import SourceBroken
from pipelines.files import found_files
from pipelines.fingerprint_key import fingerprint_key
from pipelines.table_columns import counted_columns, table_rows
from rongdun.settings import Settings
from store.client import Store
from store.errors import QueryFailed
from store.writes import append

TABLE_PREFIX = "table:"
_MOST_COLUMNS = 2_000

Progress = Callable[[float, str], None]  # how much of everything is done, 0 to 1, and the data set at hand


@dataclass(frozen=True)
class ScanReport:
    """What a scan of one data set found.

    Attributes:
        dataset: the resolved path of a file, or the name of a table.
        grade: of the data set, the highest of its findings.
        rejected: rows that could not be read.
        reason: why it could not be read, or where it broke off; '' when all is well.
        method: how it was read, in words.
    """

    dataset: str
    rows: int = 0
    columns: int = 0
    findings: tuple[PiiFinding, ...] = ()
    grade: str = "general-1"
    rejected: int = 0
    seconds: float = 0.0
    reason: str = ""
    method: str = ""

    def as_json(self) -> dict[str, object]:
        """The report as values that `json.dumps` takes; no finding holds a raw value."""
        return {
            **asdict(self),
            "findings": [asdict(finding) for finding in self.findings],
            "seconds": round(self.seconds, 3),
        }


@dataclass
class _Reading:
    """What was read of one data set so far."""

    key: bytes
    policy: Policy
    rows: int = 0
    rejected: int = 0
    evidence: dict[str, ColumnEvidence] = field(default_factory=dict)
    passed_over: set[str] = field(default_factory=set)
    sampled: set[str] = field(default_factory=set)

    def observe(self, column: str, values: pl.DataFrame) -> None:
        if column not in self.evidence and len(self.evidence) >= _MOST_COLUMNS:
            self.passed_over.add(column)
            return
        self.evidence.setdefault(column, ColumnEvidence()).observe(values, key=self.key, policy=self.policy)

    def findings(self, on: datetime) -> list[PiiFinding]:
        found = [
            graded(shown_name(column), verdict, self.policy, on=on.date())
            for column, evidence in self.evidence.items()
            for verdict in verdicts(evidence, name_hints(column, self.policy), self.policy)
        ]
        return combined(found, self.policy)

    def method(self) -> str:
        words = ["every row, counted over distinct values"]
        if self.passed_over:
            words.append(f"the first {_MOST_COLUMNS} columns only, {len(self.passed_over)} left out")
        if self.sampled:
            words.append("a sample of the distinct values of " + ", ".join(sorted(map(shown_name, self.sampled))))
        return "; ".join(words)


def scan(
    target: Path | str,
    store: Store,
    *,
    key: bytes,
    scope: str,
    policy: Policy,
    asset_id: str = "",
    progress: Progress | None = None,
) -> list[ScanReport]:
    """A report on every table at a path, or on the ClickHouse table `table:NAME`; the findings are stored.

    A scan replaces what an earlier scan of the same data set found. What cannot be read is reported with its reason
    and does not stop the others.
    """
    report = progress or _silent
    names = list(_datasets(target))
    reports = []
    for at, (dataset, problem) in enumerate(names):

        def within(share: float, name: str = dataset, done: int = at) -> None:
            report((done + share) / len(names), name)

        if problem:
            reports.append(ScanReport(dataset, reason=problem))
            continue
        started = datetime.now(UTC)
        result = _scanned(dataset, store, _Reading(key, policy), within)
        if not result.reason or result.rows:
            _write(result, store, started=started, scope=scope, asset_id=asset_id, policy=policy)
        reports.append(result)
    report(1.0, "")
    return reports


def scan_all(
    targets: Sequence[str], store: Store, settings: Settings, progress: Progress | None = None
) -> list[ScanReport]:
    """Reports on these targets, or, when none is named, on every table in the drop folder and on the log events.

    Raises:
        PolicyError: the policy in the rules folder is wrong.
    """
    policy = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    key = fingerprint_key(settings.key_file)
    wanted = list(targets) or [str(settings.inbox), f"{TABLE_PREFIX}log_events"]
    reports: list[ScanReport] = []
    for at, target in enumerate(wanted):

        def within(share: float, name: str, done: int = at) -> None:
            (progress or _silent)((done + share) / len(wanted), name)

        reports += scan(target, store, key=key, scope=settings.scope, policy=policy, progress=within)
    return reports


def _silent(_share: float, _name: str) -> None:
    return


def _datasets(target: Path | str) -> Iterator[tuple[str, str]]:
    """The data sets of a target, each with the reason why it cannot be read, or ''."""
    if isinstance(target, str) and target.startswith(TABLE_PREFIX):
        yield target, ""
        return
    path = Path(target)
    if path.is_dir():
        # Captures and logs are ingested; in a folder only what is named like a table is a table.
        found = [entry for entry in found_files([path]) if is_table(entry.path)]
    else:
        found = list(found_files([path]))
    for entry in found:
        yield str(entry.path.resolve()), entry.problem


def _scanned(dataset: str, store: Store, reading: _Reading, progress: Callable[[float], None]) -> ScanReport:
    started = time.monotonic()
    reason = ""
    try:
        if dataset.startswith(TABLE_PREFIX):
            dataset = dataset.removeprefix(TABLE_PREFIX)
            _read_table(dataset, store, reading, progress)
        else:
            _read_file(Path(dataset), reading, progress)
    except (SourceBroken, QueryFailed) as error:
        reason = _without_values(error)
    findings = reading.findings(datetime.now(UTC))
    return ScanReport(
        dataset=dataset,
        rows=reading.rows,
        columns=len(reading.evidence),
        findings=tuple(findings),
        grade=highest(finding.grade for finding in findings),
        rejected=reading.rejected,
        seconds=time.monotonic() - started,
        reason=reason,
        method=reading.method() + (f"; broke off: {reason}" if reason else ""),
    )


def _without_values(error: SourceBroken | QueryFailed) -> str:
    # ClickHouse may quote values in its message; its code is enough to look the cause up.
    return f"ClickHouse refused to read it (code {error.code})" if isinstance(error, QueryFailed) else str(error)


def _read_file(path: Path, reading: _Reading, progress: Callable[[float], None]) -> None:
    def is_name(cell: str) -> bool:
        return bool(name_hints(cell, reading.policy).says)

    for piece in file_pieces(path, is_name=is_name):
        reading.rows += piece.rows
        reading.rejected += piece.rejected
        for series in piece.frame.get_columns():
            values = series.drop_nulls().alias("value").to_frame().group_by("value").len("rows")
            reading.observe(series.name, values)
        progress(piece.share)


def _read_table(table: str, store: Store, reading: _Reading, progress: Callable[[float], None]) -> None:
    reading.rows = table_rows(store, table)
    for counted in counted_columns(store, table):
        if counted.left_out:
            reading.sampled.add(counted.column)
        reading.observe(counted.column, counted.values)
        progress(counted.share)


def _write(report: ScanReport, store: Store, *, started: datetime, scope: str, asset_id: str, policy: Policy) -> None:
    scan_id = uuid.uuid4().hex
    rows = [_row(report.dataset, finding, scan_id, scope, asset_id) for finding in report.findings]
    if rows:
        frame = pl.DataFrame(rows).with_columns(pl.col("rows", "hits").cast(pl.UInt64))
        append(store, "pii_finding_records", frame, token=scan_id)
    # The scan's own row comes last: until it is there, the findings of the scan before count.
    append(store, "pii_scans", _scan_row(report, scan_id, started, policy), token=scan_id)


def _scan_row(report: ScanReport, scan_id: str, started: datetime, policy: Policy) -> pl.DataFrame:
    row = {
        "scan_id": scan_id,
        "dataset": report.dataset,
        "started_at": started,
        "rows": report.rows,
        "columns": report.columns,
        "findings": len(report.findings),
        "grade": report.grade,
        "policy_version": policy.version,
        "method": report.method,
    }
    return pl.DataFrame([row]).with_columns(
        pl.col("started_at").cast(pl.Datetime("ms", "UTC")),
        pl.col("rows").cast(pl.UInt64),
        pl.col("columns", "findings").cast(pl.UInt32),
    )


def _row(dataset: str, finding: PiiFinding, scan_id: str, scope: str, asset_id: str) -> dict[str, object]:
    name = f"{dataset}\x00{finding.column}\x00{finding.entity_type}"
    return {
        "finding_id": hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "scan_id": scan_id,
        "dataset": dataset,
        "scope": scope,
        "asset_id": asset_id,
        **asdict(finding),
    }
