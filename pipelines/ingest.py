"""Files in, rows out, exactly once: what was stored is in the ledger, and every write may be repeated."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from pipelines.arrival import Assets
from pipelines.errors import SourceBroken
from pipelines.files import Found, fingerprint, found_files
from pipelines.ledger import Ledger, Version
from pipelines.report import FileReport, IngestReport, Progress
from pipelines.sources.registry import source_for
from pipelines.sources.unread import reason_unread
from pipelines.stretch import Stretch, head_of
from pipelines.writing import BatchWriter, note_unread, write_stretch
from store.client import Store

_MANY = 20

Listener = Callable[[Progress], None]


def ingest(
    paths: Sequence[Path],
    store: Store,
    *,
    scope: str,
    address_book: Assets | None = None,
    progress: Listener | None = None,
) -> IngestReport:
    """What became of every file at or below the paths.

    One file's failure never stops the others, and repeating adds nothing: a content that the ledger knows is passed
    over, a batch that a broken run had already written is recognised by its token, a grown file is read from where it
    had ended.

    Args:
        paths: files and folders; folders are walked.
        store: where the rows go.
        scope: of rows that belong to no asset in the address book.
        address_book: whose each address and host name is; without it no row has an asset.
        progress: told after every batch written.

    Raises:
        StoreError: the database failed; everything written before stays, and running again continues.
    """
    found = list(found_files(paths))
    run = _Run(store, BatchWriter(store, scope, address_book), progress, len(found))
    reports = tuple(run.file(at, item) for at, item in enumerate(found))
    note_unread(store, run.unread)
    return IngestReport(reports)


class _Run:
    """One call of `ingest`, and the files it met that nothing reads (hash of the content, report)."""

    def __init__(self, store: Store, writer: BatchWriter, progress: Listener | None, files: int) -> None:
        self.unread: list[tuple[str, FileReport]] = []
        self._ledger = Ledger(store)
        if files > _MANY:
            self._ledger.read_ahead()
        self._writer = writer
        self._progress = progress
        self._files = files

    def file(self, at: int, found: Found) -> FileReport:
        """What became of one file."""
        started = time.monotonic()
        try:
            report = self._report(at, found)
        except OSError as error:
            report = FileReport(found.path, rejected=1, reason=f"cannot be read: {error.strerror or error}")
        return replace(report, seconds=time.monotonic() - started)

    def _report(self, at: int, found: Found) -> FileReport:
        if found.problem:
            return FileReport(found.path, rejected=1, reason=found.problem)
        earlier = self._ledger.of_source(str(found.path.resolve()))
        mark = fingerprint(found.path, [version.bytes for version in earlier])
        stored = self._ledger.with_hash(mark.file_hash)
        if stored is not None and stored.source_type:
            return _passed_over(found.path, mark.size, stored)
        previous = next(
            (old for old in earlier if old.source_type and mark.begins_with(old.bytes, old.file_hash)), None
        )
        return self._read(at, Stretch(found.path, mark, previous), known=stored is not None)

    def _read(self, at: int, stretch: Stretch, *, known: bool) -> FileReport:
        try:
            head = head_of(stretch)
        except SourceBroken as broken:
            return self._unreadable(stretch, str(broken), known=known)
        source = source_for(head)
        if source is None:
            return self._unreadable(stretch, reason_unread(head), known=known)

        def tell(bytes_done: int, rows: int) -> None:
            if self._progress is not None:
                self._progress(Progress(stretch.path, at, self._files, bytes_done, stretch.mark.size, rows))

        return write_stretch(stretch, source, self._writer, self._ledger, tell)

    def _unreadable(self, stretch: Stretch, reason: str, *, known: bool) -> FileReport:
        report = FileReport(stretch.path, rejected=1, bytes=stretch.mark.size, reason=reason)
        if not known:
            self.unread.append((stretch.mark.file_hash, report))
        return report


def _passed_over(path: Path, size: int, stored: Version) -> FileReport:
    elsewhere = stored.source != str(path.resolve())
    reason = f"already ingested: the same content as {stored.source}" if elsewhere else "already ingested"
    return FileReport(path, format=stored.source_type, bytes=size, already_ingested=True, reason=reason)
