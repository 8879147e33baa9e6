"""PostgreSQL's jsonlog (from version 15 on): a message an object, of what csvlog has as columns."""

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.json_records import JsonObject, flat_frame, told_apart
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.postgres_log import log_times
from pipelines.sources.postgres_said import postgres_rows

NAME = "postgres_json"

# jsonlog's keys, and what csvlog calls them where that is another name.
_KEPT = {
    "pid": "process_id",
    "session_id": "session_id",
    "line_num": "session_line_num",
    "ps": "command_tag",
    "session_start": "session_start_time",
    "vxid": "virtual_transaction_id",
    "txid": "transaction_id",
    "state_code": "sql_state_code",
    "detail": "detail",
    "hint": "hint",
    "internal_query": "internal_query",
    "internal_position": "internal_query_pos",
    "context": "context",
    "cursor_position": "query_pos",
    "func_name": "func_name",
    "file_name": "file_name",
    "file_line_num": "file_line_num",
    "backend_type": "backend_type",
    "leader_pid": "leader_pid",
    "query_id": "query_id",
}
_READ = (
    *("timestamp", "user", "dbname", "remote_host", "remote_port"),
    *("error_severity", "message", "statement", "application_name"),
)


def recognises(head: bytes) -> bool:
    """Whether one of the first objects is a message with a severity and what process it is of."""
    return any(map(_is_message, first_objects(head)))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block."""
    for records, rejects in read_objects(stream):
        messages, lost = told_apart(records, _is_message, "JSON, but no message of PostgreSQL")
        flags = pl.Series([record.flat.get("decode_error") == "true" for record in messages], dtype=pl.Boolean)
        frame = flat_frame(messages, (*_READ, *_KEPT)).drop("fields").with_columns(flags.alias("decode_error"))
        batch = _batch(frame)
        yield Batch(batch.table, batch.rows, pl.concat([rejects, lost, batch.rejects]))


def _is_message(content: JsonObject) -> bool:
    return "timestamp" in content and "error_severity" in content and ("pid" in content or "backend_type" in content)


def _batch(frame: pl.DataFrame) -> Batch:
    times = log_times(frame["@timestamp"])
    lines = frame.with_columns(
        times.alias("event_time"),
        pl.col("@message").fill_null("").alias("message"),
        pl.col("@error_severity").alias("level"),
        pl.col("@user").alias("user"),
        pl.col("@dbname").alias("database"),
        pl.col("@application_name").alias("application"),
        pl.col("@remote_host").alias("client"),
        pl.col("@remote_port").alias("client_port"),
        pl.col("@statement").alias("statement"),
    )
    rows = postgres_rows(lines.filter(times.is_not_null()), {name: f"@{key}" for key, name in _KEPT.items()})
    return Batch("log_events", rows, rejected(lines.filter(times.is_null()), "no such time"))
