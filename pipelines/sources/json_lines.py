"""JSON events of no known product: kept whole, as long as one of their fields says when."""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources.columns import canonical_addresses, complete, rejected
from pipelines.sources.json_records import JsonObject, Record, flat_frame, flattened
from pipelines.sources.json_stream import first_objects, read_objects
from pipelines.sources.times import utc_times

NAME = "json_lines"

_TIMES = (
    *("@timestamp", "timestamp", "event_time", "eventTime", "time", "ts", "datetime", "eventTimestamp"),
    *("requestReceivedTimestamp", "created_at", "createdAt", "date", "Timestamp", "Time", "log_time", "logTime"),
    "t.$date",  # MongoDB's
)
_NAMED = {
    "host": ("host", "hostname", "host.name", "computer", "server", "agent.name", "node"),
    "source_ip": ("source_ip", "src_ip", "source.ip", "client_ip", "client.ip", "sourceIPAddress", "remote_addr", "ip"),
    "source_port": ("source_port", "src_port", "source.port"),
    "destination_ip": ("destination_ip", "dest_ip", "dst_ip", "destination.ip"),
    "destination_port": ("destination_port", "dest_port", "dst_port", "destination.port"),
    "user": ("user", "user.name", "username", "user_name", "account", "userIdentity.userName"),
    "action": ("action", "event.action", "eventName", "operation"),
    "message": ("message", "msg"),
}
_LEVELS = ("level", "severity", "log.level", "severity_text", "levelname", "loglevel", "lvl", "Level")
# OCSF's severity_id of the words that loggers write, and of the numbers of bunyan's and pino's levels.
_SEVERITIES = {
    **dict.fromkeys(("trace", "debug", "info", "information", "informational", "10", "20", "30"), 1),
    **dict.fromkeys(("notice", "low"), 2),
    **dict.fromkeys(("warn", "warning", "medium", "40"), 3),
    **dict.fromkeys(("err", "error", "severe", "high", "50"), 4),
    **dict.fromkeys(("crit", "critical", "alert", "dpanic"), 5),
    **dict.fromkeys(("fatal", "panic", "emerg", "emergency", "60"), 6),
}
_WANTED = (*_TIMES, *_LEVELS, *(name for names in _NAMED.values() for name in names))


def recognises(head: bytes) -> bool:
    """Whether one of the first objects has a field that is a point in time."""
    return any(map(_is_timed, first_objects(head)))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block."""
    for records, rejects in read_objects(stream):
        batch = batch_of(records)
        yield Batch("log_events", batch.rows, pl.concat([rejects, batch.rejects]))


def batch_of(records: Sequence[Record]) -> Batch:
    """The rows of objects of no known product; one without a point in time is a reject."""
    frame = flat_frame(records, _WANTED)
    times = utc_times(frame.select(pl.coalesce(f"@{name}" for name in _TIMES)).to_series())
    untimed = rejected(frame.filter(times.is_null()), "no time: none of the usual fields is a point in time")
    timed = frame.with_columns(times.alias("event_time")).filter(times.is_not_null())
    return Batch("log_events", _rows(timed), untimed)


def _is_timed(content: JsonObject) -> bool:
    flat = flattened(content)
    given = [flat[name] for name in _TIMES if name in flat]
    return bool(given) and utc_times(pl.Series(given[:1])).null_count() == 0


def _rows(frame: pl.DataFrame) -> pl.DataFrame:
    named = frame.with_columns(
        pl.coalesce(f"@{name}" for name in names).alias(column) for column, names in _NAMED.items()
    )
    return complete(
        named.with_columns(
            pl.col("offset").alias("source_offset"),
            canonical_addresses(named["source_ip"]).alias("source_ip"),
            canonical_addresses(named["destination_ip"]).alias("destination_ip"),
            pl.col("message").fill_null(pl.col("text")),
            pl.lit("unknown").alias("outcome"),
            pl.coalesce(f"@{name}" for name in _LEVELS)
            .str.to_lowercase()
            .replace_strict(_SEVERITIES, default=0, return_dtype=pl.UInt8)
            .alias("severity"),
        ),
        "log_events",
    )
