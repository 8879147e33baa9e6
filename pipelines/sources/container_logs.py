"""Logs of containers: the runtime's prefix or object is taken off, and what the container said is read as what it is.

What no format reads is a row of its own with the runtime's time, so that nothing that a container says is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import BinaryIO, Protocol

import numpy as np
import polars as pl

from pipelines.batch import Batch, no_rejects
from pipelines.sources.columns import complete, joined_fields, only_rejects, rejected
from pipelines.sources.container_wrapping import (
    said_behind_cri,
    said_in_docker,
    wrapped_by_cri,
    wrapped_by_docker,
)
from pipelines.sources.json_records import parsed_or_reason
from pipelines.sources.json_stream import first_objects
from pipelines.sources.lines import LINE_LIMIT, first_lines, line_blocks
from pipelines.sources.times import utc_times

NAME = "container_logs"

_HEAD = 64 * 1024
# Their lines name no zone; the runtime's time is certain.
_WITHOUT_ZONE = frozenset({"application_log", "syslog", "web_error"})
_MICROS = pl.Datetime("us", "UTC")


class ReadsText(Protocol):
    """A module that reads one format of lines."""

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""

    def recognises(self, head: bytes) -> bool:
        """Whether the first bytes of a text are of this format."""

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The content in batches."""


@dataclass(frozen=True)
class ContainerLogs:
    """The logs of containers, whose programs may write any of these formats."""

    formats: Sequence[ReadsText]

    @property
    def NAME(self) -> str:  # noqa: N802  # a module's constant
        """What the tables and reports call the format."""
        return NAME

    def recognises(self, head: bytes) -> bool:
        """Whether at least every fourth of the first lines has what a container runtime puts around it."""
        return wrapped_by_cri(head) or wrapped_by_docker(head)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """What the container said, batch by batch; each of its two outputs is of one format, or of none."""
        head = stream.read(_HEAD)
        stream.seek(0)
        apart = said_behind_cri if wrapped_by_cri(head) else said_in_docker
        reading = _Reading(self.formats, apart)
        for block in line_blocks(stream):
            if block.rejects.height:
                yield only_rejects(block.rejects)
            yield from reading.batches(block.lines)
        yield from reading.rest()


@dataclass
class _Reading:
    """One log: which format each output has, and the parts of lines that are not whole yet."""

    formats: Sequence[ReadsText]
    apart: Callable[[pl.DataFrame], pl.DataFrame]
    chosen: dict[str, ReadsText] = field(default_factory=dict)
    held: pl.DataFrame | None = None

    def batches(self, lines: pl.DataFrame) -> Iterator[Batch]:
        """The batches of some more lines."""
        said = self.apart(lines)
        strange = said.filter(pl.col("tag").is_null())
        if strange.height:
            yield only_rejects(rejected(strange, "no line of a container's log"))
        parts = said.filter(pl.col("tag").is_not_null()).drop("text")
        whole, self.held = _whole(parts if self.held is None else pl.concat([self.held, parts]))
        yield from self._read(whole)

    def rest(self) -> Iterator[Batch]:
        """The batches of lines whose last part never came."""
        if self.held is not None and self.held.height:
            yield from self._read(_whole(self.held.with_columns(pl.lit("F").alias("tag")))[0])

    def _read(self, said: pl.DataFrame) -> Iterator[Batch]:
        times = utc_times(said["time"])
        untimed = said.filter(times.is_null()).rename({"said": "text"})
        if untimed.height:
            yield only_rejects(rejected(untimed, "no such time"))
        timed = said.with_columns(times.alias("time")).filter(times.is_not_null())
        filled = timed.filter(pl.col("said").str.contains(r"\S"))
        for stream in filled["stream"].unique(maintain_order=True).to_list():
            yield from self._of_output(stream, filled.filter(pl.col("stream") == stream))

    def _of_output(self, stream: str, said: pl.DataFrame) -> Iterator[Batch]:
        text = "\n".join(said["said"].to_list()).encode()
        if stream not in self.chosen and (form := _format_of(text[:_HEAD], self.formats)):
            self.chosen[stream] = form
        if stream not in self.chosen:
            yield plain(said)
            return
        form = self.chosen[stream]
        unread = [pl.Series([], dtype=pl.UInt64)]
        for batch in form.read(BytesIO(text)):
            unread.append(batch.rejects["offset"])
            if batch.rows.height:
                yield _outer(batch, said, form.NAME)
        # Several rejects of one line are one line.
        lines = pl.concat(unread).unique().sort()
        if lines.len():
            yield plain(said[lines.filter(lines < said.height)])


def plain(said: pl.DataFrame) -> Batch:
    """A row for each line of no known format, with the runtime's time."""
    rows = said.with_columns(
        pl.col("offset").alias("source_offset"),
        pl.col("time").alias("event_time"),
        pl.col("said").alias("message"),
        pl.lit("unknown").alias("outcome"),
        pl.col("more").alias("fields"),
    )
    return Batch("log_events", complete(rows, "log_events"), no_rejects())


def _outer(batch: Batch, said: pl.DataFrame, name: str) -> Batch:
    """The rows of what was said, numbered by the log's own lines, with what the runtime tells of each."""
    rows = batch.rows
    place = np.minimum(rows["source_offset"].to_numpy(), said.height - 1).astype(np.int64)
    around = said[place]
    own = pl.Series(around["time"].cast(_MICROS)).alias("event_time") if name in _WITHOUT_ZONE else rows["event_time"]
    columns = [around["offset"].alias("source_offset"), own, joined_fields(rows["fields"], around["more"])]
    if "host" in rows.columns:
        host = pl.when(rows["host"] == "").then(around["host"].fill_null("")).otherwise(rows["host"]).alias("host")
        columns += pl.select(host).get_columns()
    return Batch(batch.table, rows.with_columns(columns), no_rejects(), batch.source_type or name)


def _format_of(head: bytes, formats: Sequence[ReadsText]) -> ReadsText | None:
    """Which format the lines are of; objects that spread over lines are of none here, since offsets count lines."""
    objects = any(isinstance(parsed_or_reason(line), dict) for line in first_lines(head, 2))
    if not objects and first_objects(head):
        return None
    return next((form for form in formats if form.recognises(head)), None)


def _whole(parts: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lines put together of the parts in which the runtime wrote them, and the parts of lines that go on.

    A line ends at its last part, or where it grows beyond a line's limit.
    """
    cut = parts["tag"] == "P"
    if not cut.any():
        return parts, parts.clear()
    ended = (pl.col("tag") == "F").shift(1, fill_value=False).cum_sum().over("stream")
    size = pl.col("said").str.len_bytes().cum_sum().over("stream", "line") // LINE_LIMIT
    numbered = parts.with_columns(ended.alias("line")).with_columns(size.alias("size"))
    first = [pl.col(name).first() for name in ("decode_error", "time", "host", "more")]
    lines = (
        numbered.group_by("stream", "line", "size", maintain_order=True)
        .agg(pl.col("offset").first(), *first, pl.col("said").str.join(""), pl.col("tag").last())
        .sort("offset")
    )
    newest = pl.int_range(pl.len()).over("stream", order_by="offset") == pl.len().over("stream") - 1
    last = lines.select(newest & (pl.col("tag") == "P")).to_series()
    return lines.filter(~last).select(parts.columns), lines.filter(last).select(parts.columns)
