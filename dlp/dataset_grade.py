"""The grade of a whole data set: its items, what people declared of it, how much of it there is, what it was made from.

GB/T 43697-2024 clause 6.6 and annexes C, H.4, I; JR/T 0197-2020 for financial data. The tool suggests; `important`
and `core` follow only from harm that a person declared.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dlp.findings import PiiFinding
from dlp.grading import highest
from dlp.grading_policy import GradingPolicy
from dlp.policy import GRADES, Policy
from dlp.registrations import Registration

_ORGANISATION = "organisation"


@dataclass(frozen=True)
class Ground:
    """Why a data set has its grade, or why a person should look: a code, and what it is about."""

    code: str
    about: str = ""

    def __str__(self) -> str:
        return f"{self.code}={self.about}" if self.about else self.code


@dataclass(frozen=True)
class DatasetGrade:
    """What is suggested for a data set.

    Attributes:
        grade: general-1 to general-4, or important or core where declared harm says so.
        jrt_level: 1 to 5 by JR/T 0197-2020 for financial data, else 0.
        persons: about how many persons it is, counted over direct identifiers or declared, whichever is more.
        grounds: what its grade rests on: everything that gives this grade.
        questions: what a person is asked to look at.
    """

    grade: str
    jrt_level: int
    persons: int
    grounds: tuple[Ground, ...]
    questions: tuple[Ground, ...]


def dataset_grade(
    findings: Sequence[PiiFinding],
    declared: Registration | None,
    *,
    policy: Policy,
    grading: GradingPolicy,
    parents: Mapping[str, str] | None = None,
) -> DatasetGrade:
    """The grade of a data set with these findings.

    Args:
        findings: of the data set, graded each.
        declared: its entry in the catalogue, if there is one.
        policy: types and house rules.
        grading: floors, scale, derivation.
        parents: the grades of the data sets that it was made from, by name, as far as they are known.
    """
    sure = [finding for finding in findings if finding.confidence > policy.text.hint_confidence]
    persons = max(counted_persons(sure, policy), (declared.persons or 0) if declared else 0)
    reasons = [
        *_items(findings),
        *_floors(sure, declared, grading),
        *_harm(declared, grading),
        *_inherited(declared, grading, parents or {}),
    ]
    grade = highest(reached for reached, _ in reasons)
    return DatasetGrade(
        grade=grade,
        jrt_level=_jrt_level(sure, declared, grading, grade),
        persons=persons,
        grounds=tuple(dict.fromkeys(ground for reached, ground in reasons if reached == grade)),
        questions=tuple(_questions(sure, declared, policy=policy, grading=grading, persons=persons)),
    )


def counted_persons(findings: Sequence[PiiFinding], policy: Policy) -> int:
    """About how many persons: the most distinct values of any direct identifier that is not masked."""
    direct = (
        finding.distinct_hits
        for finding in findings
        if policy.entities[finding.entity_type].direct_identifier and not finding.masked
    )
    return max(direct, default=0)


_Reason = tuple[str, Ground]


def _items(findings: Sequence[PiiFinding]) -> Iterator[_Reason]:
    for finding in findings:
        yield finding.grade, Ground("item", finding.column)


def _floors(sure: Sequence[PiiFinding], declared: Registration | None, grading: GradingPolicy) -> Iterator[_Reason]:
    floors = grading.floors
    personal = [finding for finding in sure if finding.category != _ORGANISATION]
    if any(finding.sensitive_45574 for finding in personal):
        yield floors.sensitive_personal, Ground("floor", "sensitive_personal")
    if any(not finding.masked for finding in personal):
        yield floors.personal, Ground("floor", "personal")
    if any(finding.masked for finding in personal):
        yield floors.deidentified, Ground("floor", "deidentified")
    if declared is None:
        return
    given = {
        "employees": declared.employees_only,
        "labels": declared.derivation == "labels",
        "conditional_public": declared.openness == "conditional",
        "forbidden_public": declared.openness == "forbidden",
    }
    for name, holds in given.items():
        if holds:
            yield getattr(floors, name), Ground("floor", name)


def _harm(declared: Registration | None, grading: GradingPolicy) -> Iterator[_Reason]:
    for harm in declared.harm if declared else ():
        yield grading.impact.grade(harm.object, harm.degree), Ground("harm", f"{harm.object}/{harm.degree}")


def _inherited(declared: Registration | None, grading: GradingPolicy, parents: Mapping[str, str]) -> Iterator[_Reason]:
    """A merge is no lower than what it was made of; only a mask or a statistic may lower a grade."""
    if declared is None or not declared.derivation or grading.derived[declared.derivation].direction != "up":
        return
    for name in declared.derived_from:
        if name in parents:
            yield parents[name], Ground("made_from", name)


def _jrt_level(sure: Sequence[PiiFinding], declared: Registration | None, grading: GradingPolicy, grade: str) -> int:
    finance = grading.finance
    if declared is None or declared.industry not in finance.industries:
        return 0
    levels = [
        finance.masked.get(finding.jrt_level, finding.jrt_level) if finding.masked else finding.jrt_level
        for finding in sure
    ]
    if declared.derivation == "fusion":
        levels = [finance.fusion.get(level, level) for level in levels]
    if GRADES.index(grade) >= GRADES.index("important"):
        levels.append(finance.important_data)
    return max(levels, default=1)


def _questions(
    sure: Sequence[PiiFinding],
    declared: Registration | None,
    *,
    policy: Policy,
    grading: GradingPolicy,
    persons: int,
) -> Iterator[Ground]:
    personal = [finding for finding in sure if finding.category != _ORGANISATION]
    yield from _of_scale(personal, grading, persons)
    if personal and declared is None:
        yield Ground("unregistered")
    if declared is None:
        return
    sensitive = any(finding.sensitive_35273 or finding.sensitive_45574 for finding in personal)
    if sensitive and not declared.assessment:
        yield Ground("no_assessment")
    if personal and not declared.purpose:
        yield Ground("no_purpose")
    for factor in declared.important_factors:
        yield Ground("important_factor", factor)
    yield from _of_derivation(personal, declared, policy=policy, grading=grading)


def _of_scale(personal: Sequence[PiiFinding], grading: GradingPolicy, persons: int) -> Iterator[Ground]:
    scale = grading.scale
    if persons >= scale.review_persons:
        yield Ground("large_scale", str(persons))
    if persons >= scale.covering_share * scale.city_persons:
        yield Ground("covers_city", str(persons))
    if persons >= min(scale.important_duties_persons, scale.audit_persons):
        yield Ground("important_duties", str(persons))
    types = {finding.entity_type for finding in personal if not finding.masked}
    if len(types) >= scale.aggregated_types:
        yield Ground("aggregated", str(len(types)))


def _of_derivation(
    personal: Sequence[PiiFinding], declared: Registration, *, policy: Policy, grading: GradingPolicy
) -> Iterator[Ground]:
    if not declared.derivation:
        return
    raw = [finding.column for finding in personal if not finding.masked]
    direct = [
        finding.column
        for finding in personal
        if not finding.masked and policy.entities[finding.entity_type].direct_identifier
    ]
    direction = grading.derived[declared.derivation].direction
    if declared.derivation == "masked" and raw:
        yield Ground("masked_but_raw", raw[0])
    elif direction == "either":
        yield Ground("derived", declared.derivation)
    if declared.derivation == "statistics" and direct:
        yield Ground("statistics_but_persons", direct[0])
