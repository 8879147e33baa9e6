"""Correlations one decision at a time; what holds on any stream is in `test_correlation_oracle`."""

from collections.abc import Mapping
from fractions import Fraction

import pytest

from detectors.correlation import Episode
from detectors.errors import UnsupportedRule
from tests.detectors.correlating import compiled, engine_episodes, seconds
from tests.detectors.correlation_oracle import Hit


def hit(at: float, rule: str = "a", *, event: str = "", **fields: str) -> Hit:
    return Hit(rule, Fraction(str(at)), frozenset({event or f"{rule}{at}{fields}"}), {"who": "x", **fields})


def found(hits: list[Hit], kind: str = "event_count", **changes: object) -> list[Episode]:
    correlation: dict[str, object] = {
        "type": kind, "rules": ["a"], "group-by": ["who"], "timespan": "10s", "condition": {"gte": 3}
    }  # fmt: skip
    wanted = {key.replace("_", "-"): value for key, value in changes.items()}
    given = {key: value for key, value in (correlation | wanted).items() if value is not None}
    return engine_episodes("it", {"it": given}, hits)


def begun(episodes: list[Episode]) -> list[float]:
    return [float(seconds(episode.last_time)) for episode in episodes]


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
    assert begun(found([hit(at, event=f"e{number}") for number, at in enumerate(times)])) == expected


def test_groups_are_told_apart() -> None:
    assert found([hit(0), hit(1, who="y"), hit(2)]) == []


def test_a_match_without_the_group_value_belongs_to_no_group() -> None:
    assert found([hit(n, who="") for n in range(5)]) == []


def test_without_a_group_by_all_belong_together() -> None:
    assert begun(found([hit(0), hit(1, who="y"), hit(2, who="")], group_by=None)) == [2]


def test_an_event_delivered_twice_counts_once() -> None:
    assert found([hit(0), hit(0), hit(1)]) == []


@pytest.mark.parametrize(
    ("kind", "condition", "sizes", "expected"),
    [
        pytest.param("value_count", {"gte": 3}, ["p", "p", "", "q", "r"], ("3", 4.0), id="absent values do not count"),
        pytest.param("value_sum", {"gte": 6}, ["1", "", "2", "3.5"], ("6.5", 3.0), id="what is no number adds nothing"),
        pytest.param("value_sum", {"eq": 0.3}, ["0.1", "0.1", "0.1"], ("0.3", 2.0), id="decimals add up exactly"),
        pytest.param("value_sum", {"gte": 10}, ["1e1"], ("10", 0.0), id="an exponent is read"),
        pytest.param("value_avg", {"gt": 2}, ["1", "2", "3.1"], ("2.033333333333333333333333333", 2.0), id="a mean"),
        pytest.param("value_median", {"eq": 2.5}, ["1", "2", "9", "3"], ("2.5", 3.0), id="an even median is a mean"),
        pytest.param("value_percentile", {"gte": 9, "percentile": 90}, ["1", "9.5"], None, id="between two it is less"),
        pytest.param("value_percentile", {"gte": 9, "percentile": 100}, ["1", "9.5"], ("9.5", 1.0), id="the largest"),
        pytest.param("value_percentile", {"lt": 2, "percentile": 0}, ["3", "1.5"], ("1.5", 1.0), id="the smallest"),
    ],
)
def test_values_are_measured(
    kind: str, condition: Mapping[str, object], sizes: list[str], expected: tuple[str, float] | None
) -> None:
    episodes = found(
        [hit(n, size=size) for n, size in enumerate(sizes)], kind, condition={**condition, "field": "size"}
    )
    assert [(each.count, float(seconds(each.last_time))) for each in episodes] == ([expected] if expected else [])


def test_a_mean_leaves_the_values_that_left_the_window() -> None:
    hits = [hit(0, size="1000"), hit(5, size="1"), hit(12, size="3"), hit(14, size="8")]
    condition = {"eq": 4, "field": "size"}
    assert begun(found(hits, "value_avg", condition=condition)) == [14]


