"""Columns of the telemetry tables, made complete: defaults, the overflow map, canonical addresses."""

import ipaddress
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import polars as pl

from pipelines.batch import FIELDS, LOG_EVENTS, REJECTS, SCHEMAS, Batch, Table
from pipelines.event_classes import CLASSES
from pipelines.field_maps import as_views, chosen_views, fields_of_entries, fields_of_rows

CONTENT_LIMIT = 4096

# Already canonical: four numbers up to 255 without leading zeros.
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_IPV4 = rf"^{_OCTET}(?:\.{_OCTET}){{3}}$"

Row = Mapping[str, object]


def complete(frame: pl.DataFrame, table: Table, named: Mapping[str, str] | None = None) -> pl.DataFrame:
    """The frame with every column of the table, in order and typed; what is missing or null becomes empty.

    Args:
        frame: holds some of the table's columns.
        table: which.
        named: field name to text column of the frame, for fields that are not in its `fields`; a null is an absent
            field. Those that the table has typed columns for go there, the others into `fields`.
    """
    if named is not None:
        frame = _with_fields(frame, CLASSES.get(table, {}), named)
    there = set(frame.columns)
    columns = [_typed(name, dtype, there=name in there) for name, dtype in SCHEMAS[table].items()]
    return frame.select(columns)


@cache
def absent(name: str) -> pl.Expr:
    """A text column of this name without a value."""
    return pl.lit(None, dtype=pl.String).alias(name)


def frame_of(rows: Sequence[Row], table: Table) -> pl.DataFrame:
    """A complete frame from rows that hold some of the table's columns, `fields` among them as a dictionary."""
    columns: dict[str, pl.Series] = {}
    fields: list[dict[str, str]] = [dict(row.get("fields") or {}) for row in rows]  # type: ignore[call-overload]
    typed = CLASSES.get(table, {})
    for name, column in typed.items():
        columns[column] = pl.Series(
            column, [each.pop(name, "") if each.get(name) else "" for each in fields], pl.String
        )
    for name, dtype in SCHEMAS[table].items():
        if name == "fields":
            columns[name] = fields_of_rows(fields)
        elif name not in columns:
            default = "" if dtype == pl.String else 0
            columns[name] = pl.Series(name, [row.get(name, default) for row in rows], dtype=dtype)
    return pl.DataFrame([columns[name] for name in SCHEMAS[table]])


def no_fields(height: int) -> pl.Series:
    """The overflow map of so many rows that have nothing for it."""
    nothing = as_views(pl.Series([], dtype=pl.String))
    return fields_of_entries(np.zeros(height + 1, np.int32), nothing, nothing)


def fields_of_columns(frame: pl.DataFrame, names: Mapping[str, str]) -> pl.Series:
    """The overflow map whose keys are field names and whose values are text columns; a null is an absent key.

    Args:
        frame: holds the columns.
        names: field name to column name.
    """
    columns = {name: frame[column].cast(pl.String).rename("") for name, column in names.items()}
    filled = {name: column for name, column in columns.items() if column.null_count() < frame.height}
    if not filled:
        return no_fields(frame.height)
    height, width = frame.height, len(filled)
    there = np.ones((height, width), np.bool_)
    for at, column in enumerate(filled.values()):
        if column.null_count():
            there[:, at] = column.is_not_null().to_numpy()
    # The value of name n in row m lies at n * height + m of all columns together.
    place = np.flatnonzero(there.ravel()).astype(np.uint32)
    row, number = np.divmod(place, np.uint32(width))
    values = chosen_views(pl.concat(filled.values()), number * np.uint32(height) + row)
    keys = chosen_views(pl.Series("", list(filled), dtype=pl.String), number)
    offsets = np.zeros(height + 1, np.int32)
    np.cumsum(there.sum(axis=1), out=offsets[1:])
    return fields_of_entries(offsets, keys, values)


def joined_fields(*maps: pl.Series) -> pl.Series:
    """One overflow map of several, which share no key."""
    frame = pl.DataFrame([each.alias(str(number)) for number, each in enumerate(maps)])
    entries = [pl.col(name).map.entries() for name in frame.columns]
    return frame.select(pl.concat_list(entries).cast(FIELDS).alias("fields")).to_series()


def canonical_addresses(texts: pl.Series) -> pl.Series:
    """Each address in canonical text (RFC 5952; IPv4-mapped as IPv4), '' where the text is no address."""
    distinct = texts.unique().drop_nulls()
    if not len(distinct):
        return pl.repeat("", len(texts), dtype=pl.String, eager=True)
    written = distinct.str.contains(_IPV4)
    if written.all():  # as most are
        return texts.fill_null("")
    others = distinct.filter(~written).to_list()
    return texts.replace(others, [canonical_address(text) for text in others]).fill_null("")


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


def _with_fields(frame: pl.DataFrame, typed: Mapping[str, str], named: Mapping[str, str]) -> pl.DataFrame:
    """The frame with typed columns for what has one, and the rest, and what is there but empty, in `fields`."""
    # A column without any value is told of in one word.
    filled = {name: column for name, column in named.items() if frame[column].null_count() < frame.height}
    given = {name: column for name, column in filled.items() if name in typed}
    # Names are given anew: a field and a column of the envelope may be called alike.
    texts = frame.select(pl.col(column).cast(pl.String).alias(name) for name, column in given.items())
    empty = texts.select(pl.when(pl.col(name) == "").then(pl.col(name)) for name in given)
    rest = {name: column for name, column in filled.items() if name not in typed}
    others = frame.select(pl.col(column).alias(f"={name}") for name, column in rest.items())
    told = pl.concat([empty, others], how="horizontal")
    names = dict.fromkeys(given) | dict.fromkeys(rest)
    where = {name: f"={name}" if name in rest else name for name in names}
    more = fields_of_columns(told, where) if names else no_fields(frame.height)
    if "fields" in frame.columns:
        more = frame["fields"] if not (more.map.len() > 0).any() else joined_fields(frame["fields"], more)
    # A column of the frame that happens to be called like a typed one is not meant.
    lacking = [_nothing(column) for name, column in typed.items() if name not in given]
    filled_in = texts.select(pl.col(name).fill_null("").alias(typed[name]) for name in given)
    return frame.with_columns(more, *lacking, *filled_in)


@cache
def _nothing(name: str) -> pl.Expr:
    return pl.lit("").alias(name)


@cache
def _typed(name: str, dtype: pl.DataType, *, there: bool) -> pl.Expr:
    if name == "fields":
        empty = pl.lit(pl.Series([{}], dtype=FIELDS)).first()
        return pl.col(name).fill_null(empty) if there else empty.alias(name)
    if not there:
        default: object = "" if dtype == pl.String else 0
        return pl.lit(default, dtype=dtype).alias(name)
    column = pl.col(name).cast(dtype, strict=False)
    if dtype == pl.String:
        return column.fill_null("")
    return column if dtype.is_temporal() else column.fill_null(0)
