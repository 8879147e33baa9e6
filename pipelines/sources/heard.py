"""Segments of the spool: what was heard of one feed, read as what it is, with the address of who sent it."""

import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO, Final

from pipelines.batch import Batch
from pipelines.capture.cuts import Timeouts
from pipelines.capture.reader import CaptureReader
from pipelines.capture.rows import address_text
from pipelines.capture.series import CaptureSeries
from pipelines.capture.tpacket import read_windows
from pipelines.errors import SourceBroken
from pipelines.exports.captured import CapturedExports
from pipelines.exports.collector import Collector
from pipelines.exports.known import KnownExporters
from pipelines.listening.clocks import ClockBook
from pipelines.listening.segments import END, MAGIC, Heard, feed_of, messages

# The registry knows this source and this one asks it what a followed file is: by its module, since both load together.
from pipelines.sources import registry
from pipelines.sources.heard_clocks import ClocksHeard
from pipelines.sources.heard_syslog import heard_syslog
from pipelines.sources.unread import reason_unread
from pipelines.sources.zoned import ZonedSource
from pipelines.sources.zones import UTC_CLOCKS, Zones

_NAME: Final = "heard"
_TOGETHER: Final = 50_000


@dataclass(frozen=True)
class HeardSource:
    """Reads segments.

    Attributes:
        sources: what reads followed files, the more telling first; without it, what ships.
        series: gives what was captured at an interface before a segment, by the name of its feed; without it a segment
            stands for itself.
        site: the zones of clocks that name none.
        clocks: what is known of senders' clocks from earlier segments; without it, a segment stands for itself.
    """

    sources: Sequence["registry.Source"] | None = None
    series: Callable[[str], CaptureSeries] | None = None
    site: Zones = UTC_CLOCKS
    clocks: ClockBook | None = None

    @property
    def NAME(self) -> str:  # noqa: N802 - a module's constant, in other sources
        """What the tables and reports call the format."""
        return _NAME

    def recognises(self, head: bytes) -> bool:
        """Whether a file is a segment, by its first words."""
        return head.startswith(MAGIC)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The events or flows of a segment, under the name of its feed."""
        yield from self.read_with(stream, KnownExporters())

    def read_with(self, stream: BinaryIO, known: KnownExporters) -> Iterator[Batch]:
        """The same, by what is known of exporters from earlier segments."""
        feed = feed_of(stream)
        if feed.kind == "syslog":
            clocks = ClocksHeard(self.clocks if self.clocks is not None else ClockBook(), self.site, feed.name)
            batches = _syslog(messages(stream), clocks)
        elif feed.kind == "exports":
            batches = _exports(messages(stream), known)
        elif feed.kind == "lines":
            batches = _lines(messages(stream), self.sources, feed.name)
        elif feed.kind == "capture":
            batches = _capture(messages(stream), self.series and self.series(feed.name), known)
        else:
            raise SourceBroken(f"a spool segment of kind {str(feed.kind)[:40]!r} is not read")
        other = "pcap" if feed.kind == "capture" else "syslog"
        for batch in batches:
            yield replace(batch, source=feed.name, source_type=batch.source_type or other)


_DEFAULT = HeardSource()
NAME: Final = _NAME
recognises = _DEFAULT.recognises
read = _DEFAULT.read
read_with = _DEFAULT.read_with


def _syslog(heard: Iterator[Heard], clocks: ClocksHeard) -> Iterator[Batch]:
    first = 0
    for together in _pieces(heard):
        yield from heard_syslog(together, first, clocks)
        first += len(together)


def _lines(heard: Iterator[Heard], sources: Sequence["registry.Source"] | None, feed: str) -> Iterator[Batch]:
    """Lines of a followed file, by the source that reads such a file."""
    asked = registry.SOURCES if sources is None else sources
    parts = list[bytes]()
    # What a listener that died had not written out, the next one reads from the file again.
    with suppress(SourceBroken):
        parts.extend(message.content for message in heard)
    content = io.BytesIO(b"".join(parts))
    source = registry.source_for(content.getvalue()[: registry.HEAD_BYTES], asked)
    if source is None:
        raise SourceBroken(reason_unread(content.getvalue()[: registry.HEAD_BYTES]))
    if isinstance(source, ZonedSource):
        source = source.for_feed(feed)
    # A segment is a part of its file: what only it tells must not decide how it is read.
    batches = source.read_on(content, io.BytesIO()) if isinstance(source, registry.ReadsOn) else source.read(content)
    for batch in batches:
        yield replace(batch, source_type=batch.source_type or source.NAME)


def _capture(heard: Iterator[Heard], series: CaptureSeries | None, known: KnownExporters) -> Iterator[Batch]:
    """Packets of an interface, as the kernel handed them over."""
    clock = _Clock(heard)
    if series is None:
        reader = CaptureReader(Timeouts(), CapturedExports(known))
        yield from reader.part(read_windows(clock.blocks()))
        yield from reader.end(whole=False)
        return
    yield from series.read(read_windows(clock.blocks()), known=known, clock=lambda: clock.now_us)
    if clock.ended:
        yield from series.end()


@dataclass
class _Clock:
    """Takes out of what was heard at an interface what it says of time, and that it ended."""

    heard: Iterator[Heard]
    now_us: int = 0
    ended: bool = False

    def blocks(self) -> Iterator[bytes]:
        """The blocks of packets; what was not written out any more was never heard."""
        with suppress(SourceBroken):
            for message in self.heard:
                self.now_us = max(self.now_us, message.time_us)
                self.ended = self.ended or message.peer == END
                if not message.peer:
                    yield message.content


def _exports(heard: Iterator[Heard], known: KnownExporters) -> Iterator[Batch]:
    collector, number = Collector(known, continues=True), 0
    for together in _pieces(heard):
        for message in together:
            exporter = _peer(message.peer)
            collector.add(message.content, number=number, exporter=exporter, received_us=message.time_us)
            number += 1
        yield from collector.take()
    yield from collector.finish()


def _pieces(heard: Iterator[Heard]) -> Iterator[list[Heard]]:
    """Messages some thousands at a time; where the segment breaks off, those before it first."""
    while True:
        together = list[Heard]()
        try:
            together.extend(islice(heard, _TOGETHER))
        except SourceBroken:
            if together:
                yield together
            raise
        if not together:
            return
        yield together


def _peer(packed: bytes) -> str:
    return address_text(packed) if len(packed) in (4, 16) else ""
