"""Suricata's `fast.log`, and Snort's where it writes the year: an alert a line."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.appliance_rows import appliance_rows
from pipelines.sources.columns import rejected
from pipelines.sources.fast_alerts import ALERT_SAID, alerts_told
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell
from pipelines.sources.times import utc_times
from pipelines.sources.zones import UTC_CLOCKS, Zones, in_zones

NAME = "suricata_fast"

# 03/01/2026-10:00:00.123456  [**] [1:2100498:7] GPL ATTACK_RESPONSE id check [**] [Classification: ...] ...
_LINE = (
    r"(?s)^(?P<month>\d\d)/(?P<day>\d\d)/(?P<year>\d{4}|\d\d)-(?P<clock>\d\d:\d\d:\d\d\.\d{1,6})\s+(?P<message>\[.*)$"
)
_BEGINS = re.compile(r"\d\d/\d\d/\d{2,4}-\d")
_ABSENT = ("host", "facility", "severity_name", "program")


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is an alert behind a time."""
    return lines_tell(head, lambda line: _BEGINS.match(line) and _alerts(pl.Series([line])).any())


def _alerts(texts: pl.Series) -> pl.Series:
    return texts.str.contains(_LINE) & texts.str.replace(_LINE, "${message}").str.contains(ALERT_SAID)


def read(
    stream: BinaryIO, now: datetime | None = None, *, site: Zones = UTC_CLOCKS, beginning: BinaryIO | None = None
) -> Iterator[Batch]:
    """One batch a block; times are of the site's zone, since no line names any. `now` and `beginning` do not matter."""
    del now, beginning
    for block in line_blocks(stream):
        yield _batch(block, site)


def _batch(block: LineBlock, site: Zones) -> Batch:
    part = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    year = pl.when(pl.col("year").str.len_chars() == 2).then("20" + pl.col("year")).otherwise("year")
    shown = part.select(pl.format("{}-{}-{}T{}", year, "month", "day", "clock").alias("time"))["time"]
    zone = site.fallback.name
    times = in_zones(utc_times(shown), pl.repeat(zone, part.height, eager=True), [zone])
    fits = part["message"].str.contains(ALERT_SAID).fill_null(value=False)
    good = fits & times.is_not_null()
    lines = part.with_columns(
        times.alias("event_time"),
        *(pl.lit(None, dtype=pl.String).alias(name) for name in _ABSENT),
        pl.lit(0, dtype=pl.UInt8).alias("severity"),
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
    ).filter(good)
    rejects = [
        block.rejects,
        rejected(part.filter(~fits), "no alert of fast.log"),
        rejected(part.filter(fits & times.is_null()), "no such time"),
    ]
    rows = appliance_rows(lines, alerts_told(lines), "suricata")
    return Batch("log_events", rows.with_columns(lines["text"].alias("message")), pl.concat(rejects))


def read_on(stream: BinaryIO, beginning: BinaryIO) -> Iterator[Batch]:
    """The lines of a file that has grown."""
    return read(stream, beginning=beginning)
