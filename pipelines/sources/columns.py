"""Columns of the telemetry tables, made complete: defaults, the overflow map, canonical addresses."""

import ipaddress
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.batch import FIELDS, LOG_EVENTS, REJECTS, SCHEMAS, Batch, Table

CONTENT_LIMIT = 4096

Row = Mapping[str, object]


def complete(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """The frame with every column of the table, in order and typed; what is missing or null becomes empty."""
    columns = [_typed(frame, name, dtype) for name, dtype in SCHEMAS[table].items()]
    return frame.select(columns)


def frame_of(rows: Sequence[Row], table: Table) -> pl.DataFrame:
    """A complete frame from rows that hold some of the table's columns, `fields` among them as a dictionary."""
    columns: dict[str, pl.Series] = {}
    for name, dtype in SCHEMAS[table].items():
        if name == "fields":
            columns[name] = fields_of_rows([row.get(name) or {} for row in rows])  # type: ignore[misc]
            continue
        default = "" if dtype == pl.String else 0
        columns[name] = pl.Series(name, [row.get(name, default) for row in rows], dtype=dtype)
    return pl.DataFrame(columns)


def fields_of_rows(rows: Sequence[Mapping[str, str]]) -> pl.Series:
    """The overflow map of many rows."""
    offsets, keys, values = [0], list[str](), list[str]()
    for row in rows:
        keys.extend(row.keys())
        values.extend(row.values())
        offsets.append(len(keys))
    return _map_of(offsets, pa.array(keys, pa.string()), pa.array(values, pa.string()))


def fields_of_columns(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.Series:
    """The overflow map whose keys are field names and whose values are text columns; a null is an absent key.

    Args:
        frame: holds the columns.
        names: field name to column name.
    """
    filled = {name: column for name, column in names.items() if frame[column].null_count() < frame.height}
    if not filled:
        return fields_of_rows([{}] * frame.height)
    numbered = frame.select(*set(filled.values())).with_row_index("row")
    entries = pl.concat(
        numbered.lazy().select("row", pl.lit(name).alias("key"), pl.col(column).alias("value")).drop_nulls()
        for name, column in filled.items()
    )
    ordered = entries.sort("row", maintain_order=True).collect()
    counts = np.bincount(ordered["row"].to_numpy(), minlength=frame.height)
    return _map_of(np.concatenate([[0], np.cumsum(counts)]), ordered["key"].to_arrow(), ordered["value"].to_arrow())


def canonical_addresses(texts: pl.Series) -> pl.Series:
    """Each address in canonical text (RFC 5952; IPv4-mapped as IPv4), '' where the text is no address."""
    distinct = texts.unique().drop_nulls().to_list()
    known = {text: canonical_address(text) for text in distinct}
    return texts.replace_strict(list(known), list(known.values()), default="", return_dtype=pl.String)


def canonical_address(text: str) -> str:
    """The address in canonical text, '' where it is none."""
    try:
        address = ipaddress.ip_address(text.strip("[] ").partition("%")[0])
    except ValueError:
        return ""
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def rejects_of(entries: Sequence[tuple[int, str, str]]) -> pl.DataFrame:
    """A frame of rejects from (offset, reason, content), the content cut to 4 KiB."""
    cut = [(offset, reason, content[:CONTENT_LIMIT]) for offset, reason, content in entries]
    return pl.DataFrame(cut, schema=REJECTS, orient="row")


def rejected(lines: pl.DataFrame, reason: str) -> pl.DataFrame:
    """The lines (`offset`, `text`) as rejects for one reason."""
    return lines.select(
        pl.col("offset").cast(pl.UInt64),
        pl.lit(reason).alias("reason"),
        pl.col("text").str.slice(0, CONTENT_LIMIT).alias("content"),
    )


def only_rejects(rejects: pl.DataFrame) -> Batch:
    """A batch without a row, for lines that gave none."""
    return Batch("log_events", LOG_EVENTS.to_frame(), rejects)


def _map_of(offsets: Sequence[int] | npt.NDArray[np.int64], keys: pa.Array, values: pa.Array) -> pl.Series:
    columns = keys.cast(pa.string()), values.cast(pa.string())
    series = pl.from_arrow(pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), *columns))
    if not isinstance(series, pl.Series):  # narrows the library's union type
        raise TypeError(type(series))
    return series.alias("fields").cast(FIELDS)


def _typed(frame: pl.DataFrame, name: str, dtype: pl.DataType) -> pl.Expr:
    if name == "fields":
        empty = pl.lit(pl.Series([{}], dtype=FIELDS)).first()
        return pl.col(name).fill_null(empty) if name in frame.columns else empty.alias(name)
    if name not in frame.columns:
        default: object = "" if dtype == pl.String else 0
        return pl.lit(default, dtype=dtype).alias(name)
    column = pl.col(name).cast(dtype, strict=False)
    if dtype == pl.String:
        return column.fill_null("")
    return column if dtype.is_temporal() else column.fill_null(0)
