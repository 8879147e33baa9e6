"""Silent sources: only what was steady can be missed, and only while others go on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.errors import ContentError
from detectors.silence import SilenceRule, SourceActivity, load_silence_rule, silences

RULE = Path(__file__).parents[2] / "rules" / "detections" / "silent_source.yml"
HORIZON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)


@pytest.fixture
def rule() -> SilenceRule:
    return load_silence_rule(RULE)


def source(first_hour: float, last_hour: float, every_minutes: int, *, expected: bool = False) -> SourceActivity:
    """A source heard from so many hours before the horizon until so many hours before it."""
    moment, buckets = HORIZON - timedelta(hours=first_hour), []
    while moment <= HORIZON - timedelta(hours=last_hour):
        buckets.append(moment)
        moment += timedelta(minutes=every_minutes)
    return SourceActivity("host", "syslog", "fuzhou", "a", tuple(buckets), expected)


@pytest.mark.parametrize(
    ("activity", "silent"),
    [
        pytest.param(source(20, 4, 5), True, id="steady for sixteen hours, then four hours of nothing"),
        pytest.param(source(20, 0, 5), False, id="steady to the end"),
        pytest.param(source(20, 1, 5), False, id="silent for less than the rule waits"),
        pytest.param(source(7, 4, 5), False, id="heard for too short a time to have a rhythm"),
        pytest.param(source(20, 4, 60), False, id="never steady"),
        pytest.param(source(20, 4, 60, expected=True), True, id="never steady, but its asset expects it"),
        pytest.param(source(20, 2, 60, expected=True), False, id="a silence not much longer than its usual gaps"),
        pytest.param(source(20, 20, 5), False, id="heard once"),
        pytest.param(source(200, 100, 5), False, id="silent long before the baseline"),
    ],
)
def test_a_source_is_silent(rule: SilenceRule, activity: SourceActivity, silent: bool) -> None:
    assert bool(silences(rule, [activity], horizon=HORIZON)) is silent


def test_the_longest_silence_comes_first(rule: SilenceRule) -> None:
    found = silences(rule, [source(30, 4, 5), source(30, 9, 5)], horizon=HORIZON)
    assert [silence.silent_for for silence in found] == [timedelta(hours=9), timedelta(hours=4)]


@pytest.mark.parametrize("text", ["", "title: x", "- 1", "parameters: {silent_minutes: never}", "a: ["])
def test_a_wrong_rule_file_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "silent.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=r"silent\.yml"):
        load_silence_rule(path)
