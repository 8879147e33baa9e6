"""A correlation as one statement: the moments it gives are those at which brute force finds it met."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from random import Random
from typing import cast

import pytest
import yaml
from sigma.collection import SigmaCollection
from sigma.exceptions import SigmaError

from detectors.backend import ClickHouseBackend
from detectors.pysigma_document import for_pysigma
from store.client import Store
from store.errors import QueryFailed
from store.migrate import migrate
from tests.detectors.correlation_oracle import Correlation, Hit, met_moments
from tests.rules.cases import START, store_events

COUNTED: Mapping[str, Correlation] = {
    "count": {"type": "event_count", "rules": ["a"], "group-by": ["who"], "timespan": "10s", "condition": {"gte": 3}},
    "few": {"type": "event_count", "rules": ["a", "b"], "timespan": "2s", "condition": {"lt": 2.5}},
    "range": {"type": "event_count", "rules": ["a", "b"], "timespan": "9s", "condition": {"gt": 2, "lte": 4}},
    "hour": {"type": "event_count", "rules": ["a", "b", "c"], "timespan": "1h", "condition": {"gte": 6}},
    "month": {"type": "value_sum", "rules": ["a"], "timespan": "1M", "condition": {"gte": 2, "field": "size"}},
}
MEASURED: Mapping[str, Correlation] = {
    kind: {
        "type": kind,
        "rules": ["a", "b", "c"],
        "group-by": ["who"],
        "timespan": "10s",
        "condition": {"gt": 1.5, "field": "size", **({"percentile": 99.9} if kind == "value_percentile" else {})},
    }
    for kind in ("value_count", "value_sum", "value_avg", "value_median", "value_percentile")
}
TOGETHER: Mapping[str, Correlation] = {
    "all": {"type": "temporal", "rules": ["a", "b", "c"], "group-by": ["who"], "timespan": "6s"},
    "some": {"type": "temporal", "rules": ["a", "b", "c"], "timespan": "3s", "condition": {"eq": 2}},
    "words": {"type": "temporal", "rules": ["a", "b", "c"], "timespan": "5s", "condition": "a and (b or not c)"},
    "ordered": {"type": "temporal_ordered", "rules": ["a", "b", "c"], "group-by": ["who"], "timespan": "6s"},
    "ungrouped": {"type": "temporal_ordered", "rules": ["b", "a"], "timespan": "3s", "condition": "a and b"},
    "aliased": {
        "type": "temporal_ordered",
        "rules": ["a", "b"],
        "group-by": ["actor"],
        "aliases": {"actor": {"a": "who", "b": "where"}},
        "timespan": "6s",
    },
    "after": {"type": "temporal_ordered", "rules": ["count", "b"], "group-by": ["who"], "timespan": "5s"},
}
CORRELATIONS = {**COUNTED, **MEASURED, **TOGETHER}
LONG = {"hour": 600, "month": 400_000}


@pytest.fixture(scope="module")
def engine() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE correlation_sql")
        store.execute("USE correlation_sql")
        migrate(store)
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE correlation_sql")


def statement(name: str, correlations: Mapping[str, Correlation] = CORRELATIONS) -> str:
    rules: list[dict[str, object]] = [
        {
            "title": each,
            "name": each,
            "logsource": {"product": "windows"},
            "detection": {"s": {"kinds|contains": each}, "condition": "s"},
        }
        for each in "abc"
    ]
    wanted = {"count", name} if name == "after" else {name}
    rules += [
        for_pysigma({"title": each, "name": each, "correlation": dict(correlations[each])}) for each in sorted(wanted)
    ]
    rules.sort(key=lambda rule: rule["title"] == name)
    return str(ClickHouseBackend().convert(SigmaCollection.from_yaml(yaml.safe_dump_all(rules)))[-1])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CORRELATIONS)
def test_the_statement_gives_the_moments_of_brute_force(engine: Store, name: str, seed: int) -> None:
    dice = Random(f"{name}{seed}")  # noqa: S311 - repeatable, not secret
    stretch = LONG.get(name, 1)
    events: list[dict[str, object]] = [
        {
            "event_id": f"e{number}",
            "product": "windows",
            "at_seconds": f"{dice.randrange(20) * stretch + dice.choice([0, 0, 0.000001, 0.5])}",
            "fields": {
                "kinds": dice.choice(["a", "b", "c", "ab", "abc"]),
                "who": dice.choice(["p", "q"]),
                "where": dice.choice(["p", "q", ""]),
                "size": dice.choice(["1", "2", "0.1", ".7", "none", "", "-3"]),
            },
        }
        for number in range(dice.randrange(5, 30))
    ]
    for table in ("log_event_records", "ingested_batches"):
        engine.execute(f"TRUNCATE TABLE {table}")
    store_events(engine, [*events, *events[:3]])
    hits = [
        Hit(rule, micros(float(str(event["at_seconds"]))), frozenset({str(event["event_id"])}), fields)
        for event in events
        for fields in [cast("Mapping[str, str]", event["fields"])]
        for rule in fields["kinds"]
    ]
    keys = len(cast("list[str]", CORRELATIONS[name].get("group-by", [])))
    found = {
        (tuple(str(row[f"key_{number}"]) for number in range(1, keys + 1)), after(row["event_time"]))
        for row in engine.rows(statement(name))
    }
    assert found == met_moments(name, CORRELATIONS, hits)


def micros(seconds: float) -> Fraction:
    return Fraction(round(seconds * 1_000_000), 1_000_000)


def after(time: object) -> Fraction:
    difference = cast("datetime", time).replace(tzinfo=UTC) - START
    return Fraction(difference // timedelta(microseconds=1), 1_000_000)


def test_a_number_that_a_statement_cannot_add_exactly_ends_it(engine: Store) -> None:
    engine.execute("TRUNCATE TABLE log_event_records")
    store_events(engine, [{"product": "windows", "fields": {"kinds": "a", "who": "p", "size": "1e-30"}}])
    with pytest.raises(QueryFailed, match="too many digits"):
        engine.rows(statement("value_sum"))


@pytest.mark.parametrize(
    ("correlation", "reason"),
    [
        ({"type": "temporal_ordered", "rules": ["a", "b"], "condition": "a and not b"}, "chains of all the rules"),
        ({"type": "temporal_ordered", "rules": ["a", "b", "c"], "condition": {"gte": 2}}, "chains of all the rules"),
        ({"type": "event_count", "rules": ["count"], "condition": {"gte": 2}}, "count the episodes"),
        (
            {"type": "value_percentile", "rules": ["a"], "condition": {"gte": 2, "field": "size"}},
            "needs the percentile",
        ),
    ],
)
def test_what_a_statement_cannot_say_exactly_is_refused(correlation: Correlation, reason: str) -> None:
    correlations = {"count": COUNTED["count"], "after": {**correlation, "timespan": "5s"}}
    with pytest.raises(SigmaError, match=reason):
        statement("after", correlations)
