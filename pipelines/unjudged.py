"""Which batches a rule set has not judged: detection follows what arrived, however old its events are."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from store.client import Store
from store.writes import append

# Batches are judged together up to so many events, which bounds memory and what a repeated run repeats; many enough
# that what is done once a round does not count.
MOST_EVENTS = 100_000
# A rule set that has judged nothing yet begins with so many: whoever made it hears of it soon.
_FIRST_EVENTS = 10_000
# Their ids stand in statements, which ClickHouse by default reads up to 256 KiB.
_MOST_BATCHES = 2_000

_UNJUDGED = """
SELECT
    batch_id,
    max(ingested_batches.rows) AS events
FROM ingested_batches
WHERE batch_id NOT IN (SELECT batch_id FROM judged_batches WHERE ruleset_id = {ruleset:String})
GROUP BY batch_id
ORDER BY min(committed_at), batch_id
"""
_JUDGED = "SELECT count() FROM judged_batches WHERE ruleset_id = {ruleset:String}"


@dataclass(frozen=True)
class Unjudged:
    """A batch that a rule set has not judged."""

    batch_id: str
    events: int


def unjudged(store: Store, ruleset_id: str) -> list[Unjudged]:
    """Every batch that this rule set has not judged, in order of arrival."""
    rows = store.rows(_UNJUDGED, {"ruleset": ruleset_id})
    return [Unjudged(str(row["batch_id"]), int(str(row["events"]))) for row in rows]


def is_new(store: Store, ruleset_id: str) -> bool:
    """Whether this rule set has judged nothing yet."""
    return not store.value(_JUDGED, {"ruleset": ruleset_id})


def rounds(waiting: Sequence[Unjudged], *, new: bool = False) -> Iterator[list[Unjudged]]:
    """The batches in their order, as many at a time as stay under the limit, and few at first for a new rule set."""
    together: list[Unjudged] = []
    most = _FIRST_EVENTS if new else MOST_EVENTS
    for batch in waiting:
        full = len(together) == _MOST_BATCHES or events_of(together) + batch.events > most
        if together and full:
            yield together
            together, most = [], MOST_EVENTS
        together.append(batch)
    if together:
        yield together


def events_of(batches: Sequence[Unjudged]) -> int:
    """How many events they hold together."""
    return sum(batch.events for batch in batches)


def mark_judged(store: Store, ruleset_id: str, batches: Sequence[Unjudged]) -> None:
    """Write down that a rule set has judged these batches.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    ids = [batch.batch_id for batch in batches]
    rows = pl.DataFrame({"ruleset_id": [ruleset_id] * len(ids), "batch_id": ids})
    token = hashlib.sha256("\n".join([ruleset_id, *ids]).encode()).hexdigest()
    append(store, "judged_batches", rows, token=token)
