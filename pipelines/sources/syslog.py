"""Syslog as it lies in files: RFC 3164, RFC 5424 and rsyslog's ISO times, with and without `<PRI>`."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.audit_lines import AUDIT_SAID, audit_rows
from pipelines.sources.audit_lines import SPEAKERS as AUDIT_SPEAKERS
from pipelines.sources.cef_events import cef_rows
from pipelines.sources.columns import canonical_addresses, complete, rejected
from pipelines.sources.device_headers import DEVICE_LINE, device_lines
from pipelines.sources.device_messages import device_message_rows
from pipelines.sources.leef_events import leef_rows
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell
from pipelines.sources.netfilter import NETFILTER_SAID, netfilter_rows
from pipelines.sources.structured_data import structured_data
from pipelines.sources.syslog_header import (
    OF_DEVICE,
    carries_event,
    header_times,
    split_before_events,
    split_before_mnemonics,
    split_headers,
)
from pipelines.sources.syslog_programs import PARSED, REPEATED, understood
from pipelines.sources.syslog_sysmon import sysmon_batch
from pipelines.sources.syslog_years import MONTHS, YearCounter, first_year, utc_now
from pipelines.sources.syslog_zones import Clocks, ClocksOfFile, OffsetsTold, offsets_told, with_zones, zoned
from pipelines.sources.zones import UTC_CLOCKS, Zones

NAME = "syslog"

_TELLING_BSD = re.compile(
    rf"^(?:\d+ )?(?:<\d{{1,3}}>)?(?:(?:{'|'.join(MONTHS)}) +\d\d?(?: \d{{4}})? \d\d:\d\d:\d\d[.,\d]* +\S"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ [^\s:]+:)"
)
_TELLING_RFC5424 = re.compile(r"^(?:\d+ )?<\d{1,3}>[1-9]\d{0,2} (?:-|\d{4}-\d\d-\d\dT\S+) \S+ \S+ \S+ \S+ ?")
_TELLING_DEVICE = re.compile(DEVICE_LINE)

# Who writes the packet filter's lines; a line without a program may be the kernel's too.
_KERNEL = ("kernel", "ulogd", "syslog")
_EVENTS = (("cef", "CEF:", cef_rows), ("leef", "LEEF:", leef_rows))

FACILITIES = (
    *("kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp"),
    *("audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"),
)
SEVERITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")
OCSF = (6, 5, 5, 4, 3, 2, 1, 1)

_HIGHEST = 191
_WORTH_HALVING = 8_000  # lines
_NOTHING = pl.lit(None, dtype=pl.String)
_SERVICES = {"sshd-session": "sshd", "sshd-auth": "sshd", "crond": "cron", "anacron": "cron", "sudo-i": "sudo"}

_FIELDS = {
    "program": "program",
    "pid": "process",
    "facility": "facility",
    "severity": "severity_name",
    "msgid": "message_id",
    "decode_error": "decode_flag",
    REPEATED: REPEATED,
    **{name: f"parsed.{name}" for name in PARSED if name not in {"source_ip", "source_port"}},
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is a syslog line."""
    tellings = (_TELLING_BSD, _TELLING_RFC5424, _TELLING_DEVICE)
    return lines_tell(head, lambda line: any(telling.match(line) for telling in tellings))


def read(
    stream: BinaryIO, now: datetime | None = None, *, site: Zones = UTC_CLOCKS, beginning: BinaryIO | None = None
) -> Iterator[Batch]:
    """The lines in batches; where a year is missing the file is taken to end in the latest that is not after `now`.

    Args:
        stream: the lines.
        now: the latest moment that they may end at.
        site: the zones of clocks that name none.
        beginning: of the file that the stream goes on, by which zones were decided; without it, the stream decides.
    """
    counter, clocks = clocks_and_years(stream, now or utc_now(), site, beginning)
    # What years cost is little: all else is done for both halves of a block at once.
    with ThreadPoolExecutor(2, thread_name_prefix="syslog") as beside:
        for block in line_blocks(stream):
            halves = _halves(block)
            timed = [_timed(split, counter, clocks) for split in beside.map(_headers, [half.lines for half in halves])]
            for batches in beside.map(_sorted_out, timed, [half.rejects for half in halves]):
                yield from batches


def read_on(stream: BinaryIO, beginning: BinaryIO) -> Iterator[Batch]:
    """The lines of a file that has grown, by the zones that its beginning tells."""
    return read(stream, beginning=beginning)


def clocks_and_years(
    stream: BinaryIO, now: datetime, site: Zones, beginning: BinaryIO | None
) -> tuple[YearCounter, Clocks]:
    """What counts the years of a text from its start, and what says in which zones its clocks stand."""
    told = OffsetsTold()
    counter = YearCounter(first_year(stream, now, told.look if beginning is None else None))
    return counter, ClocksOfFile(site, told.offsets if beginning is None else offsets_told(beginning))


def batches_of(block: LineBlock, counter: YearCounter, clocks: Clocks) -> Iterator[Batch]:
    """The batch of the lines that are only syslog, and one for each other format that syslog carries here."""
    yield from _sorted_out(_timed(_headers(block.lines), counter, clocks), block.rejects)


def _halves(block: LineBlock) -> list[LineBlock]:
    middle = block.lines.height // 2
    if middle < _WORTH_HALVING:
        return [block]
    return [
        LineBlock(block.lines.head(middle), block.rejects),
        LineBlock(block.lines.slice(middle), block.rejects.clear()),
    ]


