"""IIS's own log format: fifteen values between commas, without a heading.

Microsoft, "IIS Log File Formats". Dates and times are the server's own, which names no zone: they are read as UTC.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import canonical_addresses, complete, rejected
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell
from pipelines.sources.regional_dates import iso_dates
from pipelines.sources.times import utc_times
from pipelines.sources.web_outcome import outcome_of_status

NAME = "iis_native"

# 192.0.2.7, -, 03/01/26, 9:00:02, W3SVC1, WEB-1, 198.51.100.2, 16, 320, 1450, 200, 0, GET, /default.aspx, id=4,
_DATE = r"\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4}"
_BEGINS = (
    rf"^(?P<client>[^\s,]+), (?P<user>[^,]*), (?P<date>{_DATE}), (?P<clock>\d{{1,2}}:\d\d:\d\d), "
    r"(?P<site>[A-Z]\w*SVC\d*), "
)
_LINE = _BEGINS + (
    r"(?P<host>[^\s,]*), (?P<server>[^\s,]*), (?P<taken>\d+), (?P<received>\d+), (?P<sent>\d+), (?P<status>\d+), "
    r"(?P<win32>\d+), (?P<method>[^,]*), (?P<stem>.*?), (?P<query>.*?),?\s*$"
)
_TELLING = re.compile(_BEGINS)
_FIELDS = {
    "c-ip": "client",
    "cs-username": "user",
    "s-sitename": "site",
    "s-computername": "host",
    "s-ip": "server",
    "time-taken": "taken",
    "cs-bytes": "received",
    "sc-bytes": "sent",
    "sc-status": "status",
    "sc-win32-status": "win32",
    "cs-method": "method",
    "cs-uri-stem": "stem",
    "cs-uri-query": "query",
    "cs-uri": "uri",
    "decode_error": "decode_flag",
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines has a client, a user, a date, a clock and a service of IIS."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block. The month comes first, unless a date of the block says otherwise."""
    return map(_batch, line_blocks(stream))


def _batch(block: LineBlock) -> Batch:
    split = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    shaped = pl.col("date").is_not_null()
    timed = split.with_columns(_times(split).alias("event_time"))
    rejects = [
        block.rejects,
        rejected(timed.filter(~shaped), "no line of IIS's own format"),
        rejected(timed.filter(shaped & pl.col("event_time").is_null()), "no such time"),
    ]
    return Batch("http_requests", _rows(timed.filter(pl.col("event_time").is_not_null())), pl.concat(rejects))


def _times(split: pl.DataFrame) -> pl.Series:
    clock = split["clock"].str.zfill(8)
    return utc_times(pl.select(pl.format("{}T{}", iso_dates(split["date"]), clock).alias("time"))["time"])


def _rows(timed: pl.DataFrame) -> pl.DataFrame:
    nothing = [pl.col(name).replace({"-": None, "": None}) for name in ("user", "stem", "query", "host", "server")]
    told = timed.with_columns(*nothing, pl.when("decode_error").then(pl.lit("true")).alias("decode_flag")).with_columns(
        pl.when(pl.col("query").is_null()).then("stem").otherwise(pl.format("{}?{}", "stem", "query")).alias("uri")
    )
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit("webserver").alias("category"),
            pl.lit("iis").alias("service"),
            canonical_addresses(told["client"]).alias("source_ip"),
            canonical_addresses(told["server"]).alias("destination_ip"),
            pl.lit("request").alias("action"),
            outcome_of_status(pl.col("status")).alias("outcome"),
            pl.lit(1, dtype=pl.UInt8).alias("severity"),
            pl.col("text").alias("message"),
        ),
        "http_requests",
        _FIELDS,
    )
