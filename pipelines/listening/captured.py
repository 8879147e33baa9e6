"""What is captured as it happens: rings of files and interfaces, each a series of its own, stored part by part."""

import hashlib
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipelines.capture.series import STAGED, CaptureOptions, CaptureSeries
from pipelines.errors import SourceBroken
from pipelines.files import source_of
from pipelines.ledger import Ledger
from pipelines.listening.ring import RingFolder
from pipelines.listening.segments import CLOCK, END, Feed, Heard, beginning, feed_of, packed
from pipelines.listening.spool import CLOSED
from pipelines.report import FileReport
from pipelines.sources.capture import SeriesSource
from pipelines.sources.registry import Source
from store.client import Store

# A ring that is quiet is told the time this often while flows of it are open: they end by silence.
_CLOCK_SECONDS: Final = 15.0
_RING_FILES_AT_ONCE: Final = 4

Ingest = Callable[[Sequence[Path], Store, Sequence[Source]], Sequence[FileReport]]


@dataclass
class SeriesBook:
    """The series of captures by name, each with its notes in a folder."""

    folder: Path
    options: CaptureOptions = CaptureOptions()  # noqa: RUF009 - immutable
    _known: dict[str, CaptureSeries] = field(default_factory=dict)

    def series(self, name: str) -> CaptureSeries:
        """The series of this name."""
        found = self._known.get(name)
        if found is None:
            notes = self.folder / f"{hashlib.sha256(name.encode()).hexdigest()[:24]}.npz"
            found = self._known[name] = CaptureSeries(name, notes, self.options)
        return found

    def recover(self, store: Store) -> None:
        """Settle the parts that a broken run had stored and not settled; forget those that the ledger does not know."""
        ledger = Ledger(store)
        for staged in sorted(self.folder.glob(f"*{STAGED}")):
            found = CaptureSeries("", staged.with_suffix(".npz"), self.options)
            size, _, name = found.unsettled().partition(" ")
            stored = any(version.source_type and str(version.bytes) == size for version in ledger.of_source(name))
            found.settle() if stored else found.discard()
        for series in self._known.values():
            series.reload()

    def store_part(self, path: Path, series: CaptureSeries, ingest: Callable[[], FileReport]) -> FileReport:
        """What became of a part of a series, which is settled once the ledger has it."""
        series.part_name = source_of(path)
        with suppress(OSError):
            series.part_size = path.stat().st_size
        report = ingest()
        if report.format:
            series.settle()
        else:
            series.discard()
        return report


@dataclass
class Ring:
    """A folder of capture files and the series that they are."""

    folder: RingFolder
    series: CaptureSeries
    _told: float = field(default_factory=time.monotonic)

    @property
    def feed(self) -> Feed:
        """As the spool names it."""
        return Feed(self.series.name, "capture")

    def store(self, book: SeriesBook, store: Store, ingest: Ingest, *, ends: bool = False) -> list[FileReport]:
        """What became of the files that can be read; one that the ring has taken away is none."""
        found = list[FileReport]()
        for file in self.folder.ready(ends=ends)[: None if ends else _RING_FILES_AT_ONCE]:
            self.series.may_go_on = file.is_last
            sources = [SeriesSource(self.series)]
            report = book.store_part(file.path, self.series, lambda: ingest([file.path], store, sources)[0])  # noqa: B023
            if not report.format and not file.path.exists():
                self.folder.gone(file)
                continue
            if not report.failed:
                self.folder.done(file)
            self._told = time.monotonic()
            found.append(report)
        return found

    def tell_time(self, spool: Path) -> None:
        """Let flows end by silence although no packet comes: the time of the last one, and what has passed since."""
        passed = time.monotonic() - self._told
        if passed >= _CLOCK_SECONDS and self.series.is_open:
            self._told = time.monotonic()
            _put(spool, self.feed, self.series.now_us + int(passed * 1e6), CLOCK)

    def end(self, spool: Path) -> None:
        """Let what is open end: nobody looks any more."""
        if self.series.is_open:
            _put(spool, self.feed, self.series.now_us, END)


def capture_feed(segment: Path) -> str:
    """The name of the feed of a segment of packets, '' for any other."""
    try:
        with segment.open("rb") as stream:
            feed = feed_of(stream)
    except (OSError, SourceBroken):
        return ""
    return feed.name if feed.kind == "capture" else ""


def _put(spool: Path, feed: Feed, moment_us: int, word: bytes) -> None:
    """A segment of one word, and of the moment it was said: no two are of one content, which would be stored once."""
    said = time.time_ns()
    made = spool / f"{said:020d}-clock"
    made.write_bytes(beginning(feed) + packed(Heard(moment_us, word, str(said).encode())))
    made.replace(made.with_suffix(CLOSED))
