"""Access logs of web servers in the common and the combined format, under W3C's field names."""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import canonical_addresses, complete, rejected
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell

NAME = "web_access"

# A proxy may write the list of X-Forwarded-For in place of the client: its first address is the client.
# 192.0.2.7 - alice [01/Mar/2026:10:00:00 +0800] "GET /a?b=c HTTP/1.1" 200 512 "https://example.org/" "curl/8.5"
_LINE = (
    r"(?s)^(?:(?P<vhost>[\w.\-]+):\d{1,5} )?"
    r'"?(?P<client>[^\s,"]+)(?:, ?[^\s,"]+)*"? \S+ (?P<user>[^\[]*?) ?'
    r"\[(?P<time>\d{1,2}/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] "
    r'"(?P<request>(?:[^"\\]|\\.)*)" (?P<status>\d{3}|-)(?: (?P<bytes>\d+|-))?'
    r'(?: "(?P<referer>(?:[^"\\]|\\.)*)"(?: "(?P<agent>(?:[^"\\]|\\.)*)")?)?(?P<rest>.*)$'
)
_REQUEST = r"(?s)^(?P<method>[A-Za-z_\-]{1,32}) (?P<uri>.*?)(?: (?P<protocol>HTTP/[\d.]+))?$"
ACCESS_SAID = r"^(?:[\w.\-]+:\d+ )?\S+ \S+ [^\[]*\[\d{1,2}/[A-Za-z]{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\] \""
# A line of syslog may carry one: it begins with a priority or a time.
_HEADED = r"(?!(?:<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\d{4}-\d\d-\d\dT))"
_TELLING = re.compile(f"{_HEADED}{ACCESS_SAID}")
_ESCAPED = re.compile(r"(?:\\x[0-9a-fA-F]{2})+|\\[\\\"]")

_FIELDS = {
    "c-ip": "client",
    "cs-username": "user",
    "cs-host": "vhost",
    "cs-method": "method",
    "cs-uri": "uri",
    "cs-uri-stem": "stem",
    "cs-uri-query": "query",
    "cs-version": "protocol",
    "sc-status": "status",
    "sc-bytes": "bytes",
    "cs-referer": "referer",
    "cs-user-agent": "agent",
    "request": "unparsed",
    "decode_error": "decode_flag",
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is an access line."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block."""
    return map(access_batch, line_blocks(stream))


def access_batch(block: LineBlock) -> Batch:
    """The rows of access lines; those that are none are rejects."""
    split = block.lines.with_columns(pl.col("text").str.extract_groups(_LINE).alias("line")).unnest("line")
    shaped = pl.col("time").is_not_null()
    time = pl.col("time").str.to_datetime("%d/%b/%Y:%H:%M:%S %z", time_unit="us", strict=False)
    timed = split.with_columns(time.dt.convert_time_zone("UTC").alias("event_time"))
    rejects = [
        block.rejects,
        rejected(timed.filter(~shaped), "no access line of the common or combined format"),
        rejected(timed.filter(shaped & pl.col("event_time").is_null()), "no such time"),
    ]
    return Batch("http_requests", _rows(timed.filter(pl.col("event_time").is_not_null())), pl.concat(rejects))


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    given = lines.with_columns(
        *(pl.col(name).replace({"-": None, "": None}) for name in ("user", "status", "bytes")),
        *(_unescaped(lines[name]).replace({"-": None}) for name in ("request", "referer", "agent")),
    )
    asked = given.with_columns(pl.col("request").str.extract_groups(_REQUEST).alias("asked")).unnest("asked")
    parts = asked.with_columns(
        pl.col("uri").str.split_exact("?", 1).struct.field("field_0").alias("stem"),
        pl.col("uri").str.extract(r"(?s)\?(.*)$").alias("query"),
        pl.when(pl.col("method").is_null()).then("request").alias("unparsed"),
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
    )
    worked = pl.col("status").cast(pl.Int64, strict=False) < 400
    return complete(
        parts.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit("webserver").alias("category"),
            pl.lit("apache").alias("service"),
            pl.col("vhost").alias("host"),
            canonical_addresses(parts["client"]).alias("source_ip"),
            pl.lit("request").alias("action"),
            pl.when(worked)
            .then(pl.lit("success"))
            .when(~worked)
            .then(pl.lit("failure"))
            .otherwise(pl.lit("unknown"))
            .alias("outcome"),
            pl.lit(1, dtype=pl.UInt8).alias("severity"),
            pl.col("text").alias("message"),
        ),
        "http_requests",
        _FIELDS,
    )


def _unescaped(values: pl.Series) -> pl.Series:
    r"""The texts with the server's escapes undone: `\"`, `\\` and `\xNN`."""
    escaped = values.filter(values.str.contains("\\", literal=True)).unique().to_list()
    return values.replace(escaped, [_ESCAPED.sub(_character, text) for text in escaped]) if escaped else values


def _character(found: re.Match[str]) -> str:
    escape = found.group()
    if not escape.startswith("\\x"):
        return escape[1]
    return bytes.fromhex(escape.replace("\\x", "")).decode("utf-8", "backslashreplace")
