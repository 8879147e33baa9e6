"""The factors of a score in HTML: what is written, how long its bar is, and that nothing in a text is markup."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.factor_bars import Factor, factor_bars_html
from dashboards.translation import words_in
from dashboards.views.asset_page import read_factors
from tests.dashboards.test_quoted import ANY


@given(ANY, ANY, st.floats(-200, 200))
def test_a_text_adds_no_element(label: str, evidence: str, points: float) -> None:
    made = factor_bars_html([Factor(label, points, evidence)], "name")
    plain = factor_bars_html([Factor("label", points, "evidence")], "name")
    assert made.count("<") == plain.count("<")


@pytest.mark.parametrize(
    ("points", "written", "width"),
    [(-60.0, "−60.0", "60.0%"), (5.0, "+5.0", "5.0%"), (0.0, "+0.0", "0.0%"), (-130.0, "−130.0", "100.0%")],
)
def test_a_full_bar_is_a_hundred_points(points: float, written: str, width: str) -> None:
    made = factor_bars_html([Factor("label", points, "evidence")], "name")
    assert f">{written}<" in made
    assert f'"width:{width};' in made


def test_what_costs_and_what_gives_differ_in_colour() -> None:
    cost, gift = (
        factor_bars_html([Factor("label", points, "")], "name").split("background:")[-1] for points in (-1.0, 1.0)
    )
    assert cost[:7] != gift[:7]


@pytest.mark.parametrize("stored", ["", "[]", "{", "7", '"text"', "null", '{"points": 1}', "[1, null]"])
def test_what_is_no_list_of_factors_gives_none(stored: str) -> None:
    assert read_factors(words_in("en"), stored) == []


def test_the_factor_that_costs_most_comes_first() -> None:
    stored = json.dumps([{"factor": "a", "points": -2}, {"factor": "b", "points": 1}, {"factor": "c", "points": -9}])
    assert [factor.points for factor in read_factors(words_in("en"), stored)] == [-9.0, -2.0, 1.0]
