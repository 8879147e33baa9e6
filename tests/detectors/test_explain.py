"""What an explanation says is what the engine does: the published cases, leaf by leaf, give the verdict they expect."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
import yaml
from sigma.rule import SigmaRule

from detectors.explain import Node, judged, question_of
from store.client import Store
from store.scratch import scratch_store
from tests.rules.cases import START, store_events

FOLDER = Path(__file__).parent / "conformance"

Case = Mapping[str, object]


def published() -> list[Case]:
    """The cases of one rule over single events."""
    found = [case for path in sorted(FOLDER.glob("*.yml")) for case in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return [case for case in found if {"detection", "events", "matches"} <= case.keys()]


CASES = published()


def events_of(case: Case) -> list[dict[str, str]]:
    return [{str(k): str(v) for k, v in event.items()} for event in cast("list[dict[object, object]]", case["events"])]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with scratch_store() as db:
        rows = [
            {
                "product": "windows",
                "event_id": f"{number}/{position}",
                "message": event.get("_message", ""),
                "fields": {key: value for key, value in event.items() if key != "_message"},
            }
            for number, case in enumerate(CASES)
            for position, event in enumerate(events_of(case))
        ]
        store_events(db, rows)
        yield db


def tree_of(store: Store, rule: SigmaRule, event_id: str) -> Node:
    question = question_of(rule, {})
    asked = {"event": event_id, "moment": str(START.replace(tzinfo=None))}
    truths = [
        truth for statement in question.leaves for truth in cast("list[int]", store.rows(statement, asked)[0]["truths"])
    ]
    row = store.rows(question.values, asked)[0]
    texts, presents = cast("list[str]", row["texts"]), cast("list[int]", row["presents"])
    found = zip(question.fields, texts, presents, strict=True)
    return judged(question, truths, {name: text for name, text, present in found if present})


@pytest.mark.parametrize("number", range(len(CASES)), ids=[str(case["why"]) for case in CASES])
def test_the_tree_of_a_published_case_holds_exactly_where_the_case_says(number: int, store: Store) -> None:
    case = CASES[number]
    detection = dict(cast("dict[str, object]", case["detection"]))
    rule = SigmaRule.from_dict({"title": "case", "logsource": {"product": "windows"}, "detection": detection})
    events = events_of(case)
    holds = [position for position in range(len(events)) if tree_of(store, rule, f"{number}/{position}").holds]
    assert holds == case["matches"]


def test_a_leaf_tells_the_value_of_its_own_field(store: Store) -> None:
    for number, case in enumerate(CASES):
        detection = dict(cast("dict[str, object]", case["detection"]))
        rule = SigmaRule.from_dict({"title": "case", "logsource": {"product": "windows"}, "detection": detection})
        for position, event in enumerate(events_of(case)):
            for leaf in tree_of(store, rule, f"{number}/{position}").leaves():
                assert leaf.seen == event.get(leaf.field or "_message", None if leaf.field else "")