def test_a_range_has_two_ends() -> None:
    assert [each.count for each in found([hit(n) for n in range(5)], condition={"gt": 1, "lte": 3})] == ["2"]
    assert begun(found([hit(0), hit(20), hit(21), hit(22)], condition={"gte": 2, "lte": 2})) == [21]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        pytest.param({"lt": 2}, [0, 30], id="few: judged where there is a match, never where there is none"),
        pytest.param({"lte": 1}, [0, 30], id="at most"),
        pytest.param({"eq": 2}, [1], id="exactly: as soon as it is so"),
        pytest.param({"neq": 1}, [1], id="another number than"),
    ],
)
def test_conditions_that_ask_for_few(condition: Mapping[str, object], expected: list[float]) -> None:
    assert begun(found([hit(0), hit(1), hit(2), hit(30)], condition=condition)) == expected


def test_temporal_wants_every_rule_in_any_order() -> None:
    rules = {"rules": ["a", "b"], "condition": None}
    assert begun(found([hit(3, "b"), hit(4, "a")], "temporal", **rules)) == [4]
    assert found([hit(3, "b"), hit(4, "b")], "temporal", **rules) == []
    assert found([hit(3, "b"), hit(14, "a")], "temporal", **rules) == []


def test_temporal_ordered_wants_the_rules_in_their_order() -> None:
    rules = {"rules": ["a", "b"], "condition": None}
    assert begun(found([hit(3, "a"), hit(4, "b")], "temporal_ordered", **rules)) == [4]
    assert found([hit(3, "b"), hit(4, "a")], "temporal_ordered", **rules) == []
    assert begun(found([hit(3, "a"), hit(3, "b")], "temporal_ordered", **rules)) == [3]


@pytest.mark.parametrize(("both", "only"), [("1", "2"), ("2", "1")])
def test_one_event_fills_one_place_of_a_sequence_whichever_events_there_are(both: str, only: str) -> None:
    rules = {"rules": ["a", "b"], "condition": None}
    assert found([hit(3, "a", event="e"), hit(3, "b", event="e")], "temporal_ordered", **rules) == []
    hits = [hit(3, "a", event=both), hit(3, "b", event=both), hit(3, "b", event=only)]
    assert begun(found(hits, "temporal_ordered", **rules)) == [3]


def test_some_of_the_rules_in_their_order_are_enough_where_the_condition_says_so() -> None:
    rules = {"rules": ["a", "b", "c"], "condition": {"gte": 2}}
    assert begun(found([hit(3, "a"), hit(4, "c")], "temporal_ordered", **rules)) == [4]
    assert found([hit(3, "c"), hit(4, "a")], "temporal_ordered", **rules) == []


@pytest.mark.parametrize(
    ("kind", "condition", "hits", "expected"),
    [
        ("temporal", "a and not b", [hit(0, "a")], [0]),
        ("temporal", "a and not b", [hit(0, "b"), hit(5, "a")], []),
        pytest.param("temporal", "a and not b", [hit(0, "a"), hit(5, "b")], [0], id="not looks back, not ahead"),
        ("temporal", "a and not b", [hit(0, "b"), hit(11, "a")], [11]),
        ("temporal", "a AND (b OR c)", [hit(0, "c"), hit(5, "a")], [5]),
        ("temporal_ordered", "a and (b or c)", [hit(0, "a"), hit(5, "c")], [5]),
        ("temporal_ordered", "a and (b or c)", [hit(0, "c"), hit(5, "a")], []),
        ("temporal_ordered", "a and c and not b", [hit(0, "a"), hit(1, "b"), hit(5, "c")], []),
        pytest.param(
            "temporal_ordered",
            "a or a and b",
            [hit(0, "a"), hit(5, "b")],
            [0],
            id="a chain has no rule it can do without",
        ),
        ("temporal_ordered", "a and c and not b", [hit(0, "b"), hit(8, "a"), hit(12, "c")], [12]),
    ],
)
def test_conditions_over_the_names_of_rules(kind: str, condition: str, hits: list[Hit], expected: list[float]) -> None:
    assert begun(found(hits, kind, rules=None, condition=condition)) == expected


