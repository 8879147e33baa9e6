"""What a finished scan means for a data set as a whole: its suggested grade, what changed since one was confirmed."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from dlp.dataset_grade import DatasetGrade, dataset_grade
from dlp.findings import PiiFinding
from dlp.grading_policy import GradingPolicy
from dlp.policy import Policy
from dlp.registrations import Registration, registration_of
from dlp.triggers import DatasetState, triggers
from pipelines.catalogue import registered_datasets
from pipelines.scan_report import Owner, ScanReport, Suggested
from store.client import Store

_GRADES = "SELECT dataset, grade FROM data_catalogue"
_CONFIRMED = """
SELECT decided_scan, toUnixTimestamp64Micro(toDateTime64(decided_at, 6, 'UTC')) AS micros FROM review_decisions
WHERE reviewed = 'dataset' AND reviewed_id = {dataset:String} AND decision IN ('accepted', 'corrected')
"""
_SCAN = "SELECT rows, purpose, derived_from FROM pii_scans WHERE scan_id = {scan:String} LIMIT 1"
_TYPES = "SELECT DISTINCT toString(entity_type) AS type, masked FROM pii_finding_records WHERE scan_id = {scan:String}"
_INCIDENTS = """
SELECT count() FROM alerts
WHERE asset_id = {asset:String} AND asset_id != '' AND verdict = 'true_positive'
  AND updated_at > fromUnixTimestamp64Micro({since:Int64}, 'UTC')
"""


@dataclass(frozen=True)
class Grader:
    """Everything that the grade of a data set needs besides its findings."""

    store: Store
    policy: Policy
    grading: GradingPolicy
    registered: tuple[Registration, ...]

    @classmethod
    def of(cls, store: Store, policy: Policy, grading: GradingPolicy) -> "Grader":
        """A grader that knows the catalogue as it stands."""
        return cls(store, policy, grading, registered_datasets(store))

    def suggested(self, report: ScanReport, owner: Owner, *, now: datetime | None = None) -> ScanReport:
        """The report with the grade that is suggested for the data set, and why; unread data has none."""
        if not report.grade:
            return report
        declared = registration_of(report.dataset, self.registered)
        parents = self._parents(declared)
        told = dataset_grade(report.findings, declared, policy=self.policy, grading=self.grading, parents=parents)
        state = _state(report.rows, report.findings, declared)
        return replace(
            report,
            grade=told.grade,
            suggested=Suggested(
                jrt_level=told.jrt_level,
                persons=told.persons,
                grounds=tuple(map(str, told.grounds)),
                questions=tuple(map(str, told.questions)),
                triggers=self._triggers(report.dataset, state, owner, now or datetime.now(UTC)),
                evidence=_evidence(told),
                registration=declared.dataset if declared else "",
                purpose=state.purpose,
                derived_from=state.derived_from,
            ),
        )

    def _parents(self, declared: Registration | None) -> Mapping[str, str]:
        wanted = set(declared.derived_from) if declared else set()
        if not wanted:
            return {}
        return {str(row["dataset"]): str(row["grade"]) for row in self.store.rows(_GRADES) if row["dataset"] in wanted}

    def _triggers(self, dataset: str, state: DatasetState, owner: Owner, now: datetime) -> tuple[str, ...]:
        for row in self.store.rows(_CONFIRMED, {"dataset": dataset}):
            scan, micros = str(row["decided_scan"]), int(str(row["micros"]))
            confirmed = self._confirmed_state(scan)
            incidents = self.store.value(_INCIDENTS, {"asset": owner.asset_id, "since": micros})
            if confirmed is not None:
                return triggers(
                    confirmed,
                    state,
                    confirmed_at=datetime.fromtimestamp(micros / 1e6, UTC),
                    at=now,
                    incidents=int(str(incidents)),
                    grading=self.grading,
                )
        return ()

    def _confirmed_state(self, scan: str) -> DatasetState | None:
        types = self.store.rows(_TYPES, {"scan": scan})
        for row in self.store.rows(_SCAN, {"scan": scan}):
            raw = frozenset(str(each["type"]) for each in types if not each["masked"])
            held = frozenset(str(each["type"]) for each in types if each["masked"])
            parents = row["derived_from"]
            return DatasetState(
                rows=int(str(row["rows"])),
                unmasked=raw,
                masked=held - raw,
                purpose=str(row["purpose"]),
                derived_from=tuple(map(str, parents)) if isinstance(parents, Sequence) else (),
            )
        return None


def _state(rows: int, findings: Sequence[PiiFinding], declared: Registration | None) -> DatasetState:
    raw = frozenset(finding.entity_type for finding in findings if not finding.masked)
    held = frozenset(finding.entity_type for finding in findings if finding.masked)
    parents = declared.derived_from if declared else ()
    return DatasetState(rows, raw, held - raw, _use(declared), parents)


def _use(declared: Registration | None) -> str:
    """What it is for and who gets it, in one text."""
    if declared is None:
        return ""
    shares = sorted(f"{share.recipient} ({share.basis})" for share in declared.sharing)
    return " | ".join(filter(None, (declared.purpose, declared.openness, *shares)))


def _evidence(told: DatasetGrade) -> str:
    return hashlib.sha256(f"{told.grade}\x00{told.jrt_level}".encode()).hexdigest()[:16]
