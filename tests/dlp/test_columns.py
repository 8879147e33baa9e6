import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.columns import ColumnEvidence
from dlp.policy import default_policy
from dlp.profiles import BEYOND, DIGIT, DOT, LOWER, OTHER, SEPARATOR, UPPER, X, profiles
from dlp.seen import Seen
from tests.dlp.cases import CHINESE, DICE, KEY, digits, judge


@pytest.mark.parametrize(
    ("value", "classes", "length"),
    [
        ("138 0013", DIGIT | SEPARATOR, 8),
        ("11010519491231002X", DIGIT | X, 18),
        ("aB.c", UPPER | LOWER | DOT, 4),
        ("闽A·1", BEYOND | UPPER | DIGIT, 4),
        ("@", OTHER, 1),
        ("9" * 300, DIGIT, 255),
    ],
)
def test_a_profile_holds_the_classes_of_characters_and_the_length(value: str, classes: int, length: int) -> None:
    (made,) = profiles(pl.Series([value]))
    assert (made >> 8, made & 0xFF) == (classes, length)


@given(st.lists(st.text(min_size=1, max_size=8), min_size=2, max_size=20))
@settings(max_examples=60, deadline=None)
def test_each_value_has_its_own_profile_wherever_it_stands(values: list[str]) -> None:
    series = pl.Series(values)
    assert profiles(series[1:]).tolist() == profiles(series).tolist()[1:]
    assert profiles(series).tolist() == [int(profiles(pl.Series([value]))[0]) for value in values]


@given(st.lists(st.lists(st.integers(0, 30), max_size=10, unique=True), min_size=1, max_size=6))
def test_a_value_is_new_once(batches: list[list[int]]) -> None:
    seen, known = Seen(), set[int]()
    for batch in batches:
        fresh = seen.fresh(np.array(batch, dtype=np.uint64))
        assert fresh.tolist() == [value not in known for value in batch]
        known.update(batch)


def test_pieces_give_the_same_evidence_as_the_whole() -> None:
    values = [CHINESE.ssn() for _ in range(60)] + [f"请拨打{CHINESE.phone_number()}" for _ in range(60)]
    whole, pieces = ColumnEvidence(), ColumnEvidence()
    for evidence, parts in ((whole, [values]), (pieces, [values[:50], values[50:]])):
        for part in parts:
            counted = pl.DataFrame({"value": part}).group_by("value").len("rows")
            evidence.observe(counted, key=KEY, policy=default_policy())
    assert whole.profiles == pieces.profiles
    assert {name: count.rows for name, count in whole.kinds.items()} == {
        name: count.rows for name, count in pieces.kinds.items()
    }
    assert whole.kinds["mobile"].text_rows == pieces.kinds["mobile"].text_rows == 60


@pytest.mark.parametrize(
    ("entity_type", "values", "low", "high"),
    [
        pytest.param("CN_RESIDENT_ID", [CHINESE.ssn() for _ in range(200)], 0.9, 1.0, id="a column with check digits"),
        pytest.param("CN_RESIDENT_ID", ["事项"] * 99 + ["11010519491231002X"], 0.8, 0.9, id="one that is no accident"),
        pytest.param("VIN", ["事项"] * 99 + ["1M8GDM9AXKP042788"], 0.6, 0.6, id="one that may be an accident"),
    ],
)
def test_confidence_comes_in_tiers(entity_type: str, values: list[str], low: float, high: float) -> None:
    assert low <= judge(values)[entity_type].confidence <= high


def test_equipment_numbers_that_fail_their_check_are_none_for_the_few_that_pass() -> None:
    DICE.seed(3)
    assert judge([digits(15, "35") for _ in range(600)]) == {}
