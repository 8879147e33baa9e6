"""Detection over rules and events that nobody here wrote: the alerts are what every rule's own predicate says."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pytest

from detectors.placeholders import default_placeholders
from detectors.rule import CompiledRule
from detectors.ruleset import load_ruleset
from pipelines.detect import detect
from pipelines.ingest import ingest
from store.client import Store

TOGETHER = 60


def said_by_predicates(store: Store, rules: Sequence[CompiledRule]) -> dict[str, set[str]]:
    """Rule to the events that its predicate is true of, without any screen."""
    found: dict[str, set[str]] = defaultdict(set)
    for chunk in chunks(rules):
        tests = (f"if(({rule.where}) AND {rule.predicate}, {number}, 0)" for number, rule in enumerate(chunk, start=1))
        hits = f"arrayFilter(hit -> hit > 0, [{', '.join(tests)}])"
        for row in store.rows(f"SELECT event_id, {hits} AS hits FROM log_events WHERE notEmpty(hits)"):
            for hit in row["hits"]:  # type: ignore[attr-defined]  # an array of numbers
                found[chunk[hit - 1].head.id].add(str(row["event_id"]))
    return found


def chunks(rules: Sequence[CompiledRule]) -> Iterator[list[CompiledRule]]:
    # The engine inside a process reads statements of 256 KiB at most: a long predicate is asked alone.
    short = iter([rule for rule in rules if len(rule.predicate) < 4_000])
    while chunk := list(islice(short, TOGETHER)):
        yield chunk
    yield from ([rule] for rule in rules if len(rule.predicate) >= 4_000)


@pytest.mark.slow
def test_alerts_on_real_windows_events_are_what_the_predicates_say(store: Store, shared_data: Path) -> None:
    ingest([shared_data / "evtx"], store, scope="fuzhou")
    ruleset = load_ruleset(shared_data / "sigmahq", placeholders=default_placeholders())
    report = detect(store, ruleset)
    alerts: dict[str, set[str]] = defaultdict(set)
    for row in store.rows("SELECT rule_id, event_ids[1] AS event_id FROM alert_matches WHERE length(event_ids) = 1"):
        alerts[str(row["rule_id"])].add(str(row["event_id"]))
    expected = said_by_predicates(store, [rule for rule in ruleset.rules if rule.table == "log_events" and rule.alerts])
    failed = {each["id"] for each in report.unusable if "query failed" in each["reason"]}
    assert failed == set()
    assert {
        key: alerts[key] ^ expected[key] for key in alerts.keys() | expected.keys() if alerts[key] != expected[key]
    } == {}
    assert sum(map(len, expected.values())) > 1_000
