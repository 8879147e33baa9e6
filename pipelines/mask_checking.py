"""`rongdun dlp check`: every masking check, also those that need several data sets or columns that a person chose."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial

import polars as pl

from assets.matching import AddressBook
from dlp.equivalence import Classes, Effect, effect, equivalence_finding
from dlp.mask_checks import WITHIN, Judging, dataset_checks, ordered
from dlp.mask_columns import ColumnFacts
from dlp.mask_findings import MaskCheck, MaskFinding, worst
from dlp.mask_policy import MaskPolicy, Sharing
from dlp.policy import Policy, load_policy
from pipelines.equivalence_classes import classes_of_frames, classes_of_table
from pipelines.errors import SourceBroken
from pipelines.fingerprint_key import fingerprint_key
from pipelines.inventory import load_address_book
from pipelines.mask_joins import Joinable, windows_between
from pipelines.mask_reading import facts_of, facts_within
from pipelines.mask_sources import Place, mask_policy_of, read_data_set
from pipelines.mask_writing import write_mask_findings
from pipelines.row_sample import RowSample
from pipelines.scan import Progress
from pipelines.scan_reading import Reading
from pipelines.scan_report import Owner
from pipelines.scan_sources import DataSet, data_sets, targets_of
from rongdun.settings import Settings
from store.client import Store
from store.errors import QueryFailed


@dataclass(frozen=True)
class Question:
    """What is asked of the checks besides the masks themselves.

    Attributes:
        quasi: quasi-identifiers whose classes are counted; none: they are not.
        sensitive: the column whose values must differ within a class, or ''.
        sharing: how the data is to be shared.
    """

    quasi: tuple[str, ...] = ()
    sensitive: str = ""
    sharing: Sharing = "controlled"


@dataclass
class CheckReport:
    """What the checks found of one data set.

    Attributes:
        reason: why it could not be read, or where that broke off; '' when all is well.
        effect: the effect level of GB/T 42460-2023; None where no quasi-identifiers were chosen.
    """

    dataset: str
    rows: int = 0
    columns: int = 0
    findings: list[MaskFinding] = field(default_factory=list)
    reason: str = ""
    classes: Classes | None = None
    effect: Effect | None = None

    def as_json(self) -> dict[str, object]:
        """The report as values that `json.dumps` takes; no finding holds a raw value."""
        return {
            "dataset": self.dataset,
            "rows": self.rows,
            "columns": self.columns,
            "reason": self.reason,
            "worst": worst(self.findings),
            "findings": [finding.as_json() for finding in self.findings],
            "classes": asdict(self.classes) if self.classes else None,
            "effect": asdict(self.effect) if self.effect else None,
        }


@dataclass
class _Read:
    """A data set that was read: where it is, what its columns are, and the fields inside of their cells."""

    place: Place
    report: CheckReport
    policy: Policy
    facts: list[ColumnFacts] = field(default_factory=list)
    fields: list[ColumnFacts] = field(default_factory=list)


def check_masks(
    targets: Sequence[str], store: Store, settings: Settings, question: Question, progress: Progress | None = None
) -> list[CheckReport]:
    """A report on the masks of every data set of the targets; the findings are stored.

    Raises:
        PolicyError: a policy in the rules folder is wrong.
    """
    policy = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    mask_policy = mask_policy_of(settings, policy)
    key = fingerprint_key(settings.key_file)
    read = []
    places = [place for target in targets for place in targets_of(target)]
    for done, target in enumerate(places):
        for at, found in enumerate(data_sets(target)):
            if progress:
                progress((done + found.begin) / len(places), found.name)
            read.append(_read(found, Place(target, at), store, Reading(key, policy), mask_policy))
    judging = Judging(policy, mask_policy.checks, key, mask_policy.checks.digests_in_check)
    _judge(read, store, judging)
    for one in read:
        if question.quasi and one.facts:
            _count_classes(one, store, question, mask_policy)
        one.report.findings = ordered(one.report.findings)
    _write(read, store, load_address_book(store), settings.scope, question)
    return [one.report for one in read]


def _read(found: DataSet, place: Place, store: Store, reading: Reading, policy: MaskPolicy) -> _Read:
    report = CheckReport(found.name, reason=found.problem)
    reading.sample = RowSample(policy.checks.sampled_rows)
    try:
        read_data_set(found, store, reading, lambda _share: None)
    except (SourceBroken, QueryFailed) as error:
        report.reason = told(error)
    report.rows, report.columns = reading.rows, len(reading.evidence)
    if not reading.rows:
        return _Read(place, report, reading.policy)
    facts = facts_of(reading, report.dataset, policy.checks)
    return _Read(place, report, reading.policy, facts, facts_within(reading, report.dataset, policy.checks))


def told(error: SourceBroken | QueryFailed) -> str:
    """The trouble without a value: ClickHouse may quote some, so only its code is told."""
    return f"ClickHouse refused to read it (code {error.code})" if isinstance(error, QueryFailed) else str(error)


def _judge(read: Sequence[_Read], store: Store, judging: Judging) -> None:
    for one in read:
        others = [other for other in read if other is not one]
        known = partial(_personal_values, others, store)
        one.report.findings += dataset_checks([*one.facts, *one.fields], judging, known)
    sets = [Joinable(one.report.dataset, one.facts, partial(_rows, one.place, store)) for one in read if one.facts]
    found = windows_between(sets, judging.checks, judging.policy.masks)
    for one in read:
        one.report.findings += [finding for dataset, finding in found if dataset == one.report.dataset]


def _personal_values(others: Sequence[_Read], store: Store) -> Iterator[str]:
    """Raw personal data of other data sets, once more from the beginning; held by nobody."""
    for other in others:
        for column in other.facts:
            if any(count.raw for count in column.counts.values()):
                for frame in _rows(other.place, store, [column.name]):
                    yield from frame[column.name].drop_nulls().unique() if column.name in frame.columns else ()


def _rows(place: Place, store: Store, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    try:
        for frame in place.rows(columns, store):
            yield frame.select(pl.col(name).cast(pl.String, strict=False) for name in frame.columns)
    except (SourceBroken, QueryFailed, OSError, pl.exceptions.PolarsError):
        return  # what can be read of it was read before; the report tells the trouble


def _count_classes(one: _Read, store: Store, question: Question, policy: MaskPolicy) -> None:
    threshold = policy.sharing.thresholds[question.sharing]
    columns = [*question.quasi, *([question.sensitive] if question.sensitive else [])]
    try:
        if one.place.table:
            classes = classes_of_table(store, one.place.table, question.quasi, question.sensitive, threshold=threshold)
        else:
            frames = one.place.rows(columns, store)
            classes = classes_of_frames(frames, question.quasi, question.sensitive, threshold=threshold)
    except (SourceBroken, QueryFailed) as error:
        one.report.reason = told(error)
        return
    direct = _direct_identifiers(one, question)
    judged = effect(classes, question.sharing, policy.sharing, direct_identifiers=bool(direct), quasi=True)
    one.report.classes, one.report.effect = classes, judged
    finding = equivalence_finding(question.quasi, question.sensitive, classes, judged, question.sharing, direct)
    one.report.findings.append(finding)


def _direct_identifiers(one: _Read, question: Question) -> list[str]:
    entities = one.policy.entities
    return [
        column.name
        for column in (*one.facts, *one.fields)
        if column.name not in question.quasi
        and any(count.raw and entities[name].direct_identifier for name, count in column.counts.items())
    ]


def _write(read: Sequence[_Read], store: Store, book: AddressBook, scope: str, question: Question) -> None:
    scan_id = uuid.uuid4().hex
    for one in read:
        if not one.facts:
            continue
        asset_id = book.asset_of_dataset(one.report.dataset)
        owner = Owner(asset_id, book.scope_of(pl.Series([asset_id]), scope)[0])
        ran = [*WITHIN, *([MaskCheck.equivalence] if question.quasi and one.report.effect else [])]
        write_mask_findings(one.report.dataset, one.report.findings, store, owner, scan_id=scan_id, ran=ran)
