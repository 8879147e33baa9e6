"""Logs of applications: lines with a time and a level, as Log4j, Logback, Python, Tomcat and Redis write them.

Of no known product; what follows a line without a time of its own, such as a stack trace, belongs to it.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import complete, fields_of_columns, rejected
from pipelines.sources.device_times import device_times
from pipelines.sources.lines import LineBlock, lines_tell
from pipelines.sources.multiline import record_blocks

NAME = "application_log"

_LEVELS = {
    **dict.fromkeys(("TRACE", "DEBUG", "FINE", "FINER", "FINEST", "INFO", "CONFIG", "NOTICE"), 1),
    **dict.fromkeys(("WARN", "WARNING"), 3),
    **dict.fromkeys(("ERROR", "SEVERE"), 4),
    **dict.fromkeys(("CRITICAL", "CRIT", "ALERT"), 5),
    **dict.fromkeys(("FATAL", "EMERG", "PANIC"), 6),
}
_MARKS = {".": "DEBUG", "-": "INFO", "*": "NOTICE", "#": "WARNING"}
_CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_TIME = (
    rf"\d{{4}}[-/]\d\d[-/]\d\d[T ]{_CLOCK}(?:Z| ?[+-]\d\d:?\d\d| UTC)?"
    rf"|\d{{1,2}}-[A-Z][a-z]{{2}}-\d{{4}} {_CLOCK}"
)
_LEVEL = "|".join([*_LEVELS, *(name.lower() for name in _LEVELS), *(name.capitalize() for name in _LEVELS)])
# 2026-03-01 10:00:00,123 ERROR [main] org.example.App - said
# 2026-03-01 10:00:00.123  INFO 811 --- [main] o.e.App : said
# [2026-03-01 10:00:00] app.ERROR: said | 01-Mar-2026 10:00:00.123 SEVERE [main] org.example.App.run said
# 2026-03-01 10:00:00,123 - app - ERROR - said
_TIMED = rf"^\[?(?P<time>{_TIME})\]?"
_BETWEEN = r"[^\n]{0,80}?(?:^|[\s\[(.|<-])"
_LINE = rf"(?s){_TIMED}{_BETWEEN}(?P<level>{_LEVEL})(?:[\s\]):|>,-])(?P<said>.*)$"
# 1:M 01 Mar 2026 10:00:00.123 # said
_REDIS = rf"(?s)^\d+:[XCSM] (?P<time>\d\d? [A-Z][a-z]{{2}} \d{{4}} {_CLOCK}) (?P<mark>[.*#-]) (?P<said>.*)$"
_BEGINS = rf"^(?:\[?(?:{_TIME})\]?|\d+:[XCSM] \d\d? [A-Z][a-z]{{2}} \d{{4}} {_CLOCK} [.*#-] )"
_TELLING = re.compile(_LINE.replace("(?s)", "", 1))
_TELLING_REDIS = re.compile(_REDIS.replace("(?s)", "", 1))


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines has a time and then a level."""
    return lines_tell(head, lambda line: _TELLING.match(line) or _TELLING_REDIS.match(line))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block. A time without a zone is UTC."""
    return map(_batch, record_blocks(stream, _BEGINS))


def _batch(block: LineBlock) -> Batch:
    split = block.lines.with_columns(
        pl.col("text").str.extract_groups(_LINE).alias("line"),
        pl.col("text").str.extract_groups(_REDIS).alias("redis"),
        pl.col("text").str.extract(_TIMED, 1).alias("bare"),
    ).unnest("line", "redis", separator=".")
    written = split.select(pl.coalesce("line.time", "redis.time", "bare").alias("time"))["time"]
    times = device_times(written.str.replace(",", ".", literal=True).str.replace(" UTC$", "Z"))
    timed = split.with_columns(times.alias("event_time"))
    untimed = rejected(timed.filter(times.is_null()), "no time, and no line before it to belong to")
    rows = _rows(timed.filter(times.is_not_null()))
    return Batch("log_events", rows, pl.concat([block.rejects, untimed]))


def _rows(timed: pl.DataFrame) -> pl.DataFrame:
    level = pl.coalesce(
        pl.col("line.level").str.to_uppercase(), pl.col("redis.mark").replace_strict(_MARKS, default=None)
    )
    told = timed.with_columns(level.alias("level"), pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"))
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.col("level").replace_strict(_LEVELS, default=0, return_dtype=pl.UInt8).alias("severity"),
            pl.lit("unknown").alias("outcome"),
            pl.col("text").alias("message"),
            fields_of_columns(told, {"level": "level", "decode_error": "decode_flag"}),
        ),
        "log_events",
    )
