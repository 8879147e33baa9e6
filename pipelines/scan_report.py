"""What a scan says of one data set, and the rows that stand for it."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

import polars as pl

from dlp.evidence import evidence_of
from dlp.findings import PiiFinding
from dlp.mask_findings import MaskFinding
from dlp.policy import Policy
from pipelines.scan_changes import Change, write_changes
from store.client import Store
from store.writes import append


@dataclass(frozen=True)
class Suggested:
    """What a scan suggests for a data set as a whole, besides its grade; columns of `pii_scans`.

    Attributes:
        jrt_level: 1 to 5 for financial data, else 0.
        persons: about how many persons it is.
        grounds: what the grade rests on, as `code=about`.
        questions: what a person should look at, as `code=about`.
        triggers: what changed since a person confirmed a grade.
        evidence: a hash; while it stays the same, a decision stands.
        registration: the catalogue's entry that it falls under, '' for none.
        purpose, derived_from: as declared, for the next comparison.
    """

    jrt_level: int = 0
    persons: int = 0
    grounds: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    triggers: tuple[str, ...] = ()
    evidence: str = ""
    registration: str = ""
    purpose: str = ""
    derived_from: tuple[str, ...] = ()


@dataclass(frozen=True)
class ScanState:
    """By what the next scan of a data set goes on; columns of `pii_scans`.

    Attributes:
        stamp: what the data set is like and how it was looked at; '' where the next scan reads it in any case.
        seen_until: of telemetry, what arrived until then (UTC) is counted.
        column_rows: of telemetry, the rows that hold a value, by column.
        partial: not all rows were looked at.
        goes_on: of telemetry, only what arrived since the scan before was read; not kept.
    """

    stamp: str = ""
    seen_until: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    column_rows: Mapping[str, int] = field(default_factory=dict)
    partial: bool = False
    goes_on: bool = False


@dataclass(frozen=True)
class ScanReport:
    """What a scan of one data set found.

    Attributes:
        dataset: the resolved path of a file, or the name of a table.
        grade: suggested for the data set as a whole; '' when nothing of it could be read.
        rejected: rows that could not be read.
        reason: why it could not be read, or where it broke off; '' when all is well.
        method: how it was read, in words.
        masks: masks that fail.
        changes: what the scan before found otherwise.
        unchanged: nothing was read: the data set is as the last scan found it.
    """

    dataset: str
    rows: int = 0
    columns: int = 0
    findings: tuple[PiiFinding, ...] = ()
    grade: str = ""
    rejected: int = 0
    seconds: float = 0.0
    reason: str = ""
    method: str = ""
    suggested: Suggested = Suggested()
    masks: tuple[MaskFinding, ...] = ()
    changes: tuple[Change, ...] = ()
    unchanged: bool = False
    state: ScanState = ScanState()

    def as_json(self) -> dict[str, object]:
        """The report as values that `json.dumps` takes; no finding holds a raw value."""
        told = {name: value for name, value in asdict(self).items() if name != "state"}
        return {
            **told,
            "sampled": self.state.partial,
            "findings": [asdict(finding) for finding in self.findings],
            "masks": [finding.as_json() for finding in self.masks],
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Owner:
    """The asset that a data set counts for, '' for none, and the scope of its findings."""

    asset_id: str
    scope: str


def write_findings(report: ScanReport, store: Store, owner: Owner, *, started: datetime, policy: Policy) -> str:
    """The id of a scan that is stored now; its findings count, and those of the scan before do not.

    Raises:
        QueryFailed: the rows do not fit the tables.
    """
    scan_id = uuid.uuid4().hex
    rows = [_row(report.dataset, finding, scan_id, owner, policy) for finding in report.findings]
    if rows:
        frame = pl.DataFrame(rows).with_columns(
            pl.col("rows", "hits", "distinct_hits").cast(pl.UInt64), pl.col("jrt_level").cast(pl.UInt8)
        )
        append(store, "pii_finding_records", frame, token=scan_id)
    write_changes(store, scan_id, report.dataset, report.changes)
    # The scan's own row comes last: until it is there, the findings of the scan before count.
    append(store, "pii_scans", _scan_row(report, scan_id, owner, started, policy), token=scan_id)
    return scan_id


def _scan_row(report: ScanReport, scan_id: str, owner: Owner, started: datetime, policy: Policy) -> pl.DataFrame:
    suggested = {
        name: list(value) if isinstance(value, tuple) else value for name, value in vars(report.suggested).items()
    }
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
        **asdict(owner),
        **suggested,
        "stamp": report.state.stamp,
        "seen_until": report.state.seen_until,
        "partial": report.state.partial,
    }
    lists = ("grounds", "questions", "triggers", "derived_from")
    return pl.DataFrame([row], schema_overrides=dict.fromkeys(lists, pl.List(pl.String))).with_columns(
        pl.col("started_at").cast(pl.Datetime("ms", "UTC")),
        pl.col("rows", "persons").cast(pl.UInt64),
        pl.col("columns", "findings").cast(pl.UInt32),
        pl.col("jrt_level").cast(pl.UInt8),
        pl.col("seen_until").cast(pl.Datetime("ms", "UTC")),
        _counts(report.state.column_rows),
    )


def _counts(rows: Mapping[str, int]) -> pl.Series:
    pairs = [{"key": name, "value": count} for name, count in rows.items()]
    shape = pl.List(pl.Struct({"key": pl.String, "value": pl.UInt64}))
    return pl.Series("column_rows", [pairs], dtype=shape).cast(pl.Map(pl.String, pl.UInt64))


def _row(dataset: str, finding: PiiFinding, scan_id: str, owner: Owner, policy: Policy) -> dict[str, object]:
    name = f"{dataset}\x00{finding.column}\x00{finding.entity_type}"
    return {
        "finding_id": hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "scan_id": scan_id,
        "dataset": dataset,
        **asdict(owner),
        **asdict(finding),
        "evidence": evidence_of(finding, policy.text),
    }