def _headers(lines: pl.DataFrame) -> pl.DataFrame:
    carries, devices = carries_event(lines["text"]), device_lines(lines["text"])
    special = carries | devices
    if not special.any():
        return split_headers(lines)
    # Years are counted from line to line, whatever the line carries.
    parts = [split_headers(lines.filter(~special))]
    parts += [split_before_events(lines.filter(carries))] if carries.any() else []
    parts += [split_before_mnemonics(lines.filter(devices & ~carries))] if devices.any() else []
    return pl.concat(parts).sort("offset")


def _timed(split: pl.DataFrame, counter: YearCounter, clocks: Clocks) -> pl.DataFrame:
    return zoned(split.with_columns(header_times(split, counter).alias("event_time")), clocks)


def _sorted_out(split: pl.DataFrame, rejects_before: pl.DataFrame) -> list[Batch]:
    """The batches of lines whose header is split and whose time is known."""
    return [with_zones(batch, split) for batch in _by_kind(split, rejects_before)]


def _by_kind(split: pl.DataFrame, rejects_before: pl.DataFrame) -> list[Batch]:
    batches = []
    if split["carries"].any():
        carried = split.filter(pl.col("carries"))
        split = split.filter(~pl.col("carries"))
        for name, prefix, rows_of in _EVENTS:
            if (lines := carried.filter(pl.col("message").str.starts_with(prefix))).height:
                batches.append(Batch("log_events", *rows_of(lines), name))
    rejects = [rejects_before]
    good = split["shaped"] & split["event_time"].is_not_null()
    if not good.all():
        unshaped = split.filter(~pl.col("shaped"))
        untimed = split.filter(pl.col("shaped") & pl.col("event_time").is_null())
        rejects.append(rejected(unshaped, "no syslog line: neither RFC 3164 nor RFC 5424"))
        rejects.append(rejected(untimed, "no such time, or none given"))
        split = split.filter(good)
    timed = _prepared(split)
    devices = (timed["program"] == OF_DEVICE).fill_null(value=False)
    if devices.any():
        batches.append(Batch("log_events", device_message_rows(timed.filter(devices)), source_type="network_device"))
        timed = timed.filter(~devices)
    filtered = _saying(timed, timed["service"].is_in(_KERNEL), pl.col("message").str.contains(NETFILTER_SAID))
    if filtered.any():
        batches.append(Batch("log_events", netfilter_rows(timed.filter(filtered)), source_type="iptables"))
        timed = timed.filter(~filtered)
    audited = _saying(timed, timed["service"].is_in(AUDIT_SPEAKERS), pl.col("message").str.contains(AUDIT_SAID))
    if audited.any():
        batches.append(audit_rows(timed.filter(audited)))
        timed = timed.filter(~audited)
    sysmon = _saying(timed, timed["service"] == "sysmon", pl.col("message").str.starts_with("<Event>"))
    if sysmon.any():
        batches.append(sysmon_batch(timed.filter(sysmon)))
        timed = timed.filter(~sysmon)
    return [*batches, Batch("syslog_messages", _rows(timed), pl.concat(rejects))]


def _saying(lines: pl.DataFrame, speaking: pl.Series, said: pl.Expr) -> pl.Series:
    """Which lines are of certain speakers and say a certain thing; only theirs are looked at."""
    if not speaking.any():
        return speaking
    return lines.select((speaking & pl.when(speaking).then(said)).fill_null(value=False).alias("said"))["said"]


def _prepared(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with service, facility and severity, each worked out once for every program and priority there is."""
    programs = lines.select(pl.col("program").unique()).with_columns(_service().alias("service"))
    priority = pl.col("priority").cast(pl.Int64, strict=False)
    valid = pl.when(priority <= _HIGHEST).then(priority)
    priorities = lines.select(pl.col("priority").unique()).with_columns(
        _named(valid // 8, FACILITIES).alias("facility"),
        _named(valid % 8, SEVERITIES).alias("severity_name"),
        (valid % 8).replace_strict(range(8), OCSF, default=0, return_dtype=pl.UInt8).alias("severity"),
    )
    flag = pl.when("decode_error").then(pl.lit("true")) if lines["decode_error"].any() else _NOTHING
    return (
        lines.join(programs, on="program", how="left", nulls_equal=True, maintain_order="left")
        .join(priorities, on="priority", how="left", nulls_equal=True, maintain_order="left")
        .with_columns(flag.alias("decode_flag"))
    )


def _service() -> pl.Expr:
    name = pl.col("program").str.split("/").list.last().str.to_lowercase().str.replace(r"\(.*", "")
    return name.replace(_SERVICES).replace({"": None}).fill_null("syslog")


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    told = understood(lines)
    told = told.with_columns(
        pl.lit("linux").alias("product"),
        pl.col("offset").alias("source_offset"),
        canonical_addresses(told["parsed.source_ip"]).alias("source_ip"),
        pl.col("parsed.source_port").alias("source_port"),
        pl.col("parsed.user").alias("user"),
        pl.col("outcome").fill_null("unknown"),
    )
    return complete(structured_data(told), "syslog_messages", _FIELDS)


def _named(number: pl.Expr, names: tuple[str, ...]) -> pl.Expr:
    return number.replace_strict(range(len(names)), names, default=None, return_dtype=pl.String)
