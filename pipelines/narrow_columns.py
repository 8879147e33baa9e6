"""Columns of Parquet files that hold no identifier by their type, yet help to rebuild one: dates and small numbers."""

from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.pieces import BATCH_ROWS

_MAGIC = b"PAR1"


def narrow_frames(path: Path) -> Iterator[pl.DataFrame]:
    """Dates and small whole numbers of a Parquet file as text, in the pieces in which the file is read.

    Endless and empty for every other file, and where they cannot be read.
    """
    try:
        with path.open("rb") as raw:
            is_parquet = raw.read(4) == _MAGIC
        if is_parquet:
            yield from _frames(path)
    except (OSError, pa.ArrowException, pl.exceptions.PolarsError, NotImplementedError, ValueError):
        pass  # who reads the file itself says what is wrong with it
    yield from repeat(pl.DataFrame())


def _frames(path: Path) -> Iterator[pl.DataFrame]:
    with pq.ParquetFile(path) as table:
        names = [field.name for field in table.schema_arrow if _is_narrow(field.type)]
        if not names:
            return
        for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=names):
            frame = pl.from_arrow(pa.Table.from_batches([batch]))
            if isinstance(frame, pl.DataFrame):
                yield frame.select(pl.col(name).cast(pl.String) for name in names)


def _is_narrow(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or (pa.types.is_integer(kind) and kind.bit_width <= 32))
