"""Roll-ups: the critical weigh more, and an average never hides the worst asset."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.monitored import DataGrade, MonitoredAsset
from assets.posture import PostureScore
from assets.rollup import criticality, roll_up, roll_up_by
from assets.weights import load_weights
from tests.assets.sample import asset

WEIGHTS = load_weights(Path(__file__).parents[2] / "rules" / "thresholds.yml")


def _scored(score: float, monitored: MonitoredAsset | None = None, *, open_alerts: int = 0) -> PostureScore:
    return PostureScore(monitored or asset(), score, WEIGHTS.bands.of(score), (), open_alerts, "")


@pytest.mark.parametrize(
    ("monitored", "expected"),
    [
        pytest.param(asset(), 1, id="not-graded"),
        pytest.param(replace(asset(), mlps_level=3), 4, id="level-3"),
        pytest.param(replace(asset(), mlps_level=3, is_cii=True), 6, id="critical-infrastructure"),
        pytest.param(replace(asset(), mlps_level=4, is_cii=True, data_grade=DataGrade.CORE), 8, id="core-data"),
        pytest.param(replace(asset(), data_grade=DataGrade.GENERAL_4), 1, id="general-data"),
    ],
)
def test_criticality_follows_level_cii_and_data(monitored: MonitoredAsset, expected: int) -> None:
    assert criticality(monitored) == expected


def test_the_critical_asset_weighs_more_and_the_worst_is_named() -> None:
    critical = replace(asset("core"), mlps_level=3, is_cii=True)
    rolled = roll_up("water", [_scored(100, asset("b")), _scored(30, critical, open_alerts=4)], WEIGHTS)
    mean = (100 * 1 + 30 * 6) / 7
    assert rolled.score == pytest.approx(mean + (30 - mean) * 0.3, abs=0.05)
    assert (rolled.worst_asset_id, rolled.worst_score, rolled.open_alerts) == ("core", 30, 4)
    assert rolled.bands == {"good": 1, "fair": 0, "poor": 0, "critical": 1}


def test_a_bad_asset_among_many_good_ones_still_shows() -> None:
    crowd = [_scored(100, asset(f"a{i}")) for i in range(999)]
    rolled = roll_up("cloud", [*crowd, _scored(0, asset("down"))], WEIGHTS)
    assert rolled.band == "fair"
    assert rolled.worst_asset_id == "down"


def test_groups_come_worst_first() -> None:
    scores = [_scored(90, asset("a", scope="fuzhou/x")), _scored(20, asset("b", scope="fuzhou/y"))]
    assert [group.key for group in roll_up_by(lambda each: each.scope, scores, WEIGHTS)] == ["fuzhou/y", "fuzhou/x"]


@given(st.lists(st.floats(0, 100), min_size=1, max_size=8), st.floats(0, 100))
def test_a_group_stands_between_its_worst_and_best_and_sinks_with_its_members(values: list[float], drop: float) -> None:
    rolled = roll_up("g", [_scored(value, asset(f"a{i}")) for i, value in enumerate(values)], WEIGHTS)
    assert min(values) - 0.06 <= rolled.score <= max(values) + 0.06
    sunk = [max(0.0, values[0] - drop), *values[1:]]
    assert roll_up("g", [_scored(v, asset(f"a{i}")) for i, v in enumerate(sunk)], WEIGHTS).score <= rolled.score