def test_an_alias_names_what_each_rule_calls_otherwise() -> None:
    aliases = {"peer": {"a": "source", "b": "target"}}
    hits = [hit(0, "a", source="h"), hit(1, "b", target="h"), hit(2, "b", source="g")]
    episodes = found(hits, "temporal", rules=["a", "b"], group_by=["peer"], aliases=aliases, condition=None)
    assert [each.group for each in episodes] == [{"peer": "h"}]


FIRST = {
    "type": "event_count",
    "rules": ["a"],
    "group-by": ["who", "where"],
    "timespan": "10s",
    "condition": {"gte": 3},
}


def test_what_follows_a_long_episode_follows_its_end() -> None:
    outer = {"type": "temporal_ordered", "rules": ["many", "b"], "group-by": ["who"], "timespan": "10s"}
    hits = [*(hit(n, where="w") for n in range(100)), hit(105, "b")]
    (episode,) = engine_episodes("outer", {"many": FIRST, "outer": outer}, hits)
    assert begun([episode]) == [105]
    assert episode.group == {"who": "x"}
    assert [each.rule_id for each in episode.matches] == ["a", "a", "a", "b"]


def test_where_correlations_are_counted_an_episode_is_one() -> None:
    outer = {"type": "event_count", "rules": ["many"], "timespan": "1h", "condition": {"gte": 2}}
    once = [hit(n, where="w") for n in range(100)]
    assert engine_episodes("outer", {"many": FIRST, "outer": outer}, once) == []
    again = [*once, *(hit(200 + n, where="w") for n in range(3))]
    assert begun(engine_episodes("outer", {"many": FIRST, "outer": outer}, again)) == [202]


def test_an_episode_names_a_thousand_events_the_last_among_them() -> None:
    (episode,) = found([hit(0, event=str(n)) for n in range(1500)])
    assert (episode.count, len(episode.event_ids)) == ("1500", 1000)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rules": ["a", "a"]}, "more than once"),
        ({"timespan": "101y"}, "longer than 100 years"),
        ({"condition": {"gt": 3, "lt": 3}}, "within the bounds"),
        ({"condition": {"gte": 3, "lt": "x"}}, "no number"),
        ({"type": "value_percentile", "condition": {"gte": 3, "field": "f"}}, "needs the percentile"),
        ({"type": "value_percentile", "condition": {"gte": 3, "field": "f", "percentile": 101}}, "between 0 and 100"),
        ({"type": "value_sum", "condition": {"gte": 3, "field": ["f", "g"]}}, "one field"),
        ({"type": "temporal", "condition": "a and not a"}, "contradicts itself"),
        ({"type": "temporal", "condition": "not a"}, "contradicts itself"),
        ({"type": "temporal_ordered", "condition": "a and not a"}, "contradicts itself"),
        ({"type": "temporal", "condition": "a and b"}, "not among its rules"),
        ({"type": "temporal", "rules": ["a", "b"], "condition": "a"}, "does not name b"),
        ({"type": "temporal", "condition": "(a"}, "not closed"),
        ({"type": "temporal", "condition": "a a"}, "where 'and' or 'or' may stand"),
        ({"type": "temporal", "condition": "a and"}, "ends where"),
        ({"type": "temporal", "condition": "not " * 30 + "a"}, "nested too deeply"),
        ({"type": "temporal", "condition": " or ".join(["a"] * 300)}, "more than 500 words"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_reason(changes: Mapping[str, object], reason: str) -> None:
    correlation = {"type": "event_count", "rules": ["a"], "timespan": "10s", "condition": {"gte": 3}}
    with pytest.raises(UnsupportedRule, match=reason):
        compiled("it", {**correlation, **changes})


def test_a_condition_with_too_many_alternatives_is_refused() -> None:
    condition = " and ".join(f"(a{n} or b{n})" for n in range(7))
    with pytest.raises(UnsupportedRule, match="more than 64 alternatives"):
        compiled("it", {"type": "temporal_ordered", "timespan": "10s", "condition": condition})
