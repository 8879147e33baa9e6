"""Why a correlation matched, in few words: which values are kept where there are many."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from detectors.correlation import Episode
from detectors.correlation_match import Match
from detectors.rule import RuleHead
from pipelines.grounds import Grounds, Seen

HEAD = RuleHead("a", "1", "Rule A", Path("a.yml"), title_zh="规则甲")
OTHER = RuleHead("b", "1", "Rule B", Path("b.yml"))
NOW = datetime(2026, 3, 2, tzinfo=UTC)


def _rule(values: list[str]) -> dict[str, Any]:
    """What the grounds tell of the one rule that saw these values, one an event."""
    ids = [f"e{number}" for number in range(len(values))]
    seen: Seen = {event_id: {"user": value} for event_id, value in zip(ids, values, strict=True)}
    matches = tuple(Match("a", NOW, (event_id,)) for event_id in ids)
    episode = Episode("c", {"host": "app-1"}, str(len(ids)), matches, NOW, NOW, NOW)
    (rule,) = json.loads(Grounds([], [(HEAD, seen), (OTHER, {})]).of(episode))["rules"]
    return dict(rule)


def test_the_most_frequent_values_come_first_and_the_rest_are_counted() -> None:
    rule = _rule([*(f"user-{number}" for number in range(30)), "root", "root"])
    assert rule["seen"]["user"]["values"][0] == ["root", 2]
    assert len(rule["seen"]["user"]["values"]) == 20
    assert rule["seen"]["user"]["others"] == 11


def test_a_rule_that_saw_nothing_in_the_evidence_is_not_named() -> None:
    rule = _rule(["root"])
    assert (rule["title"], rule["title_zh"], rule["events"]) == ("Rule A", "规则甲", [0])
