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
from pipelines.listening.counts import STORED, StoredState, write_state
from pipelines.listening.dropped import DropFolder
from pipelines.listening.spool import CLOSED, closed_segments
from pipelines.report import FileReport
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
    """

    folder: Path
    run_folder: Path
    scope: str
    exporters: ExporterMemory
    load_book: Callable[[Store], Assets]
    dropped: DropFolder | None = None
    state: StoredState = field(default_factory=lambda: StoredState(os.getpid(), time.time()))
    _book: Assets | None = None
    _book_read: float = -_BOOK_SECONDS

    def store(self, store: Store) -> int:
        """How many segments were stored now, the oldest first.

        Raises:
            StoreError: the database failed; nothing is lost, and nothing doubled when this is called again.
        """
        segments = closed_segments(self.folder)
        together = segments[:_TOGETHER]
        for path, file in zip(together, self._ingested(together, store), strict=True):
            self._finish(path, file)
        for file in self._ingested(self.dropped.settled() if self.dropped else [], store):
            self.state.rows += file.rows
            self.state.rejected += file.rejected
        self._count(segments[len(together) :])
        return len(together)

    def tell(self, problem: str = "") -> None:
        """Write the counts down."""
        self.state.problem = problem
        write_state(self.run_folder, STORED, self.state)

    def _ingested(self, paths: Sequence[Path], store: Store) -> Sequence[FileReport]:
        if not paths:
            return ()
        if time.monotonic() - self._book_read >= _BOOK_SECONDS:
            self._book, self._book_read = self.load_book(store), time.monotonic()
        return ingest(paths, store, scope=self.scope, address_book=self._book, exporters=self.exporters).files

    def _finish(self, path: Path, file: FileReport) -> None:
        """Delete a segment that is in the ledger; one that nothing reads is put aside, under a name of its own."""
        if not file.format and not file.already_ingested:
            path.replace(path.with_suffix(UNREAD))
        else:
            path.unlink(missing_ok=True)
        self.state.rows += file.rows
        self.state.rejected += file.rejected
        self.state.segments += 1

    def _count(self, waiting: Sequence[Path]) -> None:
        self.state.waiting = len(waiting)
        self.state.oldest_seconds = _age(waiting[0]) if waiting else 0.0


def _age(path: Path) -> float:
    nanoseconds = path.name.removesuffix(CLOSED).partition("-")[0]
    return max(0.0, time.time() - int(nanoseconds) / 1e9) if nanoseconds.isdigit() else 0.0
