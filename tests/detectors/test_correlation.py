"""Correlations: exact windows, whatever order the matches come in, held to a brute-force reading."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.correlation import Match, episodes
from detectors.rule import CompiledCorrelation, CorrelationType, RuleHead

START = datetime(2026, 3, 2, tzinfo=UTC)


def correlation(
    kind: CorrelationType = "event_count",
    *,
    threshold: int = 3,
    references: tuple[str, ...] = ("a",),
    group_by: tuple[str, ...] = ("who",),
) -> CompiledCorrelation:
    return CompiledCorrelation(
        head=RuleHead("c", "1", "c", Path("c.yml")),
        type=kind,
        references=references,
        group_by=group_by,
        group_fields=dict.fromkeys(references, group_by),
        value_fields=("value",) if kind == "value_count" else (),
        operator="gte",
        threshold=threshold,
        span_seconds=10,
    )


def match(second: float, *, who: str = "x", rule: str = "a", event: str = "", value: str = "") -> Match:
    event = event or f"{rule}{second}{who}{value}"
    return Match(rule, START + timedelta(seconds=second), (event,), {"who": who, "value": value})


def seconds(found: Sequence[object]) -> list[float]:
    return [(episode.last_time - START).total_seconds() for episode in found]  # type: ignore[attr-defined]  # an Episode


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        pytest.param([0, 5, 10], [10], id="a window is closed: matches just the span apart belong together"),
        pytest.param([0, 5, 10.000001], [], id="a microsecond more and they do not"),
        pytest.param([9, 11, 12], [12], id="windows slide: no bucket edge splits them"),
        pytest.param([0, 1, 2, 3, 4], [2], id="one episode answers once"),
        pytest.param([0, 1, 2, 30, 31, 32], [2, 32], id="a new episode answers anew"),
        pytest.param([2, 0, 1], [2], id="order of arrival does not matter"),
        pytest.param([0, 0, 0], [0], id="matches of one moment count each"),
    ],
)
def test_events_are_counted_in_sliding_windows(times: list[float], expected: list[float]) -> None:
    matches = [match(second, event=f"e{number}") for number, second in enumerate(times)]
    assert seconds(episodes(correlation(), matches)) == expected


def test_groups_are_told_apart() -> None:
    assert episodes(correlation(), [match(0), match(1, who="y"), match(2)]) == []


def test_a_match_without_the_group_value_belongs_to_no_group() -> None:
    assert episodes(correlation(), [match(n, who="") for n in range(5)]) == []


def test_without_a_group_by_all_belong_together() -> None:
    found = episodes(correlation(group_by=()), [match(0), match(1, who="y"), match(2, who="")])
    assert seconds(found) == [2]


def test_an_event_delivered_twice_counts_once() -> None:
    assert episodes(correlation(), [match(0), match(0), match(1)]) == []


def test_distinct_values_are_counted_and_absent_ones_are_not() -> None:
    values = ["p", "p", "", "q", "r"]
    found = episodes(correlation("value_count"), [match(n, value=value) for n, value in enumerate(values)])
    assert [(episode.count, episode.last_time) for episode in found] == [(3, START + timedelta(seconds=4))]


def test_temporal_wants_every_rule_in_any_order() -> None:
    rule = correlation("temporal", threshold=2, references=("a", "b"))
    assert seconds(episodes(rule, [match(3, rule="b"), match(4, rule="a")])) == [4]
    assert episodes(rule, [match(3, rule="b"), match(4, rule="b")]) == []
    assert episodes(rule, [match(3, rule="b"), match(14, rule="a")]) == []


def test_temporal_ordered_wants_the_rules_in_their_order() -> None:
    rule = correlation("temporal_ordered", threshold=2, references=("a", "b"))
    assert seconds(episodes(rule, [match(3, rule="a"), match(4, rule="b")])) == [4]
    assert episodes(rule, [match(3, rule="b"), match(4, rule="a")]) == []
    assert seconds(episodes(rule, [match(3, rule="a"), match(3, rule="b")])) == [3]


def test_one_event_fills_one_place_of_a_sequence() -> None:
    rule = correlation("temporal_ordered", threshold=2, references=("a", "b"))
    assert episodes(rule, [match(3, rule="a", event="e"), match(3, rule="b", event="e")]) == []


TIMES = st.lists(
    st.tuples(st.integers(0, 60), st.sampled_from("xy"), st.sampled_from(["", "p", "q", "r"])), max_size=30
)


def brute_force(rule: CompiledCorrelation, matches: Sequence[Match]) -> set[tuple[str, datetime]]:
    """Moments of a group whose window satisfies the condition when no satisfied moment within the span precedes it."""
    span, found = timedelta(seconds=rule.span_seconds), set()
    for who in "xy":
        group = [each for each in matches if each.values["who"] == who]
        last: datetime | None = None
        for moment in sorted({each.time for each in group}):
            window = [each for each in group if moment - span <= each.time <= moment]
            values = {each.values["value"] for each in window} - {""}
            count = len(window) if rule.type == "event_count" else len(values)
            if count >= rule.threshold and not (last is not None and moment - last <= span):
                found.add((who, moment))
            last = moment if count >= rule.threshold else None
    return found


@given(TIMES, st.sampled_from(["event_count", "value_count"]), st.randoms(use_true_random=False))
def test_any_stream_has_the_episodes_that_brute_force_finds(
    times: list[tuple[int, str, str]], kind: CorrelationType, dice: Random
) -> None:
    matches = [match(second, who=who, value=value, event=str(n)) for n, (second, who, value) in enumerate(times)]
    shuffled = [*matches, *matches[:3]]
    dice.shuffle(shuffled)
    rule = correlation(kind)
    assert {(each.group["who"], each.last_time) for each in episodes(rule, shuffled)} == brute_force(rule, matches)
