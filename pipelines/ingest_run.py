"""One call of `ingest` over files and series of captures: looked at, read by what reads them, and reported."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.batch_writer import BatchWriter
from pipelines.capture_parts import Member
from pipelines.errors import SourceBroken
from pipelines.files import Fingerprint, Found, source_of
from pipelines.known_contents import KnownContents
from pipelines.ledger import Ledger, Version
from pipelines.report import FileReport, Progress
from pipelines.series_ingest import SeriesRun
from pipelines.sources.registry import ReadsCaptures, Source, source_for
from pipelines.sources.unread import reason_unread
from pipelines.stretch import Stretch, head_of
from pipelines.writing import Tell, note_unread, write_stretch
from store.client import Store

Listener = Callable[[Progress], None]

_MANY = 20


@dataclass(frozen=True)
class _Candidate:
    """A file with a content that is not stored yet.

    Attributes:
        source: what reads it, None where nothing does.
        reason: why nothing does.
    """

    path: Path
    mark: Fingerprint
    source: Source | None
    reason: str = ""


class IngestRun:
    """One call of `ingest`, and the files it met that nothing reads, with the hash of their content."""

    def __init__(
        self, store: Store, writer: BatchWriter, progress: Listener | None, files: int, sources: Sequence[Source]
    ) -> None:
        self._store = store
        self._ledger = Ledger(store)
        if files > _MANY:
            self._ledger.read_ahead()
        self._known = KnownContents(self._ledger)
        self._unread: list[tuple[str, FileReport]] = []
        self._writer = writer
        self._progress = progress
        self._files_done = 0
        self._files = files
        self._sources = sources

    def files(self, group: Sequence[Found]) -> Iterator[FileReport]:
        """What became of each file; before the first row of any, the ledger is told what is about to be stored."""
        looks = [self._look(found) for found in group]
        new = [look for look in looks if isinstance(look, _Candidate) and look.source is not None]
        self._ledger.starting([_version(look.path, look.mark) for look in new])
        for look in looks:
            yield self._file(look) if isinstance(look, _Candidate) else look
            self._files_done += 1

    def series(self, paths: Sequence[Path]) -> Iterator[FileReport]:
        """What became of each file of a series of captures."""
        members: dict[str, Member] = {}
        earlier: list[list[str]] = []
        for path in paths:
            with suppress(OSError):
                mark, shorter = self._known.marked(path)
                if mark.file_hash not in members:
                    members[mark.file_hash] = Member(path, mark)
                    earlier.append(shorter)
        series = list(members.values())
        source = source_for(head_of(Stretch(series[0].path, series[0].mark)), self._sources) if series else None
        read = {member.path for member in series} if isinstance(source, ReadsCaptures) else set[Path]()
        if isinstance(source, ReadsCaptures):
            new = [member for member in series if self._known.is_new(member.mark.file_hash)]
            self._ledger.starting([_version(member.path, member.mark) for member in new])
            for report in self._series_run(source).ingest(series, earlier, self._teller(series[-1])):
                yield report
                self._files_done += 1
        yield from self.files([Found(path) for path in paths if path not in read])

    def _series_run(self, source: ReadsCaptures) -> SeriesRun:
        begun = frozenset(version.file_hash for some in self._known.unfinished.values() for version in some)
        return SeriesRun(self._store, self._ledger, self._writer, source, begun)

    def _teller(self, last: Member) -> Tell:
        def tell(bytes_done: int, rows: int) -> None:
            if self._progress is not None:
                told = Progress(last.path, self._files_done, self._files, bytes_done, last.mark.size, rows)
                self._progress(told)

        return tell

    def end(self) -> None:
        """Write down what is still to be noted."""
        note_unread(self._store, self._ledger, self._unread)
        self._ledger.commit()

    def _look(self, found: Found) -> _Candidate | FileReport:
        if found.problem:
            return FileReport(found.path, rejected=1, reason=found.problem)
        try:
            mark = self._known.mark(found.path)
            stored = self._known.passed_over(found.path, mark)
            return stored or _candidate(found.path, mark, self._sources)
        except OSError as error:
            return _not_readable(found.path, error)

    def _file(self, candidate: _Candidate) -> FileReport:
        started = time.monotonic()
        try:
            report = self._known.passed_over(candidate.path, candidate.mark) or self._read(candidate)
        except OSError as error:
            report = _not_readable(candidate.path, error)
        return replace(report, seconds=time.monotonic() - started)

    def _read(self, candidate: _Candidate) -> FileReport:
        mark = candidate.mark
        if candidate.source is None:
            report = FileReport(candidate.path, rejected=1, bytes=mark.size, reason=candidate.reason)
            if not self._known.is_noted(candidate.path, mark.file_hash):
                self._unread.append((mark.file_hash, report))
            return report
        if isinstance(candidate.source, ReadsCaptures) and (shorter := self._known.marked(candidate.path)[1]):
            member = Member(candidate.path, mark)
            (report,) = self._series_run(candidate.source).ingest([member], [shorter], self._teller(member))
            return report
        rows = rejected = 0
        for broken_off in self._known.broken_off(candidate.path, mark):
            report = self._stretch(candidate, broken_off)
            rows, rejected = rows + report.rows, rejected + report.rejected
        report = self._stretch(candidate, mark)
        return replace(report, rows=rows + report.rows, rejected=rejected + report.rejected)

    def _stretch(self, candidate: _Candidate, mark: Fingerprint) -> FileReport:
        stretch = Stretch(candidate.path, mark, self._known.earlier(candidate.path, mark))
        # What a file is may only show when it is longer: its beginning is judged for itself.
        source = candidate.source if mark is candidate.mark else source_for(head_of(stretch), self._sources)

        def tell(bytes_done: int, rows: int) -> None:
            if self._progress is not None:
                self._progress(Progress(stretch.path, self._files_done, self._files, bytes_done, mark.size, rows))

        if source is None:
            return FileReport(candidate.path)
        return write_stretch(stretch, source, self._writer, self._ledger, tell)


def _candidate(path: Path, mark: Fingerprint, sources: Sequence[Source]) -> _Candidate:
    try:
        head = head_of(Stretch(path, mark))
    except SourceBroken as broken:
        return _Candidate(path, mark, None, str(broken))
    source = source_for(head, sources)
    return _Candidate(path, mark, source, "" if source else reason_unread(head))


def _version(path: Path, mark: Fingerprint) -> Version:
    return Version(mark.file_hash, source_of(path), "", mark.size)


def _not_readable(path: Path, error: OSError) -> FileReport:
    return FileReport(path, rejected=1, failed=True, reason=f"cannot be read: {error.strerror or error}")
