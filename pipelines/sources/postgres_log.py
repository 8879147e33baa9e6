"""PostgreSQL's log lines as it writes them to its error output, whatever `log_line_prefix` begins with a time."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import rejected
from pipelines.sources.device_times import device_times
from pipelines.sources.lines import LineBlock, lines_tell
from pipelines.sources.multiline import record_blocks
from pipelines.sources.postgres_said import postgres_rows

NAME = "postgres_log"

_LEVELS = "DEBUG[1-5]?|INFO|NOTICE|WARNING|ERROR|LOG|FATAL|PANIC"
_COMPANIONS = "DETAIL|HINT|QUERY|CONTEXT|STATEMENT|LOCATION"
_TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? (?:[A-Z]{2,5}|[+-]\d\d(?::?\d\d)?)"

# 2026-03-01 10:00:00.123 UTC [811] alice@city LOG:  statement: SELECT 1
# 2026-03-01 10:00:00 UTC:192.0.2.7(40022):alice@city:[811]:LOG:  statement: SELECT 1, as rented servers have it
_BEGINS = rf"^{_TIME}.{{0,512}}? ?\b(?:{_LEVELS}):  "
_LINE = rf"(?s)^(?P<time>{_TIME})(?P<prefix>[^\n]{{0,512}}?)\b(?P<level>{_LEVELS}):  (?P<said>.*)$"
# The lines that belong to a message carry the same prefix and come right behind it.
_OTHER = rf"\n{_TIME}[^\n]{{0,512}}?\b(?:{_COMPANIONS}):  "
_TELLING = re.compile(rf"^{_TIME}.{{0,512}}?\b(?:{_LEVELS}|{_COMPANIONS}):  ")

_PREFIX = {
    "process": r"\[(\d+)(?:-\d+)?\]|\b(?:pid|process)=(\d+)",
    "user": r"(?:\buser=|[\s:])([\w.$\-]+)(?:@|,|\s+db=)",
    "database": r"(?:[\w.$\-]@|\bdb=|\bdatabase=)([\w.$\-]+)",
    "client": r"(?:\b(?:client|host)=)?((?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]*:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*)",
    "client_port": r"[0-9A-Fa-f]\((\d{1,5})\)",
    "application": r"\bapp(?:lication)?=([^,\s]+)",
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines has PostgreSQL's time, level and two blanks."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block; a message with its DETAIL, HINT, CONTEXT and STATEMENT is one row."""
    return map(_batch, record_blocks(stream, _BEGINS))


def log_times(texts: pl.Series) -> pl.Series:
    """PostgreSQL's times, `2026-03-01 10:00:00.123 CST` with the zone's name or number; null where a text is none."""
    numeric = texts.str.replace(r" ([+-]\d\d)$", " ${1}:00")
    named = texts.str.replace(r"^(\d{4})-(\d\d)-(\d\d) (.*)$", "${3} ${2} ${1} ${4}")
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    for number, name in enumerate(months, start=1):
        named = named.str.replace(rf"^(\d\d) {number:02} ", f"${{1}} {name} ")
    zoned = numeric.str.contains(r"[+-]\d\d:?\d\d$|UTC$")
    return device_times(numeric.zip_with(zoned.fill_null(value=False), named))


def _batch(block: LineBlock) -> Batch:
    split = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    shaped = split.filter(pl.col("time").is_not_null())
    timed = shaped.with_columns(log_times(shaped["time"]).alias("event_time"))
    rejects = [
        block.rejects,
        rejected(
            split.filter(pl.col("time").is_null()), "no line of PostgreSQL's log, and none before it to belong to"
        ),
        rejected(timed.filter(pl.col("event_time").is_null()), "no such time"),
    ]
    return Batch("log_events", _rows(timed.filter(pl.col("event_time").is_not_null())), pl.concat(rejects))


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    told = lines.with_columns(
        *(_of_prefix(name, pattern) for name, pattern in _PREFIX.items()),
        pl.col("said").str.replace(rf"(?s){_OTHER}.*$", "").alias("message"),
        *(_companion(word).alias(word.lower()) for word in ("STATEMENT", "DETAIL", "HINT", "CONTEXT")),
    )
    more = {"detail": "detail", "hint": "hint", "context": "context", "pid": "process"}
    return postgres_rows(told, more)


def _of_prefix(name: str, pattern: str) -> pl.Expr:
    groups = re.compile(pattern).groups
    found = pl.coalesce(pl.col("prefix").str.extract(pattern, number) for number in range(1, groups + 1))
    return pl.when(found != "[unknown]").then(found).alias(name)


def _companion(word: str) -> pl.Expr:
    """The text of a line that belongs to the message, with the lines it goes on over."""
    found = pl.col("said").str.extract(rf"(?s)\n{_TIME}[^\n]{{0,512}}?\b{word}:  (.*)$", 1)
    return found.str.replace(rf"(?s){_OTHER}.*$", "")
