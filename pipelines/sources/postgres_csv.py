"""PostgreSQL's csvlog: a message a record, 23 to 26 columns by version."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.csv_records import Cells, cell_columns, csv_records
from pipelines.sources.lines import first_lines
from pipelines.sources.postgres_log import log_times
from pipelines.sources.postgres_said import postgres_rows

NAME = "postgres_csv"

_NAMES = (
    *("log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num"),
    *("command_tag", "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity"),
    *("sql_state_code", "message", "detail", "hint", "internal_query", "internal_query_pos", "context", "query"),
    *("query_pos", "location", "application_name", "backend_type", "leader_pid", "query_id"),
)
_WIDTHS = (22, 23, 24, 26)  # to 8.4, 9.0 to 12, 13, and from 14 on

# 2026-03-01 10:00:00.123 UTC,"alice","city",811,"192.0.2.7:40022",5c78f6e2.32b,3,"SELECT",...
_TELLING = re.compile(
    r'^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? [A-Z+\-\d:]{1,6},(?:(?:"(?:[^"]|"")*"|[^",]*),){2}\d*,'
    r'(?:"[^"]*"|[^",]*),[0-9a-f]+\.[0-9a-f]+,\d+,'
)
_KEPT = tuple(name for name in _NAMES if name not in {"log_time", "message", "error_severity"})


def recognises(head: bytes) -> bool:
    """Whether one of the first lines begins like a record of csvlog."""
    return any(map(_TELLING.match, first_lines(head)))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block."""
    for records, rejects in csv_records(stream, _WIDTHS):
        widths = {len(record[3]) for record in records} & set(_WIDTHS)
        others = [record for record in records if len(record[3]) not in _WIDTHS]
        _, unfit = cell_columns(others, list(_NAMES))
        parts = [_batch([record for record in records if len(record[3]) == width], width) for width in sorted(widths)]
        yield Batch("log_events", _together(parts), pl.concat([rejects, unfit, *(part.rejects for part in parts)]))


def _together(parts: list[Batch]) -> pl.DataFrame:
    rows = pl.concat([part.rows for part in parts]) if parts else _batch([], len(_NAMES)).rows
    return rows.sort("source_offset") if len(parts) > 1 else rows


def _batch(records: list[Cells], width: int) -> Batch:
    frame, _ = cell_columns(records, list(_NAMES[:width]))
    frame = frame.with_columns(
        pl.lit(None, dtype=pl.String).alias(f"@{name}") for name in _NAMES if f"@{name}" not in frame.columns
    )
    times = log_times(frame["@log_time"])
    client = pl.col("@connection_from").str.extract_groups(r"^\[?(?P<host>.*?)\]?(?::(?P<port>\d{1,5}))?$").struct
    lines = frame.with_columns(
        times.alias("event_time"),
        pl.col("@message").fill_null("").alias("message"),
        pl.col("@error_severity").alias("level"),
        pl.col("@user_name").alias("user"),
        pl.col("@database_name").alias("database"),
        pl.col("@application_name").alias("application"),
        client.field("host").alias("client"),
        client.field("port").alias("client_port"),
        pl.col("@query").alias("statement"),
    )
    timed = lines.filter(times.is_not_null())
    rows = postgres_rows(timed, {name: f"@{name}" for name in _KEPT if name != "application_name"})
    return Batch("log_events", rows, rejected(lines.filter(times.is_null()), "no such time"))
