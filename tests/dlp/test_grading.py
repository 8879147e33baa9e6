from dataclasses import replace
from datetime import date

import pytest

from dlp.grading import combined, graded, highest
from dlp.policy import Policy, default_policy
from dlp.verdicts import Verdict

NOW = date(2026, 11, 1)
BEFORE_45574 = date(2025, 10, 31)


def verdict(entity_type: str, *, masked: bool = False) -> Verdict:
    return Verdict(entity_type, 10, 10, 0.9, masked, "*", "f", "")


def house(*, id_number_is_sensitive: bool) -> Policy:
    policy = default_policy()
    return policy.model_copy(
        update={"house": policy.house.model_copy(update={"id_number_is_sensitive": id_number_is_sensitive})}
    )


@pytest.mark.parametrize(
    ("entity_type", "masked", "grade"),
    [
        ("CN_RESIDENT_ID", False, "general-4"),
        ("CN_RESIDENT_ID", True, "general-2"),
        ("PHONE_NUMBER", False, "general-2"),
        ("CREDIT_CARD", False, "general-4"),
        ("CN_SOCIAL_CREDIT_CODE", False, "general-1"),
        ("CN_SOCIAL_CREDIT_CODE", True, "general-1"),
    ],
)
def test_a_grade_is_the_types_floor_and_a_mask_lowers_it(entity_type: str, masked: bool, grade: str) -> None:
    assert graded("c", verdict(entity_type, masked=masked), default_policy(), on=NOW).grade == grade


@pytest.mark.parametrize(
    ("switch", "on", "grade"),
    [(True, NOW, "general-4"), (False, NOW, "general-2"), (False, BEFORE_45574, "general-4")],
)
def test_the_house_switch_decides_once_the_newer_list_counts(switch: bool, on: date, grade: str) -> None:
    found = graded("c", verdict("CN_RESIDENT_ID"), house(id_number_is_sensitive=switch), on=on)
    assert found.grade == grade


def test_both_lists_of_sensitive_information_are_kept() -> None:
    card = graded("c", verdict("CREDIT_CARD"), default_policy(), on=NOW)
    identity = graded("c", verdict("CN_RESIDENT_ID"), default_policy(), on=NOW)
    assert (card.sensitive_35273, card.sensitive_45574) == (True, True)
    assert (identity.sensitive_35273, identity.sensitive_45574) == (True, False)


def test_several_direct_identifiers_raise_each_other() -> None:
    policy = default_policy()
    name, phone = (graded("c", verdict(kind), policy, on=NOW) for kind in ("PERSON", "PHONE_NUMBER"))
    assert [finding.grade for finding in combined([name, phone], policy)] == ["general-3", "general-3"]
    assert [finding.grade for finding in combined([name, replace(phone, masked=True)], policy)] == ["general-2"] * 2


def test_the_highest_grade_wins() -> None:
    assert highest(grade for grade in ("general-2", "general-4", "general-1")) == "general-4"
    assert highest([]) == "general-1"
