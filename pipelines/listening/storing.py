"""From the spool into the database: each closed segment is ingested like a file, once, and then deleted."""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipelines.arrival import Assets
from pipelines.exports.known import ExporterMemory
from pipelines.ingest import ingest
from pipelines.listening.captured import Ring, SeriesBook, capture_feed
from pipelines.listening.counts import STORED, StoredState, write_state
from pipelines.listening.dropped import DropFolder
from pipelines.listening.spool import CLOSED, closed_segments
from pipelines.report import FileReport
from pipelines.sources.registry import SOURCES, Source
from store.client import Store

# More would keep the first of them from being seen for longer; a run that dies repeats so many.
_TOGETHER: Final = 32
_BOOK_SECONDS: Final = 60.0
UNREAD: Final = ".unread"


@dataclass
class Storer:
    """Stores what waits in a spool, and counts it.

    Attributes:
        folder: the spool.
        run_folder: where the counts are written down.
        exporters: the templates and options of flow exporters.
        load_book: gives whose each address is; asked once a minute.
        dropped: a folder whose files are stored too; they stay where they are.
        sources: what reads formats, and followed files.
        series: what captures have open.
        rings: folders of captures that are followed.
    """

    folder: Path
    run_folder: Path
    scope: str
    exporters: ExporterMemory
    load_book: Callable[[Store], Assets]
    dropped: DropFolder | None = None
    sources: Sequence[Source] = SOURCES
    series: SeriesBook | None = None
    rings: Sequence[Ring] = ()
    state: StoredState = field(default_factory=lambda: StoredState(os.getpid(), time.time()))
    _store: Store | None = None
    _book: Assets | None = None
    _book_read: float = -_BOOK_SECONDS

    def store(self, store: Store) -> int:
        """How many segments were stored now, the oldest first.

        Raises:
            StoreError: the database failed; nothing is lost, and nothing doubled when this is called again.
        """
        self._recover(store)
        segments = closed_segments(self.folder)
        together = segments[:_TOGETHER]
        captures = {path: name for path in together if (name := capture_feed(path))} if self.series else {}
        others = [path for path in together if path not in captures]
        for path, file in zip(others, self._ingested(others, store, self.sources), strict=True):
            self._finish(path, file)
        for path, name in captures.items():
            self._finish(path, self._part(path, name, store))
        for file in self._ingested(self.dropped.settled() if self.dropped else [], store, self.sources):
            self._add(file)
        rings = self._follow(store)
        self._count(segments[len(together) :])
        return len(together) + rings

    def end(self, store: Store) -> None:
        """Let what captures have open end, and store it with what is left.

        Raises:
            StoreError: the database failed.
        """
        self._recover(store)
        self._follow(store, ends=True)
        for ring in self.rings:
            ring.end(self.folder)
        while self.store(store):
            pass

    def tell(self, problem: str = "") -> None:
        """Write the counts down."""
        self.state.problem = problem
        write_state(self.run_folder, STORED, self.state)

    def _recover(self, store: Store) -> None:
        if self.series is not None and store is not self._store:
            self.series.recover(store)
        self._store = store

    def _ingested(self, paths: Sequence[Path], store: Store, sources: Sequence[Source]) -> Sequence[FileReport]:
        if not paths:
            return ()
        if time.monotonic() - self._book_read >= _BOOK_SECONDS:
            self._book, self._book_read = self.load_book(store), time.monotonic()
        read = ingest(
            paths, store, scope=self.scope, address_book=self._book, exporters=self.exporters, sources=sources
        )
        return read.files

    def _part(self, path: Path, name: str, store: Store) -> FileReport:
        if self.series is None:  # narrows the type: captures are only looked for where there is one
            raise TypeError(name)
        series = self.series.series(name)
        return self.series.store_part(path, series, lambda: self._ingested([path], store, self.sources)[0])

    def _follow(self, store: Store, *, ends: bool = False) -> int:
        """How many files of rings were stored."""
        if self.series is None:
            return 0
        files = [file for ring in self.rings for file in ring.store(self.series, store, self._ingested, ends=ends)]
        for file in files:
            self._add(file)
        for ring in self.rings:
            ring.tell_time(self.folder)
        self.state.missed_files = sum(ring.folder.missed for ring in self.rings)
        return sum(not file.failed for file in files)

    def _finish(self, path: Path, file: FileReport) -> None:
        """Delete a segment that is in the ledger; one that nothing reads is put aside, under a name of its own."""
        if file.failed:
            self.state.problem = file.reason
            return
        if not file.format and not file.already_ingested:
            path.replace(path.with_suffix(UNREAD))
        else:
            path.unlink(missing_ok=True)
        self._add(file)
        self.state.segments += 1

    def _add(self, file: FileReport) -> None:
        self.state.rows += file.rows
        self.state.rejected += file.rejected

    def _count(self, waiting: Sequence[Path]) -> None:
        self.state.waiting = len(waiting)
        self.state.oldest_seconds = _age(waiting[0]) if waiting else 0.0


def _age(path: Path) -> float:
    nanoseconds = path.name.removesuffix(CLOSED).partition("-")[0]
    return max(0.0, time.time() - int(nanoseconds) / 1e9) if nanoseconds.isdigit() else 0.0
