"""Audit trails of clouds and of Kubernetes as JSON: lines, arrays, or wrapped in `Records`, `records` or `items`.

Alibaba ActionTrail, Huawei CTS, Tencent CloudAudit, AWS CloudTrail, Kubernetes audit (audit.k8s.io), Azure activity and
Entra logs, Google Cloud audit. What each writes stays in `fields` under its own names, nested keys joined by dots.
"""

from collections.abc import Iterator, Sequence
from typing import BinaryIO

import polars as pl

from pipelines.batch import Batch
from pipelines.sources import json_lines
from pipelines.sources.cloud_envelopes import opened
from pipelines.sources.cloud_trails import TRAILS, Trail, trail_of
from pipelines.sources.columns import canonical_addresses, complete, only_rejects, rejected
from pipelines.sources.device_times import device_times
from pipelines.sources.json_records import Record, flat_frame, flattened, record_of
from pipelines.sources.json_stream import first_objects, read_objects

NAME = "cloud_audit"

_FAILURES = ("error", "failed", "failure", "clienterror", "servererror", "incident", "warning", "forbid")
_SUCCESSES = ("success", "succeeded", "normal", "allow", "ok", "start", "accept")
_NO_ERROR = ("", "0", "null", "None")


def recognises(head: bytes) -> bool:
    """Whether one of the first objects is an event of a trail that is known here."""
    return any(trail_of(flattened(opened(content))) is not None for content in first_objects(head))


def read(stream: BinaryIO) -> Iterator[Batch]:
    """One batch a block and trail; JSON of another kind between them is read as JSON of no known product."""
    for records, rejects in read_objects(stream):
        if rejects.height:
            yield only_rejects(rejects)
        yield from trail_batches(records)


def trail_batches(records: Sequence[Record]) -> Iterator[Batch]:
    """The batches of some objects, a trail's each, and one of what is no trail's."""
    found: dict[str, list[Record]] = {}
    for record in map(_opened, records):
        trail = trail_of(record.flat)
        found.setdefault(trail.service if trail else "", []).append(record)
    if others := found.pop("", []):
        yield json_lines.batch_of(others)
    for service, those in found.items():
        yield _batch(TRAILS[service], those)


def _opened(record: Record) -> Record:
    content = opened(record.content)
    if content is record.content:
        return record
    return record_of(record.offset, record.text, content, decode_error="decode_error" in record.flat)


def _batch(trail: Trail, records: Sequence[Record]) -> Batch:
    frame = flat_frame(records, sorted({name for names in trail.places.values() for name in names}))
    said = frame.with_columns(
        pl.coalesce(f"@{name}" for name in names).alias(f"said.{column}") for column, names in trail.places.items()
    )
    times = device_times(said["said.time"])
    untimed = rejected(said.filter(times.is_null()), f"no time: the event of {trail.service} does not say when")
    timed = said.with_columns(times.alias("event_time")).filter(times.is_not_null())
    return Batch("log_events", _rows(trail, timed), untimed, f"{trail.product}_{trail.service}".replace(".", "_"))


def _rows(trail: Trail, said: pl.DataFrame) -> pl.DataFrame:
    empty = [
        pl.lit(None, dtype=pl.String).alias(f"said.{name}")
        for name in ("host", "source_ip", "user", "action", "error", "status")
        if name not in trail.places
    ]
    told = said.with_columns(*empty)
    user = pl.col("said.user")
    # Huawei may hand over who it was as a text of JSON.
    named = (
        pl.when(user.str.starts_with("{"))
        .then(user.str.extract(r'"(?:user_)?name"\s*:\s*"([^"]*)"', 1))
        .otherwise(user)
    )
    return complete(
        told.with_columns(
            pl.col("offset").alias("source_offset"),
            pl.lit(trail.product).alias("product"),
            pl.lit(trail.category).alias("category"),
            pl.lit(trail.service).alias("service"),
            pl.col("said.host").alias("host"),
            canonical_addresses(
                told["said.source_ip"].str.split(",").list.first().str.replace(r"^([\d.]+):\d+$", "${1}")
            ).alias("source_ip"),
            named.alias("user"),
            pl.col("said.action").alias("action"),
            _outcome(trail).alias("outcome"),
            pl.lit(1, dtype=pl.UInt8).alias("severity"),
            pl.col("text").alias("message"),
        ),
        "log_events",
    )


def _outcome(trail: Trail) -> pl.Expr:
    """By the error, where one is named, else by the status: a number of HTTP, or a word."""
    status = pl.col("said.status").str.to_lowercase()
    number = status.cast(pl.Int64, strict=False)
    failed = ~pl.col("said.error").is_in(_NO_ERROR) | (number >= 400) | status.is_in(_FAILURES)
    worked = number.is_between(0, 399) | status.is_in(_SUCCESSES)
    silent = pl.lit("success" if trail.silent_success else "unknown")
    return pl.when(failed).then(pl.lit("failure")).when(worked).then(pl.lit("success")).otherwise(silent)
