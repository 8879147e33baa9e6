"""MySQL's general query log: who connected and what each connection ran."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.database_events import database_rows
from pipelines.sources.lines import LineBlock, lines_tell
from pipelines.sources.multiline import record_blocks
from pipelines.sources.mysql_forms import ACCESS_DENIED, SERVER_HEAD, iso_times
from pipelines.sources.times import utc_times

NAME = "mysql_general"

_COMMANDS = (
    "Connect|Query|Quit|Init DB|Execute|Prepare|Close stmt|Reset stmt|Change user|Field List|Statistics|Ping|Shutdown"
    "|Kill|Binlog Dump(?: GTID)?|Register Slave|Refresh|Set option|Fetch|Daemon|Reset Connection|Long Data|Processlist"
    "|Debug|Create DB|Drop DB|Sleep|Time|Delayed insert|Table Dump|Connect Out|Error|clone"
)
# 2026-03-01T10:00:00.123456Z<tab>    8 Query<tab>SELECT 1 | 260301 10:00:00<tab>    8 Query<tab>SELECT 1
# <tab><tab>    8 Query<tab>SELECT 1, where an old server wrote the time before
_BEGINS = rf"^(?:\d{{4}}-\d\d-\d\dT\S+|\d{{6}} +\d?\d:\d\d:\d\d)?\t+ *\d+ (?:{_COMMANDS})(?:\t|$)"
_LINE = (
    r"(?s)^(?:(?P<time>\d{4}-\d\d-\d\dT\S+)|(?P<old_time>\d{6} +\d?\d:\d\d:\d\d))?\t+ *(?P<connection>\d+) "
    rf"(?P<command>{_COMMANDS})(?:\t(?P<argument>.*))?$"
)
# alice@192.0.2.7 on city using SSL/TLS | Access denied for user 'eve'@'192.0.2.7' (using password: YES)
_WHO = r"^(?P<user>.*?)@(?P<client>\S*)(?: on (?P<database>\S*))?(?: using .*)?$"
_DENIED = rf"^{ACCESS_DENIED}"
_KNOWN = ("user", "client", "database")
_CONNECTIONS_LIMIT = 65_536


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is one of the general log, with a command that it knows."""
    return lines_tell(head, lambda line: re.match(_BEGINS, line))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The statements in batches; each is its connection's user's, as far as the log tells who connected."""
    known = pl.DataFrame(schema=dict.fromkeys(("connection", *_KNOWN), pl.String))
    latest = ""
    for block in record_blocks(stream, _BEGINS):
        split = _split(block)
        # Old servers write a time only where it changes.
        times = (
            split["time"]
            .to_frame()
            .select(pl.col("time").forward_fill().fill_null(pl.lit(latest or None, dtype=pl.String)))["time"]
        )
        latest = next(iter(times.drop_nulls().tail(1)), latest)
        told = _known(split.with_columns(times.alias("time")), known)
        known = _remembered(told, known)
        yield _batch(block, told)


def _split(block: LineBlock) -> pl.DataFrame:
    split = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    connects = pl.when(pl.col("command").is_in(["Connect", "Change user"])).then("argument")
    who, denied = connects.str.extract_groups(_WHO).struct, connects.str.extract_groups(_DENIED).struct
    named = [pl.coalesce(denied.field(name), who.field(name)).replace({"": None}).alias(name) for name in _KNOWN]
    chosen = pl.when(pl.col("command") == "Init DB").then("argument")
    return split.with_columns(pl.coalesce("time", iso_times(pl.col("old_time"))).alias("time"), *named).with_columns(
        pl.coalesce("database", chosen).alias("database"), _denied_flag(connects)
    )


def _denied_flag(connects: pl.Expr) -> pl.Expr:
    """Whether a connection was refused."""
    return connects.str.starts_with("Access denied").fill_null(value=False).alias("denied")


def _known(split: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """The lines with what earlier lines of their connection say of it."""
    both = pl.concat([known.with_columns(pl.lit(None, dtype=pl.UInt64).alias("offset")), split], how="diagonal")
    filled = both.with_columns(pl.col(name).forward_fill().over("connection").alias(name) for name in _KNOWN)
    return filled.filter(pl.col("offset").is_not_null())


def _remembered(told: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    both = pl.concat([known, told.select(known.columns)]).filter(pl.col("connection").is_not_null())
    return both.unique("connection", keep="last", maintain_order=True).tail(_CONNECTIONS_LIMIT)


def _batch(block: LineBlock, told: pl.DataFrame) -> Batch:
    times = utc_times(told["time"])
    shaped = told["command"].is_not_null()
    head = told["text"].str.contains(SERVER_HEAD)
    rejects = [
        block.rejects,
        rejected(told.filter(~shaped & ~head), "no line of MySQL's general log, and none before it to belong to"),
        rejected(told.filter(shaped & times.is_null()), "no time: neither here nor before"),
    ]
    timed = told.with_columns(times.alias("event_time")).filter(shaped & times.is_not_null())
    runs = pl.col("command").is_in(["Query", "Execute", "Prepare"])
    actions = {"Connect": "login", "Change user": "login", "Quit": "logout", "Init DB": "use", "Shutdown": "stop"}
    said = timed.with_columns(
        pl.when(runs).then("argument").alias("said.statement"),
        *(pl.col(name).alias(f"said.{name}") for name in _KNOWN),
        pl.col("client").alias("said.address"),
        pl.col("command").replace_strict(actions, default=None, return_dtype=pl.String).alias("said.action"),
        pl.when("denied").then("argument").alias("said.error"),
        pl.when("denied")
        .then(pl.lit(value=True))
        .when(pl.col("command") == "Connect")
        .then(pl.lit(value=False))
        .alias("said.failed"),
    )
    fields = {"connection_id": "connection", "command": "command", "argument": "argument"}
    return Batch("log_events", database_rows(said, "mysql", fields), pl.concat(rejects))
