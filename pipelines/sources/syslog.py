"""Syslog as it lies in files: RFC 3164, RFC 5424 and rsyslog's ISO times, with and without `<PRI>`."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.appliances import SAID_WITHOUT_PROGRAM
from pipelines.sources.device_headers import DEVICE_LINE
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell
from pipelines.sources.syslog_header import header_times, split_headers
from pipelines.sources.syslog_kinds import batches_by_kind
from pipelines.sources.syslog_special import special_lines, split_before_events, split_before_mnemonics
from pipelines.sources.syslog_years import MONTHS, YearCounter, first_year, utc_now
from pipelines.sources.syslog_zones import Clocks, ClocksOfFile, OffsetsTold, offsets_told, with_zones, zoned
from pipelines.sources.zones import UTC_CLOCKS, Zones

NAME = "syslog"

_TELLING_BSD = re.compile(
    rf"^(?:\d+ )?(?:<\d{{1,3}}>)?(?:(?:{'|'.join(MONTHS)}) +\d\d?(?: \d{{4}})? \d\d:\d\d:\d\d[.,\d]* +\S"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ [^\s:]+:)"
    r"|^(?:\d+ )?<\d{1,3}>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* +\S"
    r"|^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\S* +[^\s:]+ [^\s:\[\]]+\[\d+\]:"
)
_TELLING_RFC5424 = re.compile(r"^(?:\d+ )?<\d{1,3}>[1-9]\d{0,2} (?:-|\d{4}-\d\d-\d\d[T ]\S+) \S+ \S+ \S+ \S+ ?")
_TELLING_DEVICE = re.compile(DEVICE_LINE)
_TELLING_APPLIANCE = re.compile(rf"^(?:<\d{{1,3}}>)?\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\S* \S+ (?:{SAID_WITHOUT_PROGRAM})")

_WORTH_HALVING = 8_000  # lines


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is a syslog line."""
    tellings = (_TELLING_BSD, _TELLING_RFC5424, _TELLING_DEVICE, _TELLING_APPLIANCE)
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
    carries, devices = special_lines(lines["text"])
    special = carries | devices
    if not special.any():
        return split_headers(lines)
    # Years are counted from line to line, whatever the line carries.
    parts = [split_headers(lines.filter(~special))]
    parts += [split_before_events(lines.filter(carries))] if carries.any() else []
    parts += [split_before_mnemonics(lines.filter(devices))] if devices.any() else []
    return pl.concat(parts).sort("offset")


def _timed(split: pl.DataFrame, counter: YearCounter, clocks: Clocks) -> pl.DataFrame:
    return zoned(split.with_columns(header_times(split, counter).alias("event_time")), clocks)


def _sorted_out(split: pl.DataFrame, rejects_before: pl.DataFrame) -> list[Batch]:
    """The batches of lines whose header is split and whose time is known."""
    return [with_zones(batch, split) for batch in batches_by_kind(split, rejects_before)]
