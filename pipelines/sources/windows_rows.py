"""Rows of Windows events gathered into batches, with the times read by the column."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import frame_of, rejected, rejects_of
from pipelines.sources.times import utc_times
from pipelines.sources.windows_event import windows_row

_BATCH_ROWS = 20_000


@dataclass(frozen=True)
class WindowsEvent:
    """One event: where it stood, when it happened as text, its fields, and the text it was read from."""

    offset: int
    time: str
    fields: dict[str, str]
    text: str


@dataclass(frozen=True)
class Reject:
    """One piece that is no event."""

    offset: int
    reason: str
    content: str


def windows_batches(found: Iterable[WindowsEvent | Reject]) -> Iterator[Batch]:
    """Batches of up to 20,000 events."""
    events, rejects = list[WindowsEvent](), list[Reject]()
    for item in found:
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            events.append(item)
        if len(events) + len(rejects) >= _BATCH_ROWS:
            yield windows_batch(events, rejects)
            events, rejects = [], []
    if events or rejects:
        yield windows_batch(events, rejects)


def windows_batch(events: list[WindowsEvent], rejects: list[Reject]) -> Batch:
    """One batch; an event without a readable time is a reject."""
    times = utc_times(pl.Series([event.time for event in events], dtype=pl.String))
    rows = frame_of([windows_row(event.offset, event.fields, event.text) for event in events], "log_events")
    rows = rows.with_columns(times.alias("event_time"))
    untimed = rows.filter(times.is_null()).select(
        pl.col("source_offset").alias("offset"), pl.col("message").alias("text")
    )
    unread = rejects_of([(reject.offset, reject.reason, reject.content) for reject in rejects])
    lost = rejected(untimed, "no time: the event has no TimeCreated that is a point in time")
    return Batch("log_events", rows.filter(times.is_not_null()), pl.concat([unread, lost]))
