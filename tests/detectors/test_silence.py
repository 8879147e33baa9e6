"""Silent sources: only what was steady can be missed; live it is the clock that tells, in an archive the others do."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from detectors.errors import ContentError
from detectors.silence import Clock, SourceActivity, listening_since, silences
from detectors.silence_rule import SilenceRule, load_silence_rule

RULE = Path(__file__).parents[2] / "rules" / "detections" / "silent_source.yml"
HORIZON = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
LISTENING = Clock(HORIZON, HORIZON - timedelta(days=3))

Delivery = Callable[[datetime], datetime]


def as_it_happens(bucket: datetime) -> datetime:
    return bucket + timedelta(minutes=6)


def hourly(bucket: datetime) -> datetime:
    return bucket.replace(minute=0) + timedelta(hours=1, minutes=2)


def one_fresh_file(_: datetime) -> datetime:
    return HORIZON - timedelta(hours=2)


def an_archive(_: datetime) -> datetime:
    return HORIZON - timedelta(minutes=30)


@pytest.fixture
def rule() -> SilenceRule:
    return load_silence_rule(RULE)


def source(
    first_hour: float,
    last_hour: float,
    every_minutes: int,
    *,
    expected: bool = False,
    name: str = "host",
    delivered: Delivery = as_it_happens,
) -> SourceActivity:
    """A source heard from so many hours before the horizon until so many hours before it."""
    moment, buckets = HORIZON - timedelta(hours=first_hour), []
    while moment <= HORIZON - timedelta(hours=last_hour):
        buckets.append(moment)
        moment += timedelta(minutes=every_minutes)
    arrivals = tuple(delivered(bucket) for bucket in buckets)
    return SourceActivity(name, "syslog", "fuzhou", "a", tuple(buckets), arrivals, expected)


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
        pytest.param(source(20, -2, 5), False, id="its clock runs ahead"),
        pytest.param(source(20, 2.5, 5), True, id="not heard for two and a half hours"),
        pytest.param(
            source(20, 2.5, 5, delivered=hourly), False, id="not for two and a half, but its files come hourly"
        ),
        pytest.param(source(20, 4, 5, delivered=hourly), True, id="four of its hourly files are missing"),
        pytest.param(source(20, 2.5, 5, delivered=one_fresh_file), False, id="a file that was fresh when it was read"),
        pytest.param(source(20, 4, 5, delivered=an_archive), False, id="all that was read from an archive ends there"),
    ],
)
def test_a_source_that_is_listened_to_is_measured_against_the_clock(
    rule: SilenceRule, activity: SourceActivity, silent: bool
) -> None:
    assert bool(silences(rule, [activity], clock=LISTENING)) is silent


@pytest.mark.parametrize("delivered", [as_it_happens, an_archive, one_fresh_file])
def test_where_nobody_listens_the_other_sources_tell_the_time(rule: SilenceRule, delivered: Delivery) -> None:
    goes_on, stops = (source(30, last, 5, name=f"until {last}", delivered=delivered) for last in (5, 9))
    found = silences(rule, [goes_on, stops], clock=Clock(HORIZON))
    assert [(silence.source.host, silence.silent_for) for silence in found] == [("until 9", timedelta(hours=4))]


def test_an_archive_beside_live_sources_has_a_clock_of_its_own(rule: SilenceRule) -> None:
    ends, stops = (source(30, last, 5, name=f"until {last}", delivered=an_archive) for last in (5, 9))
    found = silences(rule, [source(30, 0, 5), ends, stops], clock=LISTENING)
    assert [(silence.source.host, silence.silent_for) for silence in found] == [("until 9", timedelta(hours=4))]


def test_a_feed_that_begins_does_not_make_what_was_read_before_silent(rule: SilenceRule) -> None:
    before = source(30, 8, 5, delivered=an_archive)
    begins = source(1, 0, 5, name="begins")
    assert silences(rule, [before, begins], clock=LISTENING) == []


@pytest.mark.parametrize(("hours", "silent"), [(1, False), (2, True)])
def test_what_fell_silent_while_nobody_listened_is_missed_after_listening_long_enough(
    rule: SilenceRule, hours: int, silent: bool
) -> None:
    clock = Clock(HORIZON, HORIZON - timedelta(hours=hours))
    assert bool(silences(rule, [source(30, 10, 5)], clock=clock)) is silent


def test_the_longest_silence_comes_first(rule: SilenceRule) -> None:
    found = silences(rule, [source(30, 4, 5), source(30, 9, 5)], clock=LISTENING)
    assert [silence.silent_for for silence in found] == [timedelta(hours=9), timedelta(hours=4)]


@pytest.mark.parametrize(
    ("minutes_ago", "since"),
    [
        pytest.param([], None, id="never"),
        pytest.param([0], 0, id="just now for the first time"),
        pytest.param([30], None, id="not any more"),
        pytest.param([10, 1, 20], 20, id="in any order"),
        pytest.param([60, 40, 10, 5], 10, id="again since a pause"),
        pytest.param([-5, 5], 5, id="a run of the future"),
    ],
)
def test_listening_is_runs_without_a_pause(minutes_ago: list[int], since: int | None) -> None:
    runs = [HORIZON - timedelta(minutes=minutes) for minutes in minutes_ago]
    expected = None if since is None else HORIZON - timedelta(minutes=since)
    assert listening_since(runs, now=HORIZON, pause=timedelta(minutes=15)) == expected


@pytest.mark.parametrize("text", ["", "title: x", "- 1", "parameters: {silent_minutes: never}", "a: ["])
def test_a_wrong_rule_file_says_where(tmp_path: Path, text: str) -> None:
    path = tmp_path / "silent.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=r"silent\.yml"):
        load_silence_rule(path)
