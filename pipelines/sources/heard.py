"""Segments of the spool: what was heard of one feed, read as what it is, with the address of who sent it."""

import io
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import BinaryIO, Final

from pipelines.batch import Batch
from pipelines.capture.rows import address_text
from pipelines.errors import SourceBroken
from pipelines.exports.collector import Collector
from pipelines.exports.known import KnownExporters
from pipelines.listening.segments import MAGIC, Heard, feed_of, messages

# The registry knows this source and this one asks it what a followed file is: by its module, since both load together.
from pipelines.sources import registry
from pipelines.sources.heard_syslog import heard_syslog
from pipelines.sources.unread import reason_unread

NAME: Final = "heard"
_TOGETHER: Final = 50_000


def recognises(head: bytes) -> bool:
    """Whether a file is a segment, by its first words."""
    return head.startswith(MAGIC)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The events or flows of a segment, under the name of its feed."""
    yield from read_with(stream, KnownExporters())


def read_with(stream: BinaryIO, known: KnownExporters) -> Iterator[Batch]:
    """The same, by what is known of exporters from earlier segments."""
    feed = feed_of(stream)
    if feed.kind == "syslog":
        batches = _syslog(messages(stream))
    elif feed.kind == "exports":
        batches = _exports(messages(stream), known)
    elif feed.kind == "lines":
        batches = _lines(messages(stream))
    else:
        raise SourceBroken(f"a spool segment of kind {str(feed.kind)[:40]!r} is not read")
    for batch in batches:
        yield replace(batch, source=feed.name, source_type=batch.source_type or "syslog")


def _syslog(heard: Iterator[Heard]) -> Iterator[Batch]:
    first = 0
    for together in _pieces(heard):
        yield from heard_syslog(together, first)
        first += len(together)


def _lines(heard: Iterator[Heard]) -> Iterator[Batch]:
    """Lines of a followed file, by the source that reads such a file."""
    parts = list[bytes]()
    # What a listener that died had not written out, the next one reads from the file again.
    with suppress(SourceBroken):
        parts.extend(message.content for message in heard)
    content = io.BytesIO(b"".join(parts))
    source = registry.source_for(content.getvalue()[: registry.HEAD_BYTES])
    if source is None:
        raise SourceBroken(reason_unread(content.getvalue()[: registry.HEAD_BYTES]))
    for batch in source.read(content):
        yield replace(batch, source_type=batch.source_type or source.NAME)


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
