"""Tables of databases written as files with some of their columns masked: CSV, TSV, Parquet, JSON lines."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.cell_texts import narrow_frame, text_frame
from pipelines.errors import SourceBroken
from pipelines.masked_frames import masked_typed_frame
from pipelines.maskers import Masking
from pipelines.pieces import Piece
from pipelines.sql_tables import SqlRows

TABLE_FILES = (".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson")

_PARQUET = (".parquet", ".pq")
_LINES = (".jsonl", ".ndjson")
# What a database declares, and what a Parquet file holds then; anything else is text.
_KINDS: tuple[tuple[str, pl.DataType, tuple[type, ...]], ...] = (
    (r"(?:TINY|SMALL|MEDIUM|BIG)?INT(?:EGER)?\d?(?: UNSIGNED)?(?:\(\d+\))?", pl.Int64(), (int,)),
    (r"FLOAT\d?|DOUBLE(?: PRECISION)?|REAL", pl.Float64(), (int, float)),
    (r"BOOL(?:EAN)?", pl.Boolean(), (bool,)),
    (r"DATE", pl.Date(), (date,)),
    (r"DATETIME|TIMESTAMP(?: WITHOUT TIME ZONE)?", pl.Datetime("us"), (datetime,)),
)


def write_masked_table(frames: Iterator[pl.DataFrame], sink: BinaryIO, masking: Masking, *, out: Path) -> None:
    """Write a table to the sink in the format that the name of its file says.

    Raises:
        SourceBroken: the table cannot be read, or does not fit the format.
    """
    name = plain_name(out)
    if name.endswith(_PARQUET):
        _write_parquet(frames, sink, masking)
        return
    begun = False
    for frame in frames:
        made = masked_typed_frame(frame, masking)
        if name.endswith(_LINES):
            made.write_ndjson(sink)
        else:
            text = made.write_csv(separator="\t" if name.endswith(".tsv") else ",", include_header=not begun)
            sink.write(text.encode("utf-8", "backslashreplace"))
        begun = True


def plain_name(path: Path) -> str:
    """The name of a file in small letters, without the ending of its compression."""
    return path.name.lower().removesuffix(".gz").removesuffix(".zst")


def sql_frame(part: SqlRows, *, typed: bool) -> pl.DataFrame:
    """Rows of a foreign database as a frame: as text, or with the types that the database declares.

    Raises:
        SourceBroken: a column holds values other than its declared type.
    """
    if not typed:
        texts = text_frame(part.rows, part.names)
        return Piece(texts, len(part.rows), narrow=narrow_frame(part.rows, texts)).whole()
    columns = []
    for at, (name, kind) in enumerate(zip(part.names, part.kinds, strict=True)):
        columns.append(_typed(name, kind, [row[at] for row in part.rows]))
    return pl.DataFrame(columns)


def _typed(name: str, kind: str, cells: list[object]) -> pl.Series:
    for form, dtype, types in _KINDS:
        if re.fullmatch(form, kind.upper()):
            if any(cell is not None and not isinstance(cell, types) for cell in cells):
                raise SourceBroken("a column holds values that are not of its declared type: copy it to a .csv file")
            try:
                return pl.Series(name, cells, dtype=dtype)
            except (OverflowError, TypeError, pl.exceptions.PolarsError) as error:
                raise SourceBroken(f"a value does not fit a Parquet file ({type(error).__name__})") from None
    return sql_frame(SqlRows([[cell] for cell in cells], [name], [""], 1.0), typed=False)[name]


def _write_parquet(frames: Iterator[pl.DataFrame], sink: BinaryIO, masking: Masking) -> None:
    writer: pq.ParquetWriter | None = None
    empty: pa.Table | None = None
    try:
        for frame in frames:
            made = masked_typed_frame(frame, masking).to_arrow()
            if not frame.height and writer is None:
                empty = made
                continue
            writer = writer or pq.ParquetWriter(sink, made.schema)
            writer.write_table(made.cast(writer.schema))
        if writer is None and empty is not None:
            writer = pq.ParquetWriter(sink, empty.schema)
        if writer is not None:
            writer.close()
    except (pa.ArrowException, pl.exceptions.PolarsError, ValueError) as error:
        raise SourceBroken(f"the table does not fit a Parquet file ({type(error).__name__})") from error
