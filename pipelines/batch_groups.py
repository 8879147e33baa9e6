"""Batches with their names, in groups that are written at once; the same groups in every run over the same bytes."""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.batch import Batch
from pipelines.stretch import Reading

# The first group is small: until it is read, nothing can be stored beside.
_ROWS_FIRST, _ROWS_TOGETHER = 30_000, 120_000
_BYTES_TOGETHER, _BYTES_LIMIT = 32 << 20, 256 << 20  # of the file
# Every month of a group costs a part in each table that it feeds, as much processor time as some thousand rows.
_ROWS_A_MONTH = 4_000
_MONTH = 30 * 86_400_000_000  # µs; near enough to tell how many there are


@dataclass(frozen=True)
class Group:
    """Batches with their names, to be written at once, and how much of the file was read for them."""

    batches: list[tuple[str, Batch]]
    bytes_read: int


def named(batches: Iterator[Batch], reading: Reading) -> Iterator[tuple[str, Batch]]:
    """Batches with a name: the hash of what was read until each was cut, and a number where one cut gives several.

    A batch is a function of the bytes read before it, so equal names mean equal rows, in any run and although the
    file has grown in between.
    """
    last, number = "", 0
    for batch in batches:
        read_hash = reading.part.read_hash[:24]
        number = number + 1 if read_hash == last else 0
        last = read_hash
        yield f"{read_hash}-{number}", batch


def together(batches: Iterator[tuple[str, Batch]], reading: Reading) -> Iterator[Group]:
    """Batches in groups to write at once; the same groups in every run, since names and lengths are.

    Few large inserts cost much less than many small ones, but a group is in memory as a whole.
    """
    group, rows, months, begin, most = list[tuple[str, Batch]](), 0, set[int](), reading.part.bytes_read, _ROWS_FIRST
    for batch_id, batch in batches:
        group.append((batch_id, batch))
        rows += batch.rows.height + batch.rejects.height
        months.update(_months(batch.rows))
        read = reading.part.bytes_read
        enough = (rows > most or read - begin >= _BYTES_TOGETHER) and rows >= _ROWS_A_MONTH * (len(months) - 1)
        if enough or rows > _ROWS_TOGETHER or read - begin >= _BYTES_LIMIT:
            yield Group(group, read)
            group, rows, months, begin, most = [], 0, set(), read, _ROWS_TOGETHER
    if group:
        yield Group(group, reading.part.bytes_read)


def _months(rows: pl.DataFrame) -> list[int]:
    """The months that the rows happened in, as numbers of no further meaning."""
    return (rows["event_time"].drop_nulls().to_physical() // _MONTH).unique().to_list()
