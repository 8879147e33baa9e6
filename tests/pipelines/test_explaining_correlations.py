"""Why a correlation is met around an event or is not: which rules the event matches, and what was counted with it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from detectors.explain_correlation import CorrelationExplanation
from detectors.rule_choice import chosen_rule
from pipelines.content import Content
from pipelines.explaining_correlations import explain_rule
from store.client import Store
from store.migrate import migrate
from tests.pipelines.test_explaining import content_of
from tests.rules.cases import store_events

FAILED = """title: Failed
id: 5f1c1c0e-0000-4000-8000-000000000001
name: failed
logsource: {product: linux, service: sshd}
detection:
  s: {action: login, outcome: failure}
  condition: s
"""
PASSED = (
    FAILED.replace("Failed", "Passed").replace("0001", "0002").replace("failed", "passed").replace("failure", "success")
)
MANY = """title: Many
id: 5f1c1c0e-0000-4000-8000-000000000003
name: many
correlation:
  type: event_count
  rules: [failed]
  group-by: [src_ip]
  timespan: 1m
  condition: {gte: 3}
"""
BROKEN_IN = """title: Broken in
id: 5f1c1c0e-0000-4000-8000-000000000004
correlation:
  type: temporal_ordered
  rules: [many, passed]
  group-by: [src_ip]
  timespan: 5m
"""


def login(event_id: str, at: int, outcome: str = "failure", source: str = "192.0.2.1") -> dict[str, object]:
    event = {"product": "linux", "service": "sshd", "action": "login", "outcome": outcome, "source_ip": source}
    return {**event, "event_id": event_id, "at_seconds": at}


EVENTS = [
    login("a1", 0),
    login("a2", 10),
    login("a3", 20),
    login("a4", 70),
    login("a5", 90, "success"),
    login("b1", 15, source="192.0.2.2"),
    login("n1", 15, source=""),
    login("a9", 4000),
    login("a8", 5000, "success"),
    {**login("t1", 9000, source="192.0.2.3"), "fields": {"tries": "1"}},
    {**login("t2", 9001, source="192.0.2.3"), "fields": {"tries": "2.5"}},
    {**login("t3", 9002, source="192.0.2.3"), "fields": {"tries": "many"}},
]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store.connect("chdb://memory") as db:
        db.execute("CREATE DATABASE explaining_correlations")
        db.execute("USE explaining_correlations")
        migrate(db)
        store_events(db, EVENTS)
        yield db
        db.execute("USE default")
        db.execute("DROP DATABASE explaining_correlations")


def told(store: Store, content: Content, asked: str, event_id: str) -> CorrelationExplanation:
    explanation = explain_rule(store, content, chosen_rule(content.ruleset, asked).id, event_id)
    assert isinstance(explanation, CorrelationExplanation)
    return explanation


@pytest.mark.parametrize(
    ("rule", "event", "matches", "counted", "reason"),
    [
        ("Many", "a1", True, ["a1", "a2", "a3", "a4"], "counted 3"),
        ("Many", "a3", True, ["a1", "a2", "a3", "a4"], "counted 3"),
        ("Many", "a4", True, ["a1", "a2", "a3", "a4"], "counted 3"),
        ("Many", "a9", False, ["a9"], "matches counted: 1"),
        ("Many", "b1", False, ["b1"], "not met"),
        ("Many", "n1", False, [], "lacks a value"),
        ("Many", "a5", False, [], "matches none of the rules"),
        ("Broken in", "a5", True, ["a3", "a5"], "condition is met"),
        ("Broken in", "a2", True, ["a3", "a5"], "condition is met"),
        ("Broken in", "a8", False, ["a8"], "not met"),
    ],
)
def test_a_correlation_tells_what_it_counted(
    rule: str, event: str, matches: bool, counted: list[str], reason: str, store: Store, tmp_path: Path
) -> None:
    explanation = told(store, content_of(tmp_path, FAILED, PASSED, MANY, BROKEN_IN), rule, event)
    assert explanation.matches is matches
    assert [each.event_ids[-1] for each in explanation.counted] == counted
    assert reason in explanation.reason


def test_it_tells_which_of_its_rules_the_event_matches(store: Store, tmp_path: Path) -> None:
    explanation = told(store, content_of(tmp_path, FAILED, PASSED, MANY, BROKEN_IN), "Broken in", "a5")
    assert {base.rule.title: base.matches for base in explanation.bases} == {"Failed": False, "Passed": True}
    assert [(each.title, each.is_event) for each in explanation.counted] == [("Many", False), ("Passed", True)]


def test_a_match_without_a_number_takes_no_part_in_a_sum(store: Store, tmp_path: Path) -> None:
    asks = "{type: value_sum, rules: [failed], group-by: [src_ip], timespan: 1m, condition: {gte: 3, field: tries}}"
    summed = f"title: Sum\nid: 5f1c1c0e-0000-4000-8000-000000000009\ncorrelation: {asks}\n"
    content = content_of(tmp_path, FAILED, summed)
    found = told(store, content, "Sum", "t1")
    assert ([each.event_ids for each in found.counted], found.matches) == ([("t1",), ("t2",)], True)
    assert found.reason == "the condition is met: counted 3.5"
    left_out = told(store, content, "Sum", "t3")
    assert not left_out.matches
    assert "lacks a value" in left_out.reason


def test_an_inner_correlation_that_goes_on_is_one_match_that_lasts(store: Store, tmp_path: Path) -> None:
    found = told(store, content_of(tmp_path, FAILED, PASSED, MANY, BROKEN_IN), "Broken in", "a5")
    inner = found.counted[0]
    assert (inner.until - inner.time, inner.event_ids) == (timedelta(seconds=50), ("a1", "a2", "a3"))


@pytest.mark.parametrize(
    ("asks", "text"),
    [
        ("value_sum, rules: [failed], condition: {gte: 1.5, lte: 3, field: n}", "value_sum <= 3 and >= 1.5 of n over"),
        ("value_median, rules: [failed], condition: {lt: 2, field: n}", "value_median < 2 of n over 'Failed' within"),
        (
            "value_percentile, rules: [failed], condition: {gt: 2, field: n, percentile: 95}",
            "value_percentile 95 > 2 of n over 'Failed' within 60 s",
        ),
        (
            "temporal, condition: failed and not passed or passed",
            "temporal: (('Failed' and not 'Passed') or 'Passed') within 60 s",
        ),
        ("temporal_ordered, rules: [failed, passed]", "temporal_ordered >= 2 over 'Failed', 'Passed' within 60 s"),
    ],
)
def test_every_form_of_a_condition_is_told_in_words(asks: str, text: str, store: Store, tmp_path: Path) -> None:
    rule = f"title: It\nid: 5f1c1c0e-0000-4000-8000-000000000009\ncorrelation: {{timespan: 1m, type: {asks}}}\n"
    assert text in told(store, content_of(tmp_path, FAILED, PASSED, rule), "It", "a1").condition


def test_the_condition_is_told_in_words(store: Store, tmp_path: Path) -> None:
    explanation = told(store, content_of(tmp_path, FAILED, PASSED, MANY, BROKEN_IN), "Many", "a1")
    assert explanation.condition == "event_count >= 3 over 'Failed' within 60 s, by src_ip"
