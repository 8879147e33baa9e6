"""Error logs of nginx and of Apache 2.4.

A request that failed stands in the access log too: here it is kept whole under `request`, so that it does not count
twice.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import canonical_addresses, complete, fields_of_columns, rejected
from pipelines.sources.lines import LineBlock, line_blocks, lines_tell
from pipelines.sources.times import utc_times

NAME = "web_error"

# 2026/03/01 10:00:00 [error] 811#811: *7 open() "/x" failed (2: No such file), client: 192.0.2.7, server: ...
_NGINX = (
    r"(?s)^(?P<nginx_time>\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[(?P<nginx_level>[a-z]+)\] "
    r"(?P<nginx_pid>\d+)#(?P<nginx_tid>\d+): "
    r"(?:\*(?P<connection>\d+) )?(?P<nginx_said>.*)$"
)
# [Sun Mar 01 10:00:00.123456 2026] [core:error] [pid 811:tid 140] [client 192.0.2.7:4711] AH00124: Request exceeded ...
_APACHE = (
    r"(?s)^\[[A-Z][a-z]{2} (?P<apache_time>[A-Z][a-z]{2} +\d\d? \d\d:\d\d:\d\d(?:\.\d+)? \d{4})\] "
    r"\[(?:(?P<module>[\w-]*):)?(?P<apache_level>\w+)\] (?:\[pid (?P<apache_pid>\d+)(?::tid (?P<apache_tid>\d+))?\] )?"
    r"(?:\((?P<os_error>\d+)\)[^:\[]*: )?(?:\[(?:client|remote) (?P<apache_client>[^\]\s]+)\] )?"
    r"(?:(?P<code>AH\d{5}): )?(?P<apache_said>.*)$"
)
ERROR_SAID = (
    r"^(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[[a-z]+\] \d+#\d+: "
    r"|\[[A-Z][a-z]{2} [A-Z][a-z]{2} +\d\d? \d\d:\d\d:\d\d(?:\.\d+)? \d{4}\] \[)"
)
_TELLING = re.compile(ERROR_SAID)
_SAID_OF = {
    "server": r", server: ([^,]*)",
    "cs-host": r', host: "([^"]*)"',
    "request": r', request: "((?:[^"\\]|\\.)*)"',
    "upstream": r', upstream: "([^"]*)"',
    "cs-referer": r', referrer: "([^"]*)"',
}
# user admin: authentication failure for "/x": Password Mismatch | user "admin" was not found in "/etc/nginx/htpasswd"
_USER = r'\buser "?([^\s":]+)"?(?:: (?:authentication failure|password mismatch)| (?:was )?not found)'
_LEVELS = {
    "emerg": 6,
    "alert": 5,
    "crit": 5,
    "error": 4,
    "warn": 3,
    "notice": 2,
    "info": 1,
    "debug": 1,
    **{f"trace{number}": 1 for number in range(1, 9)},
}


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines is of an error log."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block. Neither server writes a zone: times are read as UTC."""
    return map(error_batch, line_blocks(stream))


def error_batch(block: LineBlock) -> Batch:
    """The rows of lines of either server; those that are none are rejects."""
    groups = (
        pl.col("text").str.extract_groups(pattern).alias(name) for name, pattern in (("n", _NGINX), ("a", _APACHE))
    )
    split = block.lines.with_columns(groups).unnest("n", "a")
    shaped = pl.any_horizontal(pl.col("nginx_time", "apache_time").is_not_null())
    nginx = utc_times(split["nginx_time"].str.replace_all("/", "-", literal=True))
    apache = (
        split["apache_time"]
        .str.replace(r"(:\d\d) ", "${1}.0 ")
        .str.to_datetime("%b %d %H:%M:%S%.f %Y", time_unit="us", strict=False)
    )
    time = pl.coalesce(pl.lit(nginx), pl.lit(apache.dt.replace_time_zone("UTC")))
    timed = split.with_columns(time.alias("event_time"))
    rejects = [
        block.rejects,
        rejected(timed.filter(~shaped), "no line of nginx's or Apache's error log"),
        rejected(timed.filter(shaped & pl.col("event_time").is_null()), "no such time"),
    ]
    return Batch("log_events", _rows(timed.filter(pl.col("event_time").is_not_null())), pl.concat(rejects))


def _rows(lines: pl.DataFrame) -> pl.DataFrame:
    said = pl.coalesce("nginx_said", "apache_said")
    told = lines.with_columns(
        said.alias("message"),
        pl.coalesce("nginx_level", "apache_level").alias("level"),
        pl.coalesce("nginx_pid", "apache_pid").alias("pid"),
        pl.coalesce("nginx_tid", "apache_tid").alias("tid"),
        pl.coalesce("apache_client", said.str.extract(r", client: ([^,]+)", 1)).alias("client"),
        *(pl.col("nginx_said").str.extract(pattern, 1).alias(name) for name, pattern in _SAID_OF.items()),
        pl.when("decode_error").then(pl.lit("true")).alias("decode_flag"),
    )
    told = told.with_columns(
        # Apache writes the port behind the address, IPv6 in brackets or bare.
        pl.col("client")
        .str.replace(r"^\[([0-9a-fA-F:]+)\](:\d+)?$", "${1}")
        .str.replace(r"^([\d.]+):\d+$", "${1}")
        .alias("address"),
        pl.col("client").str.extract(r"(?:\]|^[\d.]+):(\d+)$", 1).alias("port"),
    )
    bare = told["client"].str.extract(r"^((?:[0-9a-fA-F]{0,4}:){2,7}[0-9a-fA-F]{1,4}):\d{2,5}$", 1)
    address = canonical_addresses(told["address"])
    address = pl.select(pl.when(address != "").then(address).otherwise(canonical_addresses(bare))).to_series()
    named = ("level", "pid", "tid", "connection", "module", "code", "os_error", "client", *_SAID_OF)
    fields = {name: name for name in named} | {"c-ip": "client"}
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit("webserver").alias("category"),
            pl.when(pl.col("nginx_time").is_not_null())
            .then(pl.lit("nginx"))
            .otherwise(pl.lit("apache"))
            .alias("service"),
            pl.col("cs-host").alias("host"),
            address.alias("source_ip"),
            said.str.extract(_USER, 1).alias("user"),
            pl.col("port").alias("source_port"),
            pl.lit("error").alias("action"),
            pl.when(pl.col("level").is_in(["emerg", "alert", "crit", "error"]))
            .then(pl.lit("failure"))
            .otherwise(pl.lit("unknown"))
            .alias("outcome"),
            pl.col("level").replace_strict(_LEVELS, default=0, return_dtype=pl.UInt8).alias("severity"),
            fields_of_columns(told, fields | {"decode_error": "decode_flag"}),
        ),
        "log_events",
    )
