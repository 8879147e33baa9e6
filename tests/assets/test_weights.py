"""The thresholds file: the one that ships is valid, and a wrong one is told line by line."""

import re
from pathlib import Path

import pytest

from assets.errors import WeightsInvalid
from assets.weights import load_weights, thresholds_in

SHIPPED = Path(__file__).parents[2] / "rules" / "thresholds.yml"


@pytest.mark.parametrize(
    ("score", "band"),
    [(100, "good"), (80, "good"), (79.9, "fair"), (65, "fair"), (50, "poor"), (49.9, "critical"), (0, "critical")],
)
def test_bands_begin_at_their_least_score(score: float, band: str) -> None:
    assert load_weights(SHIPPED).bands.of(score) == band


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        pytest.param("good: 80", "good: 60", r":\d+: posture.bands: .*bands must fall", id="bands-out-of-order"),
        pytest.param("good: 80", "good: much", r":\d+: posture.bands.good: .*valid number", id="not-a-number"),
        pytest.param("good: 80", "good: nan", r":\d+: posture.bands.good: .*finite", id="not-finite"),
        pytest.param("high: 20", "high: 50", r"alerts.points: .*must not rise along critical, high", id="level-order"),
        pytest.param(", low: 1.5", "", r"alerts.points: .*points for each of critical", id="level-missing"),
        pytest.param("general-3: 15", "general-3: 30", r"personal_data.points: .*must not rise", id="grade-order"),
        pytest.param("  half_life_days: 30\n", "  half_life_days: 0\n", r"half_life_days: .*greater than 0", id="zero"),
        pytest.param("    cap: 70\n", "    cap: -1\n", r"alerts.cap: .*greater than or equal to 0", id="negative"),
        pytest.param("    cap: 70\n", "    cup: 70\n", r"alerts.cup: ", id="unknown-key"),
        pytest.param("all_weak: 25", "all_weak: 5", "any_weak must not exceed all_weak", id="weak-order"),
        pytest.param("lag_minutes: 60", "lag_minutes: 600", "a late feed would count as silent", id="lag"),
        pytest.param("10.0.0.0/8", "10.0.0.1/8", "host bits set", id="network"),
        pytest.param("ports: [21", "ports: [0", "greater than or equal to 1", id="port"),
        pytest.param("worst_share: 0.3", "worst_share: 3", "less than or equal to 1", id="share"),
        pytest.param("\nposture:", "\npostures:", "has the key posture, and may have risk", id="top-level"),
        pytest.param("\nposture:", "\nposture: [", "no YAML", id="no-yaml"),
    ],
)
def test_a_wrong_weight_is_told_with_what_is_allowed(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "thresholds.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(WeightsInvalid) as refused:
        load_weights(path)
    assert any(re.search(said, problem) for problem in refused.value.problems), refused.value.problems
    assert all(problem.startswith(f"{path}:") for problem in refused.value.problems)


def test_a_single_address_is_an_internal_network_too(tmp_path: Path) -> None:
    assert "::1/128" in load_weights(SHIPPED).exposure.internal_networks


def test_a_folder_without_thresholds_falls_back_to_those_that_ship(tmp_path: Path) -> None:
    assert thresholds_in(tmp_path) == SHIPPED
    (tmp_path / "thresholds.yml").touch()
    assert thresholds_in(tmp_path) == tmp_path / "thresholds.yml"
