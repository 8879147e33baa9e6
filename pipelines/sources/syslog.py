"""Syslog as it lies in files: RFC 3164, RFC 5424 and rsyslog's ISO times, with and without `<PRI>`."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import numpy as np
import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns, rejected
from pipelines.sources.lines import LineBlock, first_lines, line_blocks
from pipelines.sources.structured_data import structured_data
from pipelines.sources.syslog_programs import PARSED, understood
from pipelines.sources.syslog_years import MONTHS, YearCounter, first_year, utc_now
from pipelines.sources.times import utc_times

NAME = "syslog"

# <34>Mar  1 10:00:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2
# 2026-03-01T10:00:00.003+08:00 web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2
_BSD = (
    r"(?s)^(?:\d{1,7} )?(?:<(?P<priority>\d{1,3})>)?"
    rf"(?:(?P<month>{'|'.join(MONTHS)}) +(?P<day>\d\d?)(?: (?P<year>\d{{4}}))? (?P<clock>\d\d:\d\d:\d\d)"
    r"(?:[.,](?P<fraction>\d+))?"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)) +"
    r"(?:(?P<host>\S*[^\s:\]]) +)?"
    r"(?:(?P<program>[^\s:\[\]]{1,128})(?:\[(?P<process>[^\]\s]*)\])?:(?: |$))?(?P<message>.*)$"
)

# <34>1 2026-03-01T10:00:00.003Z rtu-7 sshd 811 ID47 [timeQuality tzKnown="1"] Failed password for root from ...
_RFC5424 = (
    r"(?s)^(?:\d{1,7} )?<(?P<priority>\d{1,3})>[1-9]\d{0,2} (?P<iso>\S+) (?P<host>\S+) (?P<program>\S+) "
    r"(?P<process>\S+) (?P<message_id>\S+) "
    r'(?P<structured>-|(?:\[[^\s=\]"]+(?: [^\s=\]"]+="(?:[^"\\]|\\.)*")*\])+)(?: \x{FEFF}?(?P<message>.*))?$'
)

_TELLING_BSD = re.compile(
    rf"^(?:\d+ )?(?:<\d{{1,3}}>)?(?:(?:{'|'.join(MONTHS)}) +\d\d?(?: \d{{4}})? \d\d:\d\d:\d\d[.,\d]* +\S"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ [^\s:]+:)"
)
_TELLING_RFC5424 = re.compile(r"^(?:\d+ )?<\d{1,3}>[1-9]\d{0,2} (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ ?")

_FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp"),
    *("audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
_SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
_OCSF = (6, 5, 5, 4, 3, 2, 1, 1)

_SERVICES = {"sshd-session": "sshd", "sshd-auth": "sshd", "crond": "cron", "anacron": "cron", "sudo-i": "sudo"}

_FIELDS = {
    "program": "program",
    "pid": "process",
    "facility": "facility",
    "severity": "severity_name",
    "msgid": "message_id",
    "decode_error": "decode_flag",
    **{name: f"parsed.{name}" for name in PARSED if name not in {"source_ip", "source_port"}},
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is a syslog line."""
    lines = first_lines(head)
    telling = sum(bool(_TELLING_BSD.match(line) or _TELLING_RFC5424.match(line)) for line in lines)
    return telling > 0 and telling * 4 >= len(lines)


def read(stream: BinaryIO, now: datetime | None = None) -> Iterator[Batch]:
    """The lines in batches; where a year is missing the file is taken to end in the latest that is not after `now`."""
    counter = YearCounter(first_year(stream, now or utc_now()))
    for block in line_blocks(stream):
        yield _batch(block, counter)


def _batch(block: LineBlock, counter: YearCounter) -> Batch:
    split = _split(block.lines)
    timed = split.with_columns(_times(split, counter).alias("event_time"))
    unshaped = timed.filter(~pl.col("shaped"))
    untimed = timed.filter(pl.col("shaped") & pl.col("event_time").is_null())
    rejects = [
        block.rejects,
        rejected(unshaped, "no syslog line: neither RFC 3164 nor RFC 5424"),
        rejected(untimed, "no such time, or none given"),
    ]
    rows = _rows(timed.filter(pl.col("event_time").is_not_null()))
    return Batch("log_events", rows, pl.concat(rejects))


def _split(lines: pl.DataFrame) -> pl.DataFrame:
    modern = pl.col("text").str.extract_groups(_RFC5424).struct
    old = pl.col("text").str.extract_groups(_BSD).struct
    both = ("priority", "iso", "host", "program", "process", "message")
    found = lines.select(
        "offset",
        "text",
        "decode_error",
        *(old.field(name) for name in ("month", "day", "year", "clock", "fraction")),
        *(modern.field(name) for name in ("message_id", "structured")),
        *(modern.field(name).alias(f"{name}.new") for name in both),
        *(old.field(name).alias(f"{name}.old") for name in both),
    )
    is_modern = pl.col("structured").is_not_null()
    chosen = [pl.when(is_modern).then(f"{name}.new").otherwise(f"{name}.old").alias(name) for name in both]
    split = found.with_columns(*chosen, (is_modern | pl.col("message.old").is_not_null()).alias("shaped"))
    absent = [pl.col(name).replace({"-": None, "": None}) for name in ("host", "program", "process", "message_id")]
    return split.with_columns(*absent, pl.col("message").fill_null(""))


def _times(split: pl.DataFrame, counter: YearCounter) -> pl.Series:
    numbers = split["month"].replace_strict(list(MONTHS), range(1, 13), default=None, return_dtype=pl.Int64)
    without = numbers.is_not_null() & split["year"].is_null()
    years = np.zeros(split.height, dtype=np.int64)
    years[without.to_numpy()] = counter.years(numbers.filter(without).to_numpy())
    stamps = split.select(
        pl.format(
            "{}-{}-{}T{}.{}Z",
            pl.coalesce(pl.col("year").cast(pl.Int64), pl.Series("year", years)),
            numbers.cast(pl.String).str.zfill(2),
            pl.col("day").str.zfill(2),
            "clock",
            pl.col("fraction").fill_null("0"),
        )
    ).to_series()
    return utc_times(pl.select(pl.coalesce(split["iso"], stamps)).to_series())


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    service = pl.col("program").str.split("/").list.last().str.to_lowercase().str.replace(r"\(.*", "")
    priority = pl.col("priority").cast(pl.Int64, strict=False)
    valid = pl.when(priority <= 191).then(priority)
    prepared = lines.with_columns(
        service.replace(_SERVICES).replace({"": None}).fill_null("syslog").alias("service"),
        _named(valid // 8, _FACILITIES).alias("facility"),
        _named(valid % 8, _SEVERITIES).alias("severity_name"),
        (valid % 8).replace_strict(range(8), _OCSF, default=0, return_dtype=pl.UInt8).alias("severity"),
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
    )
    told = understood(prepared)
    told = told.with_columns(
        pl.lit("linux").alias("product"),
        pl.col("offset").alias("source_offset"),
        canonical_addresses(told["parsed.source_ip"]).alias("source_ip"),
        pl.col("parsed.source_port").alias("source_port"),
        pl.col("parsed.user").alias("user"),
        pl.col("outcome").fill_null("unknown"),
        fields_of_columns(told, _FIELDS),
    )
    return complete(structured_data(told), "log_events")


def _named(number: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return number.replace_strict(range(len(names)), names, default=None, return_dtype=pl.String)
