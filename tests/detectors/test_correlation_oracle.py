"""Correlations held to brute force: on any stream, late, doubled and shuffled, the same episodes and no others."""

from collections.abc import Mapping
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.errors import UnsupportedRule
from tests.detectors.correlating import engine_episodes, seconds
from tests.detectors.correlation_oracle import Correlation, Hit, found_episodes

NUMBERS = ["", "0", "1", "2.5", "-3", "1e2", "0.1", ".30", "ten", "9007199254740993", "inf", "1e309", "4,5"]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "a", "b", "c", "ab", "bc", "abc"]),
        st.integers(0, 40),
        st.sampled_from(["x", "x", "y", ""]),
        st.sampled_from(["p", "q"]),
        st.sampled_from(NUMBERS),
    ),
    max_size=14,
)


def hits_of(events: list[tuple[str, int, str, str, str]]) -> list[Hit]:
    """Each event is a hit of one rule or of several."""
    return [
        Hit(rule, Fraction(at, 2), frozenset({str(number)}), {"who": who, "peer": who, "where": where, "size": size})
        for number, (rules, at, who, where, size) in enumerate(events)
        for rule in rules
    ]


HITS = EVENTS.map(hits_of)
VALUES = st.one_of(st.integers(0, 4), st.sampled_from([0.5, 2.5, 100, -3, 0.4, "0.1"]))
BOUNDS = st.dictionaries(st.sampled_from(["lt", "lte", "gt", "gte", "eq", "neq"]), VALUES, min_size=1, max_size=1) | (
    st.tuples(st.integers(0, 2), st.integers(2, 5)).map(lambda ends: {"gte": ends[0], "lte": ends[1]})
)
GROUPS = st.sampled_from([None, [], ["who"], ["who", "where"], "where"])
SPANS = st.sampled_from(["1s", "3s", "10s", "1m", "1h"])
EXPRESSIONS = st.recursive(
    st.sampled_from("abc"),
    lambda inner: st.one_of(
        inner.map(lambda each: f"not {each}" if each in "abc" else f"not ({each})"),
        st.tuples(inner, st.sampled_from(["and", "or", "AND", "Or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
    ),
    max_leaves=5,
)


def agree(name: str, correlations: Mapping[str, Correlation], hits: list[Hit], dice: Random) -> None:
    delivered = [*hits, *hits[:4]]
    dice.shuffle(delivered)
    expected = found_episodes(name, correlations, hits)
    found = engine_episodes(name, correlations, delivered)
    assert {(tuple(each.group.values()), seconds(each.last_time), seconds(each.until)) for each in found} == {
        (each.group, each.at, each.until) for each in expected
    }
    assert len(found) == len(expected)
    ordered = any(each["type"] == "temporal_ordered" for each in correlations.values())
    if ordered and isinstance(correlations[name].get("condition"), str):
        return  # of several ways to meet it, either may have been measured
    told = {(tuple(each.group.values()), seconds(each.last_time)): each for each in found}
    for each in expected:
        episode = told[each.group, each.at]
        assert abs(Fraction(episode.count) - each.measured) <= abs(each.measured) / 10**20
        assert ordered or set(episode.event_ids) == each.events  # of several chains, either may be named


@settings(max_examples=600, deadline=None)
@given(
    kind=st.sampled_from(
        ["event_count", "value_count", "value_sum", "value_avg", "value_percentile", "value_median", "temporal"]
    ),
    rules=st.sampled_from([["a"], ["a", "b"], ["a", "b", "c"]]),
    group=GROUPS,
    span=SPANS,
    bounds=BOUNDS,
    percentile=st.sampled_from([0, 1, 25, 50, 90, 99.9, 100]),
    hits=HITS,
    dice=st.randoms(use_true_random=False),
)
def test_what_is_measured_over_any_stream(
    kind: str,
    rules: list[str],
    group: object,
    span: str,
    bounds: dict[str, object],
    percentile: float,
    hits: list[Hit],
    dice: Random,
) -> None:
    condition = dict(bounds)
    if kind.startswith("value_"):
        condition["field"] = "size"
    if kind == "value_percentile":
        condition["percentile"] = percentile
    correlation = {"type": kind, "rules": rules, "group-by": group, "timespan": span, "condition": condition}
    agree("it", {"it": correlation}, hits, dice)


@settings(max_examples=300, deadline=None)
@given(
    rules=st.permutations(["a", "b", "c"]).flatmap(lambda order: st.integers(1, 3).map(lambda n: order[:n])),
    group=GROUPS,
    span=SPANS,
    bounds=st.none() | BOUNDS,
    hits=HITS,
    dice=st.randoms(use_true_random=False),
)
def test_rules_that_match_in_their_order(
    rules: list[str], group: object, span: str, bounds: dict[str, object] | None, hits: list[Hit], dice: Random
) -> None:
    correlation: dict[str, object] = {
        "type": "temporal_ordered", "rules": rules, "group-by": group, "timespan": span
    }  # fmt: skip
    if bounds:
        correlation["condition"] = bounds
    agree("it", {"it": correlation}, hits, dice)


@settings(max_examples=300, deadline=None)
@given(
    kind=st.sampled_from(["temporal", "temporal_ordered"]),
    condition=EXPRESSIONS,
    group=GROUPS,
    span=SPANS,
    hits=HITS,
    dice=st.randoms(use_true_random=False),
)
def test_conditions_over_the_names_of_rules(
    kind: str, condition: str, group: object, span: str, hits: list[Hit], dice: Random
) -> None:
    correlation = {"type": kind, "group-by": group, "timespan": span, "condition": condition}
    try:
        agree("it", {"it": correlation}, hits, dice)
    except UnsupportedRule:  # it contradicts itself
        assert found_episodes("it", {"it": correlation}, hits) == []


@settings(max_examples=300, deadline=None)
@given(
    inner=st.sampled_from(
        [
            {"type": "event_count", "rules": ["a"], "group-by": ["who"], "condition": {"gte": 2}},
            {"type": "value_sum", "rules": ["a", "b"], "group-by": ["who"], "condition": {"gt": 2, "field": "size"}},
            {"type": "temporal", "rules": ["a", "b"], "group-by": ["who"], "condition": "a and not b"},
            {"type": "temporal_ordered", "rules": ["a", "b"], "group-by": ["who", "where"]},
        ]
    ),
    outer=st.sampled_from(
        [
            {"type": "temporal_ordered", "rules": ["inner", "c"], "group-by": ["who"]},
            {"type": "temporal", "rules": ["c", "inner"], "group-by": ["who"], "condition": "inner and not c"},
            {"type": "event_count", "rules": ["inner"], "condition": {"gte": 2}},
            {"type": "event_count", "rules": ["inner", "c"], "group-by": ["who"], "condition": {"gte": 2, "lte": 3}},
            {"type": "value_count", "rules": ["inner"], "condition": {"gte": 2, "field": "who"}},
            {
                "type": "temporal",
                "rules": ["c", "inner"],
                "group-by": ["actor"],
                "aliases": {"actor": {"c": "peer", "inner": "who"}},
            },
        ]
    ),
    spans=st.tuples(SPANS, SPANS),
    hits=HITS,
    dice=st.randoms(use_true_random=False),
)
def test_correlations_over_correlations(
    inner: dict[str, object], outer: dict[str, object], spans: tuple[str, str], hits: list[Hit], dice: Random
) -> None:
    correlations = {"inner": {**inner, "timespan": spans[0]}, "outer": {**outer, "timespan": spans[1]}}
    agree("outer", correlations, hits, dice)


@pytest.mark.parametrize("unit", ["s", "m", "h", "d", "w", "M", "y"])
def test_every_unit_of_time(unit: str) -> None:
    span = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2629746, "y": 31556952}[unit]
    hits = [Hit("a", Fraction(at), frozenset({str(at)}), {}) for at in (0, span, 2 * span + 1)]
    correlation = {"type": "event_count", "rules": ["a"], "timespan": f"1{unit}", "condition": {"gte": 2}}
    assert [each.at for each in found_episodes("it", {"it": correlation}, hits)] == [span]
    assert [seconds(each.last_time) for each in engine_episodes("it", {"it": correlation}, hits)] == [span]


@pytest.mark.parametrize("kind", ["event_count", "value_count", "value_sum", "value_avg", "value_median", "temporal"])
def test_long_streams_whose_windows_fill_and_empty_many_times(kind: str) -> None:
    dice = Random(kind)  # noqa: S311 - repeatable, not secret
    events = [
        (dice.choice(["a", "b", "ab"]), dice.randrange(900), dice.choice("xy"), "p", dice.choice(NUMBERS))
        for _ in range(400)
    ]
    condition: dict[str, object] = {"gt": 3, "lt": 60} if kind != "temporal" else {"eq": 1}
    if kind.startswith("value_"):
        condition["field"] = "size"
    correlation = {"type": kind, "rules": ["a", "b"], "group-by": "who", "timespan": "7s", "condition": condition}
    hits = hits_of(events)
    assert len(found_episodes("it", {"it": correlation}, hits)) > 5
    agree("it", {"it": correlation}, hits, dice)
