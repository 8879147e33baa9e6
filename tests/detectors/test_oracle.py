"""The engine held to the oracle: on rules and events that nobody chose, no match is missed and none is extra."""

import json
import warnings
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from evtx import PyEvtxParser
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from polars._typing import SchemaDict
from sigma.exceptions import SigmaError
from sigma.rule import SigmaRule

from detectors.backend import ClickHouseBackend, log_source_of
from detectors.errors import UnsupportedRule
from detectors.routing import Route, routes
from detectors.rule_files import read_rule_file, rule_paths
from store.client import Store
from tests.detectors.oracle import SeenEvent, matches

# Characters that SQL, LIKE, RE2, Sigma or Unicode treat in a way of their own.
ALPHABET = "aAbB%_\\'\"*?.^$()[]{}|+-/ \n\t\0éÉß中İſ"
TEXTS = st.text(alphabet=ALPHABET, max_size=6)
NAMES = st.sampled_from(["A", "B", "it's", "x.y"])
EVENTS = st.dictionaries(NAMES, TEXTS, max_size=3)
PLAIN = st.one_of(TEXTS, st.integers(-5, 5), st.booleans(), st.none())
KEYS = st.builds(
    lambda name, modifiers: name + modifiers,
    NAMES,
    st.sampled_from(["", "|contains", "|startswith", "|endswith", "|cased", "|contains|all", "|neq", "|windash"]),
)
TEXT_MODIFIERS = ("|contains", "|startswith", "|endswith", "|cased", "|windash")
DETECTIONS = st.dictionaries(KEYS, st.one_of(PLAIN, st.lists(PLAIN, min_size=1, max_size=3)), min_size=1, max_size=3)
CONDITIONS = st.sampled_from(
    ["a", "not a", "a and b", "a or b", "a and not b", "1 of them", "all of them", "not (a or b)"]
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        store.execute("CREATE DATABASE oracle")
        store.execute("USE oracle")
        store.execute("CREATE TABLE events (number UInt32, message String, fields Map(String, String)) ENGINE = Memory")
        yield store
        store.execute("USE default")
        store.execute("DROP DATABASE oracle")


def put(store: Store, events: list[Mapping[str, str]]) -> None:
    store.execute("TRUNCATE TABLE events")
    rows = [{"number": number, "message": "", "fields": dict(event)} for number, event in enumerate(events)]
    schema: SchemaDict = {"number": pl.UInt32, "message": pl.String, "fields": pl.Map(pl.String, pl.String)}
    store.insert("events", pl.DataFrame(rows, schema=schema, orient="row"))


def found(store: Store, rule: SigmaRule, route: Route) -> list[int]:
    predicate = ClickHouseBackend(placeholders={}).predicate(rule, route)
    sql = f"SELECT number FROM events WHERE ({route.where}) AND {predicate} ORDER BY number"
    return [int(str(row["number"])) for row in store.rows(sql)]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(a=DETECTIONS, b=DETECTIONS, condition=CONDITIONS, events=st.lists(EVENTS, min_size=1, max_size=6))
def test_generated_rules_match_exactly_the_events_that_the_oracle_says(
    engine: Store, a: dict[str, object], b: dict[str, object], condition: str, events: list[Mapping[str, str]]
) -> None:
    document = {
        "title": "generated",
        "logsource": {"product": "x"},
        "detection": {"a": a, "b": b, "condition": condition},
    }
    try:
        rule = SigmaRule.from_dict(document)
    except SigmaError:
        return
    put(engine, events)
    expected = [number for number, event in enumerate(events) if matches(rule, SeenEvent(event))]
    assert found(engine, rule, Route("log_events", "1", {})) == expected


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@example(text="", name="=")
@example(text="x", name="$message")
@example(text="x", name="$1); DROP TABLE log_events")
@given(text=st.text(max_size=12), name=st.text(min_size=1, max_size=6).filter(lambda name: "|" not in name))
def test_any_text_in_a_rule_stays_text(engine: Store, text: str, name: str) -> None:
    document = {
        "title": "t",
        "logsource": {"product": "x"},
        "detection": {"s": {f"{name}|contains": text}, "condition": "s"},
    }
    rule = SigmaRule.from_dict(document)
    put(engine, [{name: "other"}, {"other": "x"}])
    expected = [0] if matches(rule, SeenEvent({name: "other"})) else []
    assert found(engine, rule, Route("log_events", "1", {}))[:1] in (expected, [*expected, 1])


def windows_events(folder: Path) -> Iterator[dict[str, str]]:
    for path in sorted(folder.rglob("*.evtx")):
        records: Any = PyEvtxParser(str(path)).records_json()
        for record in islice(records, 400):
            yield flattened(json.loads(record["data"])["Event"])


def flattened(event: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    system = event["System"]
    number = system["EventID"]
    fields = {
        "EventID": str(number["#text"] if isinstance(number, dict) else number),
        "Channel": str(system.get("Channel")),
        "Computer": str(system.get("Computer")),
    }
    for section in ("EventData", "UserData"):
        for name, value in (event.get(section) or {}).items():
            if value is not None and not isinstance(value, dict | list):
                fields[name] = str(value).lower() if isinstance(value, bool) else str(value)
    return fields


def windows_rules(folder: Path) -> Iterator[SigmaRule]:
    for path in rule_paths(folder):
        for _, document in read_rule_file(path).documents:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)
                yield SigmaRule.from_dict(document)


def held(engine: Store, rules: Iterator[SigmaRule], events: list[dict[str, str]]) -> tuple[int, list[str]]:
    """How many matches there were, and the rules on which the engine and the oracle differ."""
    put(engine, list(events))
    count, different = 0, []
    for rule in rules:
        route = routes().get(log_source_of(rule))
        if route is None:
            continue
        everywhere = Route("log_events", "1", route.fields, route.expressions, route.known)
        names = dict(route.fields)
        try:
            engine_found = found(engine, rule, everywhere)
        except UnsupportedRule:
            continue
        if route.known is not None:
            names |= {name: () for leaf in [*rule_fields(rule)] if not route.supplies(name := leaf)}
        expected = [number for number, event in enumerate(events) if matches(rule, SeenEvent(event, names=names))]
        count += len(expected)
        if engine_found != expected:
            different.append(rule.title)
    return count, different


def rule_fields(rule: SigmaRule) -> set[str]:
    backend = ClickHouseBackend(placeholders={})
    backend.predicate(rule, Route("log_events", "1", {}))
    return set(backend.fields)


def test_a_sample_of_public_rules_agrees_on_real_windows_events(engine: Store, shared_data: Path) -> None:
    events = list(windows_events(shared_data / "evtx"))[::9]
    rules = islice(windows_rules(shared_data / "sigmahq" / "rules" / "windows"), 0, None, 25)
    count, different = held(engine, rules, events)
    assert different == []
    assert count > 0


@pytest.mark.slow
def test_every_public_windows_rule_agrees_on_real_windows_events(engine: Store, shared_data: Path) -> None:
    # The oracle is plain Python: every event with every rule takes it most of an hour.
    events = list(windows_events(shared_data / "evtx"))[::40]
    count, different = held(engine, windows_rules(shared_data / "sigmahq" / "rules" / "windows"), events)
    assert different == []
    assert count > 20
