"""The grade of a whole data set: GB/T 43697-2024 clause 6.6, annexes C, H.4, I; JR/T 0197-2020 (R7, R35, R95, R99)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.dataset_grade import DatasetGrade, dataset_grade
from dlp.evidence import evidence_of
from dlp.findings import PiiFinding
from dlp.grading import graded
from dlp.grading_policy import default_grading
from dlp.policy import GRADES, default_policy
from dlp.registrations import Registration
from dlp.registry import ENTITY_TYPES
from dlp.triggers import DatasetState, triggers
from dlp.verdicts import Verdict

POLICY, GRADING = default_policy(), default_grading()
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def finding(kind: str, *, masked: bool = False, persons: int = 10, confidence: float = 0.9) -> PiiFinding:
    verdict = Verdict(kind, 100, 100, confidence, masked, "*", "f", "", persons)
    return graded(kind.lower(), verdict, POLICY, on=date(2026, 11, 1))


def declared(**given: Any) -> Registration:
    return Registration.model_validate({"dataset": "t", "organisation": "o", "owner": "w", **given})


def told(*findings: PiiFinding, entry: Registration | None = None, parents: Any = None) -> DatasetGrade:
    return dataset_grade(findings, entry, policy=POLICY, grading=GRADING, parents=parents)


ID, PHONE, CARD, CODE = (
    finding(kind) for kind in ("CN_RESIDENT_ID", "PHONE_NUMBER", "CREDIT_CARD", "CN_SOCIAL_CREDIT_CODE")
)
MASKED_PHONE = finding("PHONE_NUMBER", masked=True)


@pytest.mark.parametrize(
    ("findings", "entry", "grade", "grounds"),
    [
        ([], None, "general-1", set()),
        ([CODE], None, "general-1", {"item=cn_social_credit_code"}),
        ([PHONE], None, "general-2", {"item=phone_number", "floor=personal"}),
        ([PHONE, ID], None, "general-4", {"item=cn_resident_id"}),
        ([CARD], None, "general-4", {"item=credit_card", "floor=sensitive_personal"}),
        ([MASKED_PHONE], None, "general-2", {"item=phone_number", "floor=deidentified"}),
        ([], declared(openness="conditional"), "general-2", {"floor=conditional_public"}),
        ([], declared(openness="forbidden"), "general-4", {"floor=forbidden_public"}),
        ([], declared(derivation="labels", derived_from=["a"]), "general-2", {"floor=labels"}),
        ([CODE], declared(employees_only=True), "general-2", {"floor=employees"}),
        (
            [PHONE],
            declared(harm=[{"object": "social_order", "degree": "serious"}]),
            "important",
            {"harm=social_order/serious"},
        ),
        (
            [ID],
            declared(harm=[{"object": "personal_rights", "degree": "general"}]),
            "general-4",
            {"item=cn_resident_id"},
        ),
    ],
)
def test_the_highest_of_items_floors_and_harm_wins(
    findings: list[PiiFinding], entry: Registration | None, grade: str, grounds: set[str]
) -> None:
    suggested = told(*findings, entry=entry)
    assert (suggested.grade, set(map(str, suggested.grounds))) == (grade, grounds)


@pytest.mark.parametrize(
    ("derivation", "parent", "grade"),
    [
        ("fusion", "important", "important"),
        ("fusion", "general-1", "general-2"),
        ("masked", "important", "general-2"),
        ("statistics", "general-4", "general-2"),
    ],
)
def test_only_a_merge_inherits_what_it_was_made_of(derivation: str, parent: str, grade: str) -> None:
    entry = declared(derivation=derivation, derived_from=["a", "never scanned"])
    assert told(PHONE, entry=entry, parents={"a": parent}).grade == grade


@pytest.mark.parametrize(
    ("findings", "entry", "level"),
    [
        ([CARD], None, 0),
        ([CARD], declared(industry="health"), 0),
        ([CARD], declared(industry="finance"), 3),
        ([MASKED_PHONE], declared(industry="finance"), 2),
        ([CARD], declared(industry="finance", derivation="fusion", derived_from=["a"]), 4),
        ([], declared(industry="finance"), 1),
        ([CARD], declared(industry="finance", harm=[{"object": "public_interest", "degree": "serious"}]), 5),
    ],
)
def test_financial_data_has_a_level_of_its_own(
    findings: list[PiiFinding], entry: Registration | None, level: int
) -> None:
    assert told(*findings, entry=entry).jrt_level == level


FULL = declared(purpose="licences", assessment="PIA-2026-7")
FIVE = [finding(kind) for kind in ("PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "LOCATION", "CN_RESIDENT_ID")]


@pytest.mark.parametrize(
    ("findings", "entry", "questions"),
    [
        ([CODE], None, []),
        ([PHONE], None, ["unregistered"]),
        ([PHONE], FULL, []),
        ([ID], declared(purpose="licences"), ["no_assessment"]),
        ([PHONE], declared(), ["no_purpose"]),
        ([finding("PHONE_NUMBER", persons=1_000_000)], FULL, ["large_scale=1000000"]),
        ([PHONE], declared(purpose="x", persons=1_200_000), ["large_scale=1200000"]),
        (
            [finding("CN_RESIDENT_ID", persons=10_000_000)],
            FULL,
            ["large_scale=10000000", "covers_city=10000000", "important_duties=10000000"],
        ),
        (FIVE, FULL, ["aggregated=5"]),
        (
            [PHONE],
            declared(purpose="x", important_factors=["cii_configuration"]),
            ["important_factor=cii_configuration"],
        ),
        ([PHONE], declared(purpose="x", derivation="masked", derived_from=["a"]), ["masked_but_raw=phone_number"]),
        ([MASKED_PHONE], declared(purpose="x", derivation="masked", derived_from=["a"]), []),
        (
            [PHONE],
            declared(purpose="x", derivation="statistics", derived_from=["a"]),
            ["derived=statistics", "statistics_but_persons=phone_number"],
        ),
    ],
)
def test_what_a_person_is_asked_to_look_at(
    findings: list[PiiFinding], entry: Registration | None, questions: list[str]
) -> None:
    assert list(map(str, told(*findings, entry=entry).questions)) == questions


def test_persons_are_counted_over_unmasked_direct_identifiers() -> None:
    many = finding("IP_ADDRESS", persons=9_000)
    hint = finding("PERSON", persons=8_000, confidence=0.3)
    hidden = finding("CN_RESIDENT_ID", persons=7_000, masked=True)
    assert told(PHONE, many, hint, hidden).persons == 10


@given(st.lists(st.tuples(st.sampled_from(ENTITY_TYPES), st.booleans()), max_size=6), st.integers(0, 5))
def test_one_more_finding_never_lowers_a_grade(kinds: list[tuple[str, bool]], cut: int) -> None:
    findings = [finding(kind, masked=masked) for kind, masked in kinds]
    fewer, all_of_them = told(*findings[:cut]), told(*findings)
    assert GRADES.index(fewer.grade) <= GRADES.index(all_of_them.grade)
    assert not findings or all_of_them.grounds


@pytest.mark.parametrize(
    ("changed", "same"),
    [
        ({"hits": 90, "confidence": 0.95, "masked_sample": "1**", "fingerprint": "other", "rows": 120}, True),
        ({"hits": 3}, False),
        ({"masked": True}, False),
        ({"grade": "general-3"}, False),
        ({"confidence": 0.3}, False),
        ({"entity_type": "VIN"}, False),
    ],
)
def test_a_decision_rests_on_what_matters_and_not_on_counts(changed: dict[str, Any], same: bool) -> None:
    before, after = evidence_of(PHONE, POLICY.text), evidence_of(replace(PHONE, **changed), POLICY.text)
    assert (before == after) is same


BEFORE = DatasetState(1000, frozenset({"PERSON"}), frozenset({"PHONE_NUMBER"}), "licences", ("a",))


@pytest.mark.parametrize(
    ("now", "days", "incidents", "fired"),
    [
        (BEFORE, 1, 0, ()),
        (replace(BEFORE, rows=1999), 1, 0, ()),
        (replace(BEFORE, rows=2000), 1, 0, ("size_change",)),
        (replace(BEFORE, rows=500), 1, 0, ("size_change",)),
        (replace(BEFORE, unmasked=frozenset({"PERSON", "VIN"})), 1, 0, ("content_change",)),
        (replace(BEFORE, unmasked=frozenset()), 1, 0, ()),
        (
            replace(BEFORE, unmasked=frozenset({"PERSON", "PHONE_NUMBER"}), masked=frozenset()),
            1,
            0,
            ("protection_change",),
        ),
        (replace(BEFORE, purpose="research"), 1, 0, ("scenario_change",)),
        (replace(BEFORE, derived_from=("a", "b")), 1, 0, ("merge",)),
        (replace(BEFORE, derived_from=()), 1, 0, ()),
        (BEFORE, 1, 2, ("incident",)),
        (BEFORE, 366, 0, ("staleness",)),
    ],
)
def test_what_asks_for_a_new_look(now: DatasetState, days: int, incidents: int, fired: tuple[str, ...]) -> None:
    confirmed_at = NOW - timedelta(days=days)
    assert triggers(BEFORE, now, confirmed_at=confirmed_at, at=NOW, incidents=incidents, grading=GRADING) == fired
