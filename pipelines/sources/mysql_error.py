"""Error logs of MySQL 5.5 to 9 and of MariaDB: starts and stops, refused logins, aborted connections.

MySQL Reference Manual, "The Error Log"; MariaDB Knowledge Base, "Error Log".
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.database_events import database_rows
from pipelines.sources.lines import LineBlock, lines_tell
from pipelines.sources.multiline import record_blocks
from pipelines.sources.mysql_forms import ACCESS_DENIED, iso_times
from pipelines.sources.times import utc_times

NAME = "mysql_error"

_LEVELS = "System|Note|Warning|ERROR|Error|Notice"
# 2026-03-01T10:00:00.123456Z | 2026-03-01 10:00:00 | 2026-03-01  9:00:00, as MariaDB has it | 260301  9:00:00, of old
_TIME = (
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(?:Z|[+-]\d\d:\d\d)|\d{4}-\d\d-\d\d {1,2}\d{1,2}:\d\d:\d\d"
    r"|\d{6} {1,2}\d{1,2}:\d\d:\d\d"
)
# ... 8 [Note] [MY-010926] [Server] Access denied for user 'eve'@'192.0.2.7' (using password: YES)
# ... 8 [Note] Access denied ... | ... 8 [Note] InnoDB: ... | ... mysqld_safe Starting mysqld daemon ...
_BEHIND = (
    rf" +(?:(?:(?P<thread>\d+) +)?\[(?P<level>{_LEVELS})\](?: \[(?P<code>MY-\d+)\])?(?: \[(?P<subsystem>\w+)\])?"
    r"|(?P<program>mysqld_safe|mariadbd-safe|mysqld_multi)\b) *"
)
_BEGINS = rf"^(?:{_TIME}){_BEHIND}".replace("?P<thread>", "?:").replace("?P<level>", "?:").replace("?P<code>", "?:")
_BEGINS = _BEGINS.replace("?P<subsystem>", "?:").replace("?P<program>", "?:")
_LINE = rf"(?s)^(?P<time>{_TIME}){_BEHIND}(?P<said>.*)$"
_TELLING = re.compile(_BEGINS)

_DENIED = rf"^(?:Plugin \S+ reported: ')?{ACCESS_DENIED}"
# Aborted connection 15 to db: 'shop' user: 'app' host: '192.0.2.7' (Got timeout reading communication packets)
_ABORTED = (
    r"^Aborted connection (?P<connection>\d+) to db: '(?P<database>[^']*)' user: '(?P<user>[^']*)' "
    r"host: '(?P<client>[^']*)'(?: \((?P<reason>.*?)\)\.?)?$"
)
_NOBODY = {"": None, "unauthenticated": None, "unconnected": None}
_SEVERITIES = {"System": 1, "Note": 1, "Notice": 1, "Warning": 3, "ERROR": 4, "Error": 4}
_ACTIONS = (
    ("start", r"(?:ready for connections|starting as process|^Starting (?:mysqld|mariadbd) daemon)"),
    ("stop", r"(?:Shutdown complete|Received SHUTDOWN|Normal shutdown|Shutting down|ended$)"),
)


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines has a time, a level in brackets, and what stands between."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block; lines that begin no message belong to the one before. A time without a zone is UTC."""
    return map(_batch, record_blocks(stream, _BEGINS))


def _batch(block: LineBlock) -> Batch:
    split = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    shaped = pl.col("said").is_not_null()
    timed = split.with_columns(_times(split["time"]).alias("event_time"))
    rejects = [
        block.rejects,
        rejected(timed.filter(~shaped), "no line of MySQL's error log, and none before it to belong to"),
        rejected(timed.filter(shaped & pl.col("event_time").is_null()), "no such time"),
    ]
    return Batch("log_events", _rows(timed.filter(pl.col("event_time").is_not_null())), pl.concat(rejects))


def _times(texts: pl.Series) -> pl.Series:
    return utc_times(texts.to_frame("time").select(iso_times(pl.col("time")))["time"])


def _rows(timed: pl.DataFrame) -> pl.DataFrame:
    denied = pl.col("said").str.extract_groups(_DENIED).struct
    aborted = pl.col("said").str.extract_groups(_ABORTED).struct
    is_denied, is_aborted = denied.field("user").is_not_null(), aborted.field("user").is_not_null()
    action = pl.when(is_denied).then(pl.lit("login")).when(is_aborted).then(pl.lit("disconnect"))
    for word, pattern in _ACTIONS:
        action = action.when(pl.col("said").str.contains(pattern)).then(pl.lit(word))
    named = {
        name: pl.coalesce(denied.field(name), aborted.field(name)).replace(_NOBODY)
        for name in ("user", "client", "database")
    }
    failed = pl.when(is_denied | is_aborted | (pl.col("level").str.to_lowercase() == "error")).then(pl.lit(value=True))
    said = timed.with_columns(
        *(value.alias(f"said.{name}") for name, value in named.items()),
        named["client"].alias("said.address"),
        action.otherwise(pl.lit("log")).alias("said.action"),
        failed.alias("said.failed"),
        pl.when(failed).then("said").alias("said.error"),
        pl.col("level").replace_strict(_SEVERITIES, default=1, return_dtype=pl.UInt8).alias("said.severity"),
        pl.coalesce(aborted.field("connection"), pl.when(is_denied).then("thread")).alias("connection"),
        aborted.field("reason").alias("reason"),
    )
    names = ("level", "thread", "code", "subsystem", "program", "reason")
    fields = {name: name for name in names} | {"connection_id": "connection", "message": "said"}
    return database_rows(said, "mysql", fields)
