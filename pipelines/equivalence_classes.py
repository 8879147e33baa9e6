"""Classes of rows with equal quasi-identifiers: counted by ClickHouse in tables, by polars in files."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from dlp.equivalence import Classes
from pipelines.datasets import file_pieces
from pipelines.errors import SourceBroken
from pipelines.pieces import BATCH_ROWS
from pipelines.table_columns import table_address
from pipelines.table_sample import table_column_names
from store.client import Store

_PARQUET_MAGIC = b"PAR1"
_MERGED_FROM = 2_000_000  # classes held before equal ones are put together
_COUNTED = """
SELECT
    sum(size) AS rows, count() AS classes, min(size) AS k, countIf(size = 1) AS unique_rows,
    countIf(1 / size > {threshold:Float64}) AS risky, avg(1 / size) AS mean_risk, min(different) AS diversity
FROM (
    SELECT count() AS size, {diversity} AS different
    FROM {database:Identifier}.{table:Identifier}
    GROUP BY {quasi}
)
"""


def classes_of_table(store: Store, table: str, quasi: Sequence[str], sensitive: str, *, threshold: float) -> Classes:
    """The classes of a ClickHouse table; `threshold` is the highest risk 1/size that a class may have.

    Raises:
        SourceBroken: the table has no such column.
        QueryFailed: ClickHouse refused it.
    """
    there = table_column_names(store, table)
    missing = [name for name in (*quasi, *([sensitive] if sensitive else [])) if name not in there]
    if missing:
        raise SourceBroken(f"no column is called {', '.join(missing)}")
    groups = ", ".join(f"{{q{at}:Identifier}}" for at in range(len(quasi)))
    # A missing value is a value: it too tells rows apart.
    diversity = "uniqExact(ifNull(toString({sensitive:Identifier}), ''))" if sensitive else "toUInt64(0)"
    bound = {f"q{at}": column for at, column in enumerate(quasi)}
    parameters = {**table_address(store, table), **bound, "sensitive": sensitive, "threshold": threshold}
    counted = store.frame(_COUNTED.replace("{quasi}", groups).replace("{diversity}", diversity), parameters)
    return _classes(counted.to_dicts()[0], sensitive)


def classes_of_frames(
    frames: Iterable[pl.DataFrame], quasi: Sequence[str], sensitive: str, *, threshold: float
) -> Classes:
    """The classes of a table that comes in pieces.

    Raises:
        SourceBroken: a column is in none of the pieces.
    """
    held, missing = pl.DataFrame(), {*quasi, *([sensitive] if sensitive else [])}
    for frame in frames:
        missing -= set(frame.columns)
        # Two hashes of 64 bits each are enough to tell classes apart, and far smaller than what they stand for.
        columns = [pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in quasi]
        other = pl.col(sensitive) if sensitive in frame.columns else pl.lit(None, pl.String)
        piece = frame.select(
            group=pl.struct(columns).hash(seed=1), twin=pl.struct(columns).hash(seed=2), other=other.hash(seed=3)
        )
        held = pl.concat([held, _grouped(piece.with_columns(size=pl.lit(1, pl.UInt64)))])
        if held.height > _MERGED_FROM:
            held = _grouped(held)
    if missing and not held.is_empty():
        raise SourceBroken(f"no column is called {', '.join(sorted(missing))}")
    if held.is_empty():
        return Classes(0, 0, 0, 0, 0, 0.0, 0 if sensitive else None)
    sizes = held.group_by("group", "twin").agg(pl.col("size").sum(), pl.col("other").n_unique().alias("different"))
    counted = sizes.select(
        rows=pl.col("size").sum(),
        classes=pl.len(),
        k=pl.col("size").min(),
        unique_rows=(pl.col("size") == 1).sum(),
        risky=(1 / pl.col("size") > threshold).sum(),
        mean_risk=(1 / pl.col("size")).mean(),
        diversity=pl.col("different").min(),
    )
    return _classes(counted.to_dicts()[0], sensitive)


def whole_frames(path: Path, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """These columns of a file, whatever their type, piece by piece.

    Raises:
        SourceBroken: it cannot be read.
    """
    with path.open("rb") as raw:
        is_parquet = raw.read(4) == _PARQUET_MAGIC
    if not is_parquet:
        for piece in file_pieces(path, is_name=lambda cell: cell in columns):
            yield piece.frame.select([name for name in piece.frame.columns if name in columns])
        return
    try:
        with pq.ParquetFile(path) as table:
            names = [name for name in table.schema_arrow.names if name in columns]
            for batch in table.iter_batches(batch_size=BATCH_ROWS, columns=names):
                frame = pl.from_arrow(pa.Table.from_batches([batch]))
                if isinstance(frame, pl.DataFrame):
                    yield frame
    except (pa.ArrowException, pl.exceptions.PolarsError, NotImplementedError, ValueError) as error:
        raise SourceBroken(f"a damaged Parquet file ({type(error).__name__})") from error


def _grouped(pieces: pl.DataFrame) -> pl.DataFrame:
    return pieces.group_by("group", "twin", "other").agg(pl.col("size").sum())


def _classes(counted: dict[str, object], sensitive: str) -> Classes:
    def number(name: str) -> int:
        value = counted[name]
        return int(value) if isinstance(value, int | float) else 0

    mean = counted["mean_risk"]
    return Classes(
        rows=number("rows"),
        classes=number("classes"),
        k=number("k"),
        unique_rows=number("unique_rows"),
        risky=number("risky"),
        mean_risk=float(mean) if isinstance(mean, float) and mean == mean else 0.0,
        diversity=number("diversity") if sensitive else None,
    )
