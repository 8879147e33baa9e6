"""ClickHouse's `system.query_log`, exported as JSONEachRow, CSVWithNames or TSVWithNames."""

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.csv_records import cell_columns, csv_records
from pipelines.sources.database_events import database_rows
from pipelines.sources.json_records import JsonObject, flat_frame
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.lines import first_lines
from pipelines.sources.times import utc_times

NAME = "clickhouse_query_log"

_MARKS = ("query", "query_id", "query_duration_ms", "type", "user")
_WANTED = (
    *("type", "event_time", "event_time_microseconds", "query_duration_ms", "read_rows", "written_rows", "result_rows"),
    *("current_database", "query", "query_kind", "exception", "exception_code", "user", "address", "port"),
    *("initial_user", "initial_address", "hostname", "query_id"),
)
# The types of the enumeration, by name and by number.
_TYPES = {"1": "QueryStart", "2": "QueryFinish", "3": "ExceptionBeforeStart", "4": "ExceptionWhileProcessing"}
_ESCAPES = (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r"), ("\\'", "'"))


def recognises(head: bytes) -> bool:
    """Whether the first objects, or the names on the first line, are the query log's."""
    return any(map(_is_query, first_objects(head))) or bool(_names(head)[0])


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block; times without a zone are read as UTC."""
    names, delimiter = _names(stream.read(64 * 1024))
    stream.seek(0)
    if not names:
        for records, rejects in read_objects(stream):
            yield _batch(flat_frame(records, _WANTED).with_columns(pl.lit(value=False).alias("decode_error")), rejects)
        return
    quote = '"' if delimiter == "," else ""
    for cells, rejects in csv_records(stream, (len(names),), delimiter, quote):
        frame, unfit = cell_columns([record for record in cells if record[3] != names], names)
        if not quote:
            frame = frame.with_columns(_unescaped(f"@{name}") for name in names)
        yield _batch(frame, pl.concat([rejects, unfit]))


def _is_query(content: JsonObject) -> bool:
    return all(name in content for name in _MARKS)


def _names(head: bytes) -> tuple[list[str], str]:
    """The names on the first line and what stands between them, nothing where they are not the query log's."""
    first = next(iter(first_lines(head, 1)), "")
    for delimiter in (",", "\t"):
        names = [name.strip('"') for name in first.split(delimiter)]
        if set(_MARKS) <= set(names) and len(set(names)) == len(names):
            return names, delimiter
    return [], ","


def _unescaped(name: str) -> pl.Expr:
    held = pl.col(name).str.replace_all("\\\\", "\0", literal=True)
    for escape, character in _ESCAPES:
        held = held.str.replace_all(escape, character, literal=True)
    read = held.str.replace_all("\0", "\\", literal=True)
    return pl.when(pl.col(name) != "\\N").then(read).alias(name)


def _batch(frame: pl.DataFrame, rejects: pl.DataFrame) -> Batch:
    given = [name.removeprefix("@") for name in frame.columns if name.startswith("@")]
    frame = frame.with_columns(pl.lit(None, dtype=pl.String).alias(f"@{name}") for name in _WANTED if name not in given)
    times = utc_times(frame.select(pl.coalesce("@event_time_microseconds", "@event_time")).to_series())
    kind = pl.col("@type").replace(_TYPES)
    failed = kind.str.starts_with("Exception")
    none = pl.col("@exception_code").is_null() | (pl.col("@exception_code") == "0")
    rows = pl.col("@result_rows")
    told = frame.with_columns(
        times.alias("event_time"),
        pl.col("@query").alias("said.statement"),
        pl.col("@current_database").alias("said.database"),
        pl.col("@query_duration_ms").alias("said.duration_ms"),
        pl.when(rows.is_null() | (rows == "0"))
        .then(pl.coalesce("@written_rows", rows))
        .otherwise(rows)
        .alias("said.rows"),
        pl.when(failed | ~none).then(pl.col("@exception").replace({"": None})).alias("said.error"),
        pl.coalesce("@user", "@initial_user").alias("said.user"),
        pl.coalesce("@address", "@initial_address").alias("said.address"),
        pl.col("@address").alias("said.client"),
        pl.col("@port").alias("said.port"),
        pl.col("@hostname").alias("said.host"),
        pl.col("@query_kind").str.to_lowercase().replace({"": None}).alias("said.action"),
        pl.when(failed)
        .then(pl.lit(value=True))
        .when(kind == "QueryFinish")
        .then(pl.lit(value=False))
        .alias("said.failed"),
    )
    timed = told.filter(times.is_not_null())
    lost = rejected(told.filter(times.is_null()), "no time: event_time is missing or no point in time")
    fields = timed["fields"] if "fields" in timed.columns else {name: f"@{name}" for name in given}
    return Batch("log_events", database_rows(timed, "clickhouse", fields), pl.concat([rejects, lost]))
