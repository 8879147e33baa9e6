"""Slow query logs of MySQL, MariaDB and Percona Server: whose statement took how long.

MySQL Reference Manual, "The Slow Query Log".
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
from pipelines.sources.mysql_forms import SERVER_HEAD, iso_times
from pipelines.sources.times import utc_times

NAME = "mysql_slow"

# # Time: 2026-03-01T10:00:00.123456Z | # Time: 260301  9:00:00, only where it changes
# # User@Host: shop[shop] @ app-3 [192.0.2.7]  Id:    44
# # Query_time: 12.345678  Lock_time: 0.000100 Rows_sent: 1  Rows_examined: 99999
# use shop;
# SET timestamp=1772359200;
# SELECT COUNT(*) FROM orders;
_BEGINS = r"^# (?:Time|User@Host): "
_TIME = r"^# Time: (\d{4}-\d\d-\d\dT\S+|\d{6} +\d{1,2}:\d\d:\d\d)"
_WHO = (
    r"(?:^|\n)# User@Host: (?P<user>[^\[\n]*?)\[(?P<priv_user>[^\]\n]*)\] @ +(?P<name>[^\[\n]*?) *"
    r"\[(?P<client>[^\]\n]*)\](?: +Id: +(?P<connection>\d+))?"
)
_NUMBERS = {
    "query_time": r"(?:^|\n)#.*?\bQuery_time: ([\d.]+)",
    "lock_time": r"(?:^|\n)#.*?\bLock_time: ([\d.]+)",
    "rows_sent": r"(?:^|\n)#.*?\bRows_sent: (\d+)",
    "rows_examined": r"(?:^|\n)#.*?\bRows_examined: (\d+)",
    "schema": r"(?:^|\n)#.*?\b(?:Schema|db): (\w+)",
    "used": r"(?:^|\n)use `?([^`;\n]+)`?;",
    "since": r"(?:^|\n)SET timestamp=(\d{1,12})(?:\.\d+)?;",
    "error_code": r"(?:^|\n)#.*?\b(?:Last_errno|Errno): ([1-9]\d*)",
}
_BEFORE = r"(?s)^(?:#[^\n]*\n|use [^\n]*;\n|SET timestamp=[^\n]*;\n)*"
_TELLING = re.compile(r"# User@Host: .*\[.*\] @ ")


def recognises(head: bytes) -> bool:
    """Whether one of the first lines says whose a slow statement was."""
    return lines_tell(head, lambda line: line.startswith(("# ", "SET timestamp="))) and bool(
        re.search(rf"(?m)^{_TELLING.pattern}", head.decode("utf-8", "replace"))
    )


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One row a statement; its time is when it ended, else when it began."""
    latest, alone = None, None
    for block in record_blocks(stream, _BEGINS):
        told = _split(block, latest, alone)
        latest = next(iter(told["time"].drop_nulls().tail(1)), latest)
        if told.height:
            alone = told["offset"][-1] if told["alone"][-1] else None
        yield _batch(block, told)


def _split(block: LineBlock, latest: str | None, alone: int | None) -> pl.DataFrame:
    """The records taken apart, with the time that holds and the line of a time that stands alone before them.

    Args:
        block: the records.
        latest: the time that holds before them.
        alone: the line of a time that stands alone right before them.
    """
    numbers = [pl.col("text").str.extract(pattern, 1).alias(name) for name, pattern in _NUMBERS.items()]
    split = block.lines.with_columns(
        pl.col("text").str.extract(_TIME, 1).alias("time"),
        pl.col("text").str.extract_groups(_WHO).alias("who"),
        *numbers,
    ).unnest("who")
    filled = pl.col("time").forward_fill().fill_null(pl.lit(latest, dtype=pl.String))
    stands_alone = pl.col("text").str.contains(r"^# Time: [^\n]*$")
    before = pl.when(stands_alone).then("offset").shift(1, fill_value=pl.lit(alone, dtype=pl.UInt64))
    return split.with_columns(filled.alias("time"), before.alias("before"), stands_alone.alias("alone"))


def _batch(block: LineBlock, told: pl.DataFrame) -> Batch:
    started = told.with_columns(pl.coalesce("before", "offset").alias("offset"))
    shaped = pl.col("query_time").is_not_null()
    ended = utc_times(told.select(iso_times(pl.col("time")))["time"])
    time = pl.coalesce(pl.lit(ended), pl.lit(utc_times(told["since"])))
    # The time of old servers is only written where it changes, and in no zone that is known.
    old_time = pl.col("time").str.contains("^\\d{6} ").fill_null(value=True) & pl.col("since").is_not_null()
    timed = started.with_columns(
        pl.when(old_time).then(pl.lit(utc_times(told["since"]))).otherwise(time).alias("event_time")
    )
    lost = ~shaped & ~pl.col("alone") & ~pl.col("text").str.contains(SERVER_HEAD)
    rejects = [
        block.rejects,
        rejected(timed.filter(lost), "no record of a slow query log"),
        rejected(timed.filter(shaped & pl.col("event_time").is_null()), "no time: neither here nor before"),
    ]
    rows = _rows(timed.filter(shaped & pl.col("event_time").is_not_null()))
    return Batch("log_events", rows, pl.concat(rejects))


def _rows(timed: pl.DataFrame) -> pl.DataFrame:
    statement = (
        pl.col("text").str.replace(_BEFORE, "").str.replace(r"(?s)\n(?:\S+, Version: .* started with:\n.*)$", "")
    )
    said = timed.with_columns(
        *(pl.col(name).str.strip_chars().replace({"": None}) for name in ("user", "client", "name", "priv_user")),
    ).with_columns(
        statement.str.strip_chars_end("\n").str.strip_suffix(";").alias("said.statement"),
        pl.col("user").alias("said.user"),
        pl.coalesce("client", "name").alias("said.client"),
        pl.col("client").alias("said.address"),
        pl.coalesce("used", "schema").alias("said.database"),
        (pl.col("query_time").cast(pl.Float64, strict=False) * 1000).round(3).cast(pl.String).alias("said.duration_ms"),
        pl.col("rows_sent").alias("said.rows"),
        pl.col("error_code").alias("said.error"),
        pl.col("error_code").is_not_null().alias("said.failed"),
    )
    fields = {name: name for name in ("query_time", "lock_time", "rows_examined")} | {"connection_id": "connection"}
    return database_rows(said, "mysql", fields)
