"""Squid's own access log: who asked the proxy for what, and how it was answered."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import canonical_addresses, complete, rejected
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell
from pipelines.sources.times import utc_times
from pipelines.sources.web_outcome import outcome_of_status

NAME = "squid"

# 1772330400.123    180 192.0.2.7 TCP_MISS/200 411 GET http://a.example.org/ alice HIER_DIRECT/198.51.100.2 text/html
_LINE = (
    r"(?s)^(?P<time>\d{1,12}\.\d{1,6}) +(?P<taken>-?\d+) (?P<client>\S+) (?P<result>[A-Z_]+)/(?P<status>\d{1,3}) "
    r"(?P<bytes>\d+) (?P<method>\S+) (?P<url>.*?) (?P<user>\S+) (?P<hierarchy>[A-Z_0-9]+)/(?P<peer>\S+) (?P<type>\S+)"
)
SQUID_SAID = r"^\d{1,12}\.\d{1,6} +-?\d+ \S+ [A-Z_]+/\d{1,3} \d+ \S+ \S"
_TELLING = re.compile(SQUID_SAID)
_URL = r"^(?:(?P<scheme>[A-Za-z][\w+.\-]*)://)?(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?"

_FIELDS = {
    "c-ip": "client",
    "cs-username": "user",
    "cs-method": "method",
    "c-uri": "url",
    "sc-status": "status",
    "sc-bytes": "bytes",
    "time-taken": "taken",
    "s-action": "result",
    "s-hierarchy": "hierarchy",
    "r-ip": "peer",
    "sc-content-type": "type",
    "cs-host": "name",
    "r-dns": "name",
    "cs-uri-stem": "path",
    "cs-uri-query": "query",
    "cs-uri-scheme": "scheme",
    "cs-uri-port": "port",
    "decode_error": "decode_flag",
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is one of Squid's."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block."""
    return map(squid_batch, line_blocks(stream))


def squid_batch(block: LineBlock) -> Batch:
    """The rows of Squid's lines; those that are none are rejects."""
    split = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    shaped = split["time"].is_not_null()
    timed = split.filter(shaped).with_columns(utc_times(split["time"].filter(shaped)).alias("event_time"))
    rejects = [block.rejects, rejected(split.filter(~shaped), "no line of Squid's access log")]
    return Batch("http_requests", _rows(timed.filter(pl.col("event_time").is_not_null())), pl.concat(rejects))


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    parts = lines.with_columns(pl.col("url").str.extract_groups(_URL).alias("parts")).unnest("parts")
    told = parts.with_columns(
        *(pl.col(name).replace({"-": None, "": None}) for name in ("user", "peer", "type", "path", "query")),
        pl.col("authority").str.replace(r"^[^@]*@", "").str.replace(r":\d+$", "").replace({"": None}).alias("name"),
        pl.col("authority").str.extract(r":(\d+)$", 1).alias("port"),
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
    )
    denied = pl.col("result").str.contains("DENIED", literal=True)
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit("proxy").alias("category"),
            pl.lit("squid").alias("service"),
            canonical_addresses(told["client"]).alias("source_ip"),
            canonical_addresses(told["peer"]).alias("destination_ip"),
            pl.col("port").alias("destination_port"),
            pl.when(denied).then(pl.lit("deny")).otherwise(pl.lit("request")).alias("action"),
            pl.when(denied).then(pl.lit("failure")).otherwise(outcome_of_status(pl.col("status"))).alias("outcome"),
            pl.lit(1, dtype=pl.UInt8).alias("severity"),
            pl.col("text").alias("message"),
        ),
        "http_requests",
        _FIELDS,
    )
