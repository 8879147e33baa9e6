"""Correlations through the pipeline: in whatever batches a stream arrives, the alerts are the oracle's episodes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import cast

import pytest
import yaml

from detectors.rule import RuleSet
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from store.client import Store
from store.migrate import migrate
from tests.detectors.correlation_oracle import Correlation, FoundEpisode, Hit, found_episodes
from tests.rules.cases import START, store_events

# Conditions that more events can only meet the more: late events never take an episode back.
GROWING: Mapping[str, Correlation] = {
    "count": {"type": "event_count", "rules": ["a"], "group-by": ["who"], "timespan": "10s", "condition": {"gte": 3}},
    "all": {"type": "event_count", "rules": ["a", "b", "c"], "timespan": "5s", "condition": {"gt": 4}},
    "values": {
        "type": "value_count",
        "rules": ["a", "b"],
        "group-by": ["who"],
        "timespan": "10s",
        "condition": {"gte": 3, "field": "size"},
    },
    "sum": {
        "type": "value_sum",
        "rules": ["a", "c"],
        "group-by": ["who", "where"],
        "timespan": "10s",
        "condition": {"gte": 4.5, "field": "size"},
    },
    "together": {"type": "temporal", "rules": ["a", "b", "c"], "group-by": ["who"], "timespan": "4s"},
    "either": {"type": "temporal", "group-by": ["who"], "timespan": "4s", "condition": "a and (b or c)"},
    "ordered": {"type": "temporal_ordered", "rules": ["a", "b", "c"], "group-by": ["who"], "timespan": "6s"},
    "aliased": {
        "type": "temporal_ordered",
        "rules": ["a", "b"],
        "group-by": ["actor"],
        "aliases": {"actor": {"a": "who", "b": "where"}},
        "timespan": "6s",
    },
    "after": {"type": "temporal_ordered", "rules": ["count", "b"], "group-by": ["who"], "timespan": "5s"},
}
# Conditions that more events may undo.
OTHERS: Mapping[str, Correlation] = {
    "range": {
        "type": "event_count",
        "rules": ["a"],
        "group-by": ["who"],
        "timespan": "9s",
        "condition": {"gte": 2, "lte": 3},
    },
    "few": {"type": "event_count", "rules": ["b"], "group-by": ["who"], "timespan": "5s", "condition": {"lt": 2}},
    "other": {"type": "event_count", "rules": ["c"], "group-by": ["where"], "timespan": "5s", "condition": {"neq": 2}},
    "mean": {
        "type": "value_avg",
        "rules": ["a", "b"],
        "group-by": ["who"],
        "timespan": "10s",
        "condition": {"gt": 1.5, "field": "size"},
    },
    "middle": {
        "type": "value_median",
        "rules": ["a", "b", "c"],
        "timespan": "10s",
        "condition": {"gte": 2, "field": "size"},
    },
    "rank": {
        "type": "value_percentile",
        "rules": ["a", "b", "c"],
        "group-by": ["who"],
        "timespan": "1m",
        "condition": {"gte": 2, "field": "size", "percentile": 75},
    },
    "without": {"type": "temporal", "group-by": ["who"], "timespan": "5s", "condition": "a and not b"},
    "between": {"type": "temporal_ordered", "group-by": ["who"], "timespan": "6s", "condition": "a and c and not b"},
    "again": {"type": "event_count", "rules": ["without"], "timespan": "1m", "condition": {"gte": 2}},
}  # fmt: skip
CORRELATIONS = {**GROWING, **OTHERS}

Event = Mapping[str, object]
Found = dict[str, set[tuple[tuple[str, ...], Fraction]]]


@pytest.fixture(scope="module")
def ruleset(tmp_path_factory: pytest.TempPathFactory) -> RuleSet:
    folder = tmp_path_factory.mktemp("rules")
    documents: list[Mapping[str, object]] = [
        {
            "title": name,
            "name": name,
            "logsource": {"product": "windows"},
            "detection": {"s": {"kinds|contains": name}, "condition": "s"},
        }
        for name in "abc"
    ]
    documents += [
        {"title": name, "name": name, "correlation": {**correlation, "generate": True}}
        for name, correlation in CORRELATIONS.items()
    ]
    (folder / "rules.yml").write_text(yaml.safe_dump_all(documents), encoding="utf-8")
    loaded = load_ruleset(folder)
    assert [check.reason for check in loaded.problems] == []
    return loaded


@pytest.fixture(scope="module")
def database() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE streams")
        store.execute("USE streams")
        migrate(store)
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE streams")


def stream(dice: Random) -> list[dict[str, object]]:
    """Events of three rules, some of several at once, in whole seconds, so that many share a moment."""
    return [
        {
            "event_id": f"e{number}",
            "product": "windows",
            "at_seconds": dice.randrange(60),
            "fields": {
                "kinds": dice.choice(["a", "a", "b", "c", "ab", "bc", "abc"]),
                "size": dice.choice(["1", "2", "0.5", "none", "", "3"]),
                **{name: value for name in ("who", "where") if (value := dice.choice(["p", "q", ""]))},
            },
        }
        for number in range(dice.randrange(5, 60))
    ]


def expected(events: Sequence[Event], name: str) -> list[FoundEpisode]:
    hits = [
        Hit(rule, Fraction(str(event["at_seconds"])), frozenset({str(event["event_id"])}), fields)
        for event in events
        for fields in [cast("Mapping[str, str]", event["fields"])]
        for rule in fields["kinds"]
    ]
    return found_episodes(name, CORRELATIONS, hits)


def alerted(store: Store, ruleset: RuleSet, batches: Sequence[Sequence[Event]]) -> Found:
    """Group and moment of every alert, by rule, when each batch is detected as it arrives."""
    for table in ("log_event_records", "ingested_batches", "judged_batches", "alert_matches"):
        store.execute(f"TRUNCATE TABLE {table}")
    for batch in batches:
        store_events(store, batch)
        assert detect(store, ruleset).unusable == []
    found: Found = {name: set() for name in CORRELATIONS}
    rows = store.rows("SELECT rule_id, matched_fields, last_seen FROM alert_matches")
    for row in rows:
        name = str(row["rule_id"])
        if name in found:
            fields = cast("Mapping[str, str]", row["matched_fields"])
            group = tuple(fields[each] for each in cast("list[str]", CORRELATIONS[name].get("group-by", [])))
            after = cast("datetime", row["last_seen"]).replace(tzinfo=UTC) - START
            found[name].add((group, Fraction(after // timedelta(microseconds=1), 1_000_000)))
    assert sum(len(each) for each in found.values()) == len([row for row in rows if row["rule_id"] in found])
    return found


def cut(events: Sequence[Event], dice: Random) -> list[list[Event]]:
    """The events in batches of any size."""
    batches, rest = [], list(events)
    while rest:
        size = dice.randint(1, len(rest))
        batches.append(rest[:size])
        rest = rest[size:]
    return batches


@pytest.mark.parametrize("seed", range(2))
def test_a_stream_that_arrives_at_once_raises_the_alerts_of_brute_force(
    seed: int, database: Store, ruleset: RuleSet
) -> None:
    events = stream(Random(seed))  # noqa: S311 - repeatable, not secret
    found = alerted(database, ruleset, [events])
    for name in CORRELATIONS:
        assert found[name] == {(each.group, each.at) for each in expected(events, name)}, name


@pytest.mark.parametrize("seed", range(2))
def test_a_stream_that_arrives_in_its_order_raises_the_same_alerts_in_any_batches(
    seed: int, database: Store, ruleset: RuleSet
) -> None:
    dice = Random(seed)  # noqa: S311 - repeatable, not secret
    events = sorted(stream(dice), key=lambda event: int(str(event["at_seconds"])))
    moments = sorted({int(str(event["at_seconds"])) for event in events})
    edges = sorted(dice.sample(moments, min(4, len(moments))))
    batches = [
        [event for event in events if low <= int(str(event["at_seconds"])) < high]
        for low, high in zip([0, *edges], [*edges, 60], strict=True)
    ]
    found = alerted(database, ruleset, [batch for batch in batches if batch])
    for name in CORRELATIONS:
        assert found[name] == {(each.group, each.at) for each in expected(events, name)}, name


@pytest.mark.parametrize("seed", range(3))
def test_late_doubled_and_shuffled_events_leave_one_alert_or_more_for_each_episode_and_none_beside(
    seed: int, database: Store, ruleset: RuleSet
) -> None:
    dice = Random(seed)  # noqa: S311 - repeatable, not secret
    events = stream(dice)
    delivered = [*events, *events[:5]]
    dice.shuffle(delivered)
    found = alerted(database, ruleset, cut(delivered, dice))
    for name in GROWING:
        episodes = expected(events, name)
        for group, at in found[name]:
            assert any(each.group == group and each.at <= at <= each.until for each in episodes), (name, group, at)
        for each in episodes:
            assert any(group == each.group and each.at <= at <= each.until for group, at in found[name]), (name, each)
