"""How many batches are written at once: the first soon, the others in large groups, larger where months are many."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pytest

from pipelines.batch import Batch
from pipelines.ingest import ingest
from pipelines.report import Progress
from pipelines.sources.columns import complete
from store.client import Store

_ROWS, _BATCHES = 20_000, 7


@dataclass(frozen=True)
class Spread:
    """Seven batches of events whose times go round so many months."""

    months: int
    NAME = "spread"

    def recognises(self, head: bytes) -> bool:
        return bool(head)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        stream.read()
        moments = [datetime(2020, 1, 15, tzinfo=UTC) + timedelta(days=30.5 * month) for month in range(self.months)]
        for number in range(_BATCHES):
            place = pl.int_range(number * _ROWS, (number + 1) * _ROWS, eager=True, dtype=pl.UInt64)
            times = pl.Series(moments).dt.cast_time_unit("us").gather(place % self.months)
            rows = pl.DataFrame({"source_offset": place, "event_time": times, "message": place.cast(pl.String)})
            yield Batch("log_events", complete(rows, "log_events"))


@pytest.mark.parametrize(("months", "groups"), [(1, [40_000, 140_000]), (40, [140_000])])
def test_batches_are_written_in_groups(store: Store, tmp_path: Path, months: int, groups: list[int]) -> None:
    path, told = tmp_path / "spread", list[Progress]()
    path.write_text("anything")
    report = ingest([path], store, scope="fuzhou", progress=told.append, sources=[Spread(months)])
    assert (report.rows, [each.rows for each in told]) == (_ROWS * _BATCHES, groups)
    found = store.rows(
        "SELECT count() AS rows, uniqExact(event_id) AS ids, uniqExact(message) AS texts FROM log_events"
    )
    assert found == [{"rows": report.rows, "ids": report.rows, "texts": report.rows}]
    assert store.value("SELECT sum(events) FROM log_activity") == report.rows
