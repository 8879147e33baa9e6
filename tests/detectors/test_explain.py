"""What an explanation says is what the engine does: the published cases, leaf by leaf, give the verdict they expect."""

from collections.abc import Iterator
from typing import cast

import pytest

from detectors.explain import judged, question_of
from detectors.explanation import Node
from store.client import Store
from store.scratch import scratch_store
from tests.detectors.test_conformance import ANSWERED, CASES, ConformanceCase, name
from tests.rules.cases import START, store_events


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
            for position, event in enumerate(case.events)
        ]
        store_events(db, rows)
        yield db


def tree_of(store: Store, case: ConformanceCase, event_id: str) -> Node:
    question = question_of(case.rule(), case.placeholders)
    asked = {"event": event_id, "moment": str(START.replace(tzinfo=None))}
    truths = [
        truth for statement in question.leaves for truth in cast("list[int]", store.rows(statement, asked)[0]["truths"])
    ]
    row = store.rows(question.values, asked)[0]
    texts, presents = cast("list[str]", row["texts"]), cast("list[int]", row["presents"])
    found = zip(question.fields, texts, presents, strict=True)
    return judged(question, truths, {field: text for field, text, present in found if present})


@pytest.mark.parametrize("number", ANSWERED, ids=[name(CASES[number]) for number in ANSWERED])
def test_the_tree_of_a_published_case_holds_exactly_where_the_case_says(number: int, store: Store) -> None:
    case = CASES[number]
    trees = [tree_of(store, case, f"{number}/{position}") for position in range(len(case.events))]
    assert tuple(position for position, tree in enumerate(trees) if tree.holds) == case.matches
    for tree, event in zip(trees, case.events, strict=True):
        for leaf in tree.leaves():
            # A leaf tells the value of its own field.
            assert leaf.seen == event.get(leaf.field or "_message", None if leaf.field else "")
