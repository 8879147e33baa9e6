"""Batches are judged in their order, in rounds that fit into memory, and a new rule set begins with few."""

import pytest

from pipelines.unjudged import MOST_EVENTS, Unjudged, events_of, is_new, mark_judged, rounds, unjudged
from store.client import Store
from tests.rules.cases import store_events


@pytest.mark.parametrize(
    ("events", "new", "expected"),
    [
        ([], False, []),
        ([5], False, [1]),
        ([5, 5, 5], False, [3]),
        ([MOST_EVENTS, 1], False, [1, 1]),
        ([MOST_EVENTS + 1, 1], False, [1, 1]),
        ([MOST_EVENTS // 2] * 4, False, [2, 2]),
        ([8_000, 8_000, 8_000], True, [1, 2]),
        ([50_000, 8_000, 8_000], True, [1, 2]),
        ([1] * 2_001, False, [2_000, 1]),
    ],
)
def test_rounds_keep_order_and_stay_under_the_limit(events: list[int], new: bool, expected: list[int]) -> None:
    waiting = [Unjudged(str(number), count) for number, count in enumerate(events)]
    found = list(rounds(waiting, new=new))
    assert [len(each) for each in found] == expected
    assert [batch for each in found for batch in each] == waiting


def test_a_batch_waits_until_this_rule_set_has_judged_it(store: Store) -> None:
    store_events(store, [{"product": "linux", "message": "x"}], batch_id="one")
    store_events(store, [{"product": "linux", "message": "y"}] * 2, batch_id="two")
    waiting = unjudged(store, "a")
    assert (events_of(waiting), is_new(store, "a")) == (3, True)
    mark_judged(store, "a", waiting[:1])
    assert [batch.batch_id for batch in unjudged(store, "a")] == [waiting[1].batch_id]
    assert (is_new(store, "a"), is_new(store, "b")) == (False, True)
    assert events_of(unjudged(store, "b")) == 3
