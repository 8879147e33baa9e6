"""MySQL's audit records as JSON: of MySQL Enterprise, of Percona's filter, and of Percona's older plugin."""

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.database_events import database_rows
from pipelines.sources.json_records import JsonObject, flat_frame
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.times import utc_times

NAME = "mysql_audit"

_CLASSES = frozenset(
    {
        "audit",
        "connection",
        "general",
        "table_access",
        "query",
        "command",
        "message",
        "server",
        "parse",
        "stored_program",
        "authentication",
        "global_variable",
    }
)
_OLD = "audit_record."
_FOUND = {
    "time": ("timestamp", f"{_OLD}timestamp"),
    "statement": (
        "general_data.query",
        "query_data.query",
        "table_access_data.query",
        "authentication_data.query",
        f"{_OLD}sqltext",
    ),
    "database": (
        "connection_data.db",
        "connection_data.database",
        "table_access_data.db",
        "query_data.database",
        f"{_OLD}db",
    ),
    "account": ("login.user", "account.user", f"{_OLD}user", "authentication_data.user", "connection_data.user"),
    "address": ("login.ip", f"{_OLD}ip"),
    "client": ("account.host", f"{_OLD}host"),
    "status": (
        "general_data.status",
        "connection_data.status",
        "query_data.status",
        "command_data.status",
        f"{_OLD}status",
    ),
    "kind": ("event", f"{_OLD}name"),
    "command": (
        "general_data.sql_command",
        "query_data.sql_command",
        "table_access_data.sql_command",
        f"{_OLD}command_class",
    ),
    "seconds": ("query_statistics.query_time", "general_data.query_time"),
    "rows": ("query_statistics.rows_sent", "query_statistics.rows_examined"),
}
_ACTIONS = {
    "connect": "login",
    "Connect": "login",
    "disconnect": "logout",
    "Quit": "logout",
    "change_user": "login",
    "startup": "start",
    "shutdown": "stop",
    "Audit": "start",
    "NoAudit": "stop",
}


def recognises(head: bytes) -> bool:
    """Whether one of the first objects is an audit record in one of the three shapes."""
    return any(map(_is_record, first_objects(head)))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The records in batches; MySQL writes its times in UTC."""
    wanted = [name for names in _FOUND.values() for name in names]
    for records, rejects in read_objects(stream):
        frame = flat_frame(records, wanted).with_columns(pl.lit(value=False).alias("decode_error"))
        found = frame.with_columns(
            pl.coalesce(f"@{name}" for name in names).replace({"": None}).alias(column)
            for column, names in _FOUND.items()
        )
        # 2026-03-01T10:00:00 UTC, as the older plugin writes it
        times = utc_times(found["time"])
        lost = rejected(found.filter(times.is_null()), "no time: timestamp is missing or no point in time")
        timed = found.with_columns(times.alias("event_time")).filter(times.is_not_null())
        yield Batch("log_events", _rows(timed), pl.concat([rejects, lost]))


def _is_record(content: JsonObject) -> bool:
    old = content.get("audit_record")
    if isinstance(old, dict):
        return "timestamp" in old and "name" in old
    return (
        "timestamp" in content and content.get("class") in _CLASSES and ("id" in content or "connection_id" in content)
    )


def _rows(found: pl.DataFrame) -> pl.DataFrame:
    status = pl.col("status").cast(pl.Int64, strict=False)
    milliseconds = (pl.col("seconds").cast(pl.Float64, strict=False) * 1000).cast(pl.String)
    told = found.with_columns(
        # root[root] @ localhost [] is how the server itself writes who is connected
        pl.col("account").str.replace(r"\[.*$", "").str.strip_chars().replace({"": None}).alias("said.user"),
        pl.coalesce("address", "client").alias("said.address"),
        pl.coalesce("address", "client").alias("said.client"),
        *(pl.col(name).alias(f"said.{name}") for name in ("statement", "database", "rows")),
        milliseconds.alias("said.duration_ms"),
        pl.when(status != 0).then("status").alias("said.error"),
        pl.coalesce(pl.col("kind").replace_strict(_ACTIONS, default=None, return_dtype=pl.String), "command").alias(
            "said.action"
        ),
        (status != 0).alias("said.failed"),
    )
    return database_rows(told, "mysql", told["fields"])
