"""What the tests of the sources share: a text read to its end, and one row of it."""

import io
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from pipelines.batch import LOG_EVENTS, REJECTS, SCHEMAS, Batch
from pipelines.event_classes import CLASSES
from pipelines.sources.registry import Source, source_for


def read_all(source: Source, content: bytes) -> list[Batch]:
    return [checked(batch) for batch in source.read(io.BytesIO(content))]


def checked(batch: Batch) -> Batch:
    """The batch, when it keeps what every batch promises."""
    assert batch.rows.schema == SCHEMAS[batch.table]
    assert batch.rejects.schema == REJECTS
    assert batch.rows.drop("fields").null_count().sum_horizontal().sum() == 0
    assert batch.rejects["content"].str.len_chars().max() is None or len(max(batch.rejects["content"], key=len)) <= 4096
    return batch


def events(source: Source, content: bytes) -> list[dict[str, Any]]:
    """The rows with all their fields in `fields`, whether or not their table has a column for them."""
    return [
        with_fields(row, batch.table) for batch in read_all(source, content) for row in batch.rows.iter_rows(named=True)
    ]


EVENTS = frozenset(SCHEMAS) - {"network_flows"}


def events_of(batch: Batch) -> pl.DataFrame:
    """The rows of log events with all their fields in `fields`, as `log_events` shows them."""
    rows = [with_fields(row, batch.table) for row in batch.rows.iter_rows(named=True)]
    return pl.DataFrame(rows, schema=LOG_EVENTS) if rows else LOG_EVENTS.to_frame()


def with_fields(row: dict[str, Any], table: str) -> dict[str, Any]:
    columns = CLASSES.get(table, {})
    typed = {name: row[column] for name, column in columns.items() if row[column]}
    envelope = {name: value for name, value in row.items() if name not in columns.values()}
    return {**envelope, "fields": typed | row["fields"]}


def event(source: Source, line: str) -> dict[str, Any]:
    (row,) = events(source, line.encode() + b"\n")
    return row


def database_event(source: Source, line: str) -> dict[str, Any]:
    """The row of what a database said on 1 March 2026 at ten, when its format is told from this line alone."""
    row = event(source, line)
    assert (row["category"], row["event_time"].isoformat()[:19]) == ("database", "2026-03-01T10:00:00")
    found = source_for(line.encode() + b"\n")
    assert found is not None
    assert found.NAME == source.NAME
    return row


def shown(row: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """What a row says under each name: its column, else its field, None where it has neither."""
    return {name: row[name] if name in row else row["fields"].get(name) for name in names}


def reasons(source: Source, content: bytes) -> dict[int, str]:
    rejects = pl.concat([batch.rejects for batch in read_all(source, content)]).sort("offset")
    return dict(zip(rejects["offset"], rejects["reason"], strict=True))


def offsets(batches: list[Batch]) -> Iterator[int]:
    for batch in batches:
        yield from batch.rows["source_offset"]
        yield from batch.rejects["offset"]


def rows_of(batches: list[Batch]) -> pl.DataFrame:
    return pl.concat([batch.rows for batch in batches])
