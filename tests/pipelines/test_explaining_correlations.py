"""Why a correlation is met around an event or is not: which rules the event matches, and what was counted with it."""

from collections.abc import Iterator
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


def test_the_condition_is_told_in_words(store: Store, tmp_path: Path) -> None:
    explanation = told(store, content_of(tmp_path, FAILED, PASSED, MANY, BROKEN_IN), "Many", "a1")
    assert explanation.condition == "event_count >= 3 over 'Failed' within 60 s, by src_ip"
