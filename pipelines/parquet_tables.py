"""Parquet files as text: what cannot hold personal data by its type is left out."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.errors import SourceBroken
from pipelines.narrow_columns import narrow_columns
from pipelines.pieces import BATCH_ROWS, DEEPEST, Piece

_NARROW = (
    pl.Boolean,
    pl.Time,
    pl.Duration,
    pl.Int8,
    pl.Int16,
    pl.UInt8,
    pl.UInt16,
)


def parquet_pieces(path: Path) -> Iterator[Piece]:
    """The rows of a Parquet file as text, piece by piece.

    Raises:
        SourceBroken: it is damaged, or of a form that is not read.
    """
    try:
        with pq.ParquetFile(path) as table:
            done, total = 0, max(1, table.metadata.num_rows)
            for batch in table.iter_batches(batch_size=BATCH_ROWS):
                done += batch.num_rows
                yield replace(frame_piece(_polars(batch)), share=done / total)
    except (pa.ArrowException, pl.exceptions.PolarsError, NotImplementedError, ValueError) as error:
        # The library may quote what it read; its name for the trouble is enough.
        raise SourceBroken(
            f"a damaged Parquet file, or one of a form that is not read ({type(error).__name__})"
        ) from error


def frame_piece(frame: pl.DataFrame) -> Piece:
    """A frame of columns of any type as a piece of a table."""
    return Piece(_texts(frame), frame.height, narrow=narrow_columns(frame))


def _polars(batch: pa.RecordBatch) -> pl.DataFrame:
    frame = pl.from_arrow(pa.Table.from_batches([batch]))
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _texts(frame: pl.DataFrame, depth: int = 0) -> pl.DataFrame:
    """Every column that may hold personal data, as text; nested fields as `column.field`."""
    columns: list[pl.Series] = []
    for series in frame.get_columns():
        columns.extend(_text(series, depth))
    return pl.DataFrame(columns)


def _text(series: pl.Series, depth: int) -> list[pl.Series]:
    kind = series.dtype
    if kind in _NARROW or kind == pl.Null or depth > DEEPEST:
        return []
    if isinstance(kind, pl.Struct):
        inner = series.struct.unnest()
        return _texts(inner.rename({name: f"{series.name}.{name}" for name in inner.columns}), depth + 1).get_columns()
    if isinstance(kind, pl.List | pl.Array):
        return [pl.Series(series.name, [_listed(value) for value in series.to_list()], dtype=pl.String)]
    if kind in (pl.Float32, pl.Float64):
        finite = series.set(series.is_infinite() | series.is_nan(), None)
        whole = finite.cast(pl.Int64, strict=False)
        is_whole = (whole == finite).fill_null(value=False)
        return [whole.cast(pl.String).zip_with(is_whole, finite.cast(pl.String)).alias(series.name)]
    if isinstance(kind, pl.Datetime):
        # A birthday may be kept as a moment; a moment within a day is none.
        days = series.dt.date()
        return [days.cast(pl.String)] if (series == days.cast(kind)).all() else []
    if kind == pl.Binary:
        return [pl.Series(series.name, [_decoded(value) for value in series.to_list()], dtype=pl.String)]
    return [series.cast(pl.String, strict=False)]


def _listed(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _decoded(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None
