"""Exchanges against sharing lists, grants and limits, as a table of behaviour (R41, R42)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dlp.access_policy import AccessPolicy, default_access_policy
from dlp.exchange_policy import Bounds, ExchangePolicy
from dlp.exchanges import Basis, Exchange, basis_of, failed_checks, grade_of, went_masked
from dlp.grading_policy import default_grading
from dlp.levels import LEVELS, WAYS
from dlp.policy import GRADES
from dlp.registrations import Registration, registration
from dlp.uses import GradedColumn
from tests.dlp.test_access_checks import granted

POLICY = default_access_policy().exchange
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
SENT = Exchange("civil.residents", AT, "Province", "province", "up", account="etl", grade="general-4", masked=False)
HOLDS = Basis("sharing", "Agreement 3", holds=True)


def same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()


def entry(**changed: Any) -> Registration:
    told = {"dataset": "civil.residents", "organisation": "Civil affairs", "owner": "Data section", **changed}
    return registration(told, default_grading())


def shared(until: str | None = None, recipient: str = "province") -> Registration:
    return entry(sharing=[{"recipient": recipient, "basis": "Agreement 3", "until": until}])


EXPORT = granted(subject="etl", export=True)


@pytest.mark.parametrize(
    ("declared", "grants", "basis"),
    [
        pytest.param(None, [], Basis(), id="nothing is declared"),
        pytest.param(entry(), [], Basis(), id="no sharing list"),
        pytest.param(shared(), [], Basis("sharing", "Agreement 3", None, True), id="on the list, without an end"),
        pytest.param(shared(recipient="County"), [], Basis(), id="the list names another"),
        pytest.param(
            shared("2026-11-02"), [], Basis("sharing", "Agreement 3", date(2026, 11, 2), True), id="its last day counts"
        ),
        pytest.param(
            shared("2026-11-01"), [], Basis("sharing", "Agreement 3", date(2026, 11, 1), False), id="past its end"
        ),
        pytest.param(None, [EXPORT], Basis("grant", "G-1", date(2026, 12, 31), True), id="a grant of the account"),
        pytest.param(
            None,
            [granted(subject="PROVINCE", export=True)],
            Basis("grant", "G-1", date(2026, 12, 31), True),
            id="a grant of the receiver",
        ),
        pytest.param(None, [granted(subject="etl")], Basis(), id="a grant without export"),
        pytest.param(None, [granted(subject="etl", export=True, columns=["phone"])], Basis(), id="of one column"),
        pytest.param(None, [granted(subject="etl", export=True, datasets=["x"])], Basis(), id="of another data set"),
        pytest.param(
            None,
            [granted(subject="etl", export=True, valid_until="2026-11-01T00:00:00Z")],
            Basis("grant", "G-1", date(2026, 11, 1), False),
            id="a grant that has ended",
        ),
        pytest.param(
            shared("2026-11-01"), [EXPORT], Basis("grant", "G-1", date(2026, 12, 31), True), id="what holds goes first"
        ),
        pytest.param(entry(openness="unconditional"), [], Basis("open", "unconditional", None, True), id="open to all"),
        pytest.param(entry(openness="conditional"), [], Basis(), id="open on conditions is not open"),
    ],
)
def test_the_ground_of_an_exchange(declared: Registration | None, grants: list[Any], basis: Basis) -> None:
    assert basis_of(SENT, declared, grants, POLICY, same) == basis


@pytest.mark.parametrize(
    ("exchange", "basis", "failed"),
    [
        pytest.param(SENT, HOLDS, [], id="up, as it may"),
        pytest.param(SENT, Basis(), ["exchange_without_basis"], id="no ground"),
        pytest.param(SENT, replace(HOLDS, holds=False), ["exchange_basis_ended"], id="a ground that ended"),
        pytest.param(replace(SENT, grade="core"), HOLDS, ["exchange_grade_forbidden"], id="core goes nowhere"),
        pytest.param(replace(SENT, grade="important"), HOLDS, ["exchange_unmasked"], id="important, unmasked"),
        pytest.param(replace(SENT, grade="important", masked=True), HOLDS, [], id="important, masked"),
        pytest.param(
            replace(SENT, direction="down", receiver_level="county"), HOLDS, ["exchange_unmasked"], id="down, unmasked"
        ),
        pytest.param(
            replace(SENT, direction="down", receiver_level="county", masked=None), HOLDS, ["exchange_unmasked"], id="?"
        ),
        pytest.param(replace(SENT, direction="down", receiver_level="county", grade="general-3"), HOLDS, [], id="down"),
        pytest.param(
            replace(SENT, direction="down", receiver_level="township", masked=True),
            HOLDS,
            ["exchange_grade_forbidden"],
            id="a township's bounds are stricter",
        ),
        pytest.param(
            replace(SENT, direction="down", receiver_level="market", grade="general-3", masked=True),
            HOLDS,
            ["exchange_grade_forbidden"],
            id="nothing of persons to the market",
        ),
        pytest.param(
            replace(SENT, direction="down", receiver_level="market", grade="general-2", masked=True),
            HOLDS,
            [],
            id="what is masked enough may be traded",
        ),
        pytest.param(
            replace(SENT, direction="unknown", grade="general-3", masked=True),
            Basis(),
            ["exchange_without_basis", "exchange_grade_forbidden"],
            id="to nobody knows whom",
        ),
        pytest.param(replace(SENT, grade=""), HOLDS, [], id="no grade is known"),
    ],
)
def test_what_an_exchange_fails(exchange: Exchange, basis: Basis, failed: list[str]) -> None:
    assert list(failed_checks(exchange, basis, POLICY)) == failed


@given(
    st.sampled_from(WAYS),
    st.sampled_from(["", *LEVELS]),
    st.sampled_from(GRADES),
    st.sampled_from(GRADES),
    st.booleans(),
)
def test_a_higher_grade_never_fails_less(direction: str, level: str, one: str, other: str, masked: bool) -> None:
    low, high = sorted((one, other), key=GRADES.index)
    sent = replace(SENT, direction=direction, receiver_level=level, masked=masked)
    severity = {(): 0, ("exchange_unmasked",): 1, ("exchange_grade_forbidden",): 2}
    failed = [severity[failed_checks(replace(sent, grade=grade), HOLDS, POLICY)] for grade in (low, high)]
    assert failed[0] <= failed[1]


@given(st.sampled_from(WAYS), st.sampled_from(["", *LEVELS]), st.sampled_from(GRADES))
def test_a_mask_never_makes_it_worse(direction: str, level: str, grade: str) -> None:
    sent = replace(SENT, direction=direction, receiver_level=level, grade=grade)
    masked, raw = (failed_checks(replace(sent, masked=held), HOLDS, POLICY) for held in (True, False))
    assert set(masked) <= set(raw)


_COLUMNS = {"id_no": GradedColumn("general-4"), "phone": GradedColumn("general-2", masked=True)}


@pytest.mark.parametrize(
    ("columns", "whole", "grade", "masked"),
    [
        (["*"], "general-4", "general-4", False),
        (["*"], "core", "core", False),
        (["phone"], "general-4", "general-2", True),
        (["PHONE"], "general-4", "general-2", True),
        (["phone", "id_no"], "general-4", "general-4", False),
        (["district"], "general-4", "general-1", None),
        (["district"], "important", "important", None),
        (["district"], "", "", None),
    ],
)
def test_the_grade_of_what_went(columns: list[str], whole: str, grade: str, masked: bool | None) -> None:
    assert (grade_of(columns, _COLUMNS, whole), went_masked(columns, _COLUMNS)) == (grade, masked)


def _changed(**parts: Any) -> dict[str, Any]:
    return {**POLICY.model_dump(), **parts}


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"ranks": {"city": 1}}, "nothing is said of national"),
        ({"ways": {"up": {"highest": "core", "unmasked": "core"}}}, "nothing is said of down"),
        ({"receivers": {"county": {"highest": "general-1", "unmasked": "general-2"}}}, "is above general-1"),
        ({"receivers": {"planet": {"highest": "core", "unmasked": "core"}}}, "planet"),
    ],
)
def test_a_wrong_limit_is_told(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        ExchangePolicy.model_validate(_changed(**parts))


def test_an_older_access_file_has_the_limits_that_ship() -> None:
    told = default_access_policy().model_dump(exclude={"exchange"})
    assert AccessPolicy.model_validate(told).exchange == POLICY


def test_a_level_s_own_bounds_only_make_it_stricter() -> None:
    loose = POLICY.model_copy(update={"receivers": {"county": Bounds(highest="core", unmasked="core")}})
    assert loose.bounds("down", "county") == POLICY.ways["down"]
