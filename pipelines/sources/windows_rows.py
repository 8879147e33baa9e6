"""Rows of Windows events gathered into batches, with everything that can be read by the column."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected, rejects_of
from pipelines.sources.field_columns import FieldsOfRows
from pipelines.sources.times import utc_times
from pipelines.sources.windows_event import with_unnamed
from pipelines.sources.windows_frame import windows_frame

BATCH_ROWS = 20_000


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


@dataclass
class Gathered:
    """Events and rejects met so far, the events as columns in the making.

    Attributes:
        fields: of the events; whoever takes an event's fields itself calls `place` for the rest of it.
    """

    fields: FieldsOfRows = field(default_factory=FieldsOfRows)
    _offsets: list[int] = field(default_factory=list)
    _times: list[str] = field(default_factory=list)
    _texts: list[str] = field(default_factory=list)
    _rejects: list[tuple[int, str, str]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._offsets) + len(self._rejects)

    @property
    def full(self) -> bool:
        """Whether it holds as much as a batch should."""
        return len(self) >= BATCH_ROWS

    def add(self, found: WindowsEvent | Reject) -> None:
        """Take an event with its fields, or a reject."""
        if isinstance(found, Reject):
            self._rejects.append((found.offset, found.reason, found.content))
            return
        self.fields.add(with_unnamed(found.fields))
        self.place(found.offset, found.time, found.text)

    def place(self, offset: int, time: str, text: str) -> None:
        """Take where the event stood whose fields were taken last, when it happened, and what it was read from."""
        self._offsets.append(offset)
        self._times.append(time)
        self._texts.append(text)

    def batch(self) -> Batch:
        """One batch; an event without a readable time is a reject."""
        times = utc_times(pl.Series(self._times, dtype=pl.String))
        texts = pl.Series("text", self._texts, pl.String)
        rows = windows_frame(self._offsets, times, texts, self.fields.table())
        timed = rows["event_time"].is_not_null()
        untimed = rows.filter(~timed).select(pl.col("source_offset").alias("offset"), pl.col("message").alias("text"))
        lost = rejected(untimed, "no time: the event has no TimeCreated that is a point in time")
        return Batch("log_events", rows.filter(timed), pl.concat([rejects_of(self._rejects), lost]))


def windows_batches(found: Iterable[WindowsEvent | Reject]) -> Iterator[Batch]:
    """Batches of up to 20,000 events."""
    gathered = Gathered()
    for item in found:
        gathered.add(item)
        if gathered.full:
            yield gathered.batch()
            gathered = Gathered()
    if len(gathered):
        yield gathered.batch()
