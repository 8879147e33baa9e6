"""Batches into tables, each write with a token, so that it may be repeated."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from queue import SimpleQueue

import polars as pl

from pipelines.ahead import Item, Made, ahead, one_by_one
from pipelines.arrival import Assets, Origin, arrived_rejects, arrived_rows, stored
from pipelines.batch import STORED_IN, Batch
from pipelines.exports.known import KnownExporters
from store.client import Store
from store.writes import append

_MONTHS_PER_INSERT = 60  # ClickHouse refuses an insert that touches more than 100 partitions


@dataclass(frozen=True)
class BatchWriter:
    """Writes batches with their identity, assets and scope; carries what is known of exporters from file to file.

    Attributes:
        beside: connections that nobody else uses meanwhile: as many groups are written at once, beside reading;
            without any, writing and reading take turns.
    """

    store: Store
    scope: str
    assets: Assets | None
    exporters: KnownExporters | None = None
    beside: Sequence[Store] = ()
    _free: SimpleQueue[Store] = field(default_factory=SimpleQueue, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for store in self.beside or [self.store]:
            self._free.put(store)

    def staged(self, items: Iterable[Item], write: Callable[[Item], Made]) -> Iterator[tuple[Item, Made]]:
        """Each item with what writing it gives, in order; written ahead where there are connections for that."""
        return ahead(items, write, len(self.beside)) if self.beside else one_by_one(items, write)

    def write(self, batches: Sequence[tuple[Batch, Origin]], *, token: str) -> None:
        """Put the rows and the rejects of batches into their tables, once: an insert for each table, not each batch."""
        with self._connection() as store:
            for table in dict.fromkeys(batch.table for batch, _ in batches):
                rows = [arrived_rows(batch, origin, self.assets) for batch, origin in batches if batch.table == table]
                for number, part in enumerate(_by_months(pl.concat(rows))):
                    append(store, STORED_IN[table], stored(part, table), token=f"{token}:{number}")
            rejects = pl.concat([arrived_rejects(batch, origin) for batch, origin in batches])
            append(store, "rejects", rejects, token=token)

    @contextmanager
    def _connection(self) -> Iterator[Store]:
        store = self._free.get()
        try:
            yield store
        finally:
            self._free.put(store)


def _by_months(rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    months = rows["event_time"].dt.truncate("1mo")
    distinct = months.unique().sort()
    if distinct.len() <= _MONTHS_PER_INSERT:
        yield rows
        return
    for start in range(0, distinct.len(), _MONTHS_PER_INSERT):
        yield rows.filter(months.is_in(distinct[start : start + _MONTHS_PER_INSERT].implode()))
