"""Files in, rows out, exactly once: what was stored is in the ledger, and every write may be repeated."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.arrival import Assets
from pipelines.capture_parts import Member
from pipelines.errors import SourceBroken
from pipelines.exports.known import ExporterMemory
from pipelines.files import Fingerprint, Found, fingerprint, found_files, source_of
from pipelines.ledger import Ledger, Version
from pipelines.report import FileReport, IngestReport, Progress
from pipelines.series import series_among
from pipelines.series_ingest import SeriesRun
from pipelines.sources.registry import SOURCES, ReadsCaptures, Source, source_for
from pipelines.sources.unread import reason_unread
from pipelines.stretch import Stretch, head_of
from pipelines.writing import BatchWriter, Tell, note_unread, write_stretch
from store.client import Store

_MANY = 20

# Files looked at together: a note of intent is one insert for all of them.
_GROUP_FILES = 128

Listener = Callable[[Progress], None]


def ingest(
    paths: Sequence[Path],
    store: Store,
    *,
    scope: str,
    address_book: Assets | None = None,
    progress: Listener | None = None,
    sources: Sequence[Source] = SOURCES,
    exporters: ExporterMemory | None = None,
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
        sources: what reads the formats, the more telling first.
        exporters: the templates and options of flow exporters, kept from one run to the next; without it every file
            has to bring its own.

    Raises:
        StoreError: the database failed; everything written before stays, and running again continues.
    """
    found = list(found_files(paths))
    known = exporters.known if exporters is not None else None
    with ExitStack() as connections:
        # On a server, what was read is written while the next is being read.
        other = store.beside() if found else None
        writing = connections.enter_context(other) if other else store
        writer = BatchWriter(writing, scope, address_book, known, beside=other is not None)
        run = _Run(store, writer, progress, len(found), sources)
        series = series_among(found)
        together = {path for members in series for path in members}
        single = [item for item in found if item.problem or item.path not in together]
        reports = [report for members in series for report in run.series(members)]
        reports += [report for group in _groups(single) for report in run.files(group)]
        # Before the ledger says that files are done: what they announced is not read again.
        if exporters is not None:
            exporters.save()
        run.end()
    return IngestReport(tuple(sorted(reports, key=_order(found))))


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


class _Run:
    """One call of `ingest`, and the files it met that nothing reads, with the hash of their content."""

    def __init__(
        self, store: Store, writer: BatchWriter, progress: Listener | None, files: int, sources: Sequence[Source]
    ) -> None:
        self._store = store
        self._ledger = Ledger(store)
        if files > _MANY:
            self._ledger.read_ahead()
        self._unfinished = self._ledger.unfinished()
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
                mark, shorter = self._marked(path)
                if mark.file_hash not in members:
                    members[mark.file_hash] = Member(path, mark)
                    earlier.append(shorter)
        series = list(members.values())
        source = source_for(head_of(Stretch(series[0].path, series[0].mark, None)), self._sources) if series else None
        read = {member.path for member in series} if isinstance(source, ReadsCaptures) else set[Path]()
        if isinstance(source, ReadsCaptures):
            self._ledger.starting([_version(member.path, member.mark) for member in series if self._is_new(member)])
            for report in self._series_run(source).ingest(series, earlier, self._teller(series[-1])):
                yield report
                self._files_done += 1
        yield from self.files([Found(path) for path in paths if path not in read])

    def _series_run(self, source: ReadsCaptures) -> SeriesRun:
        begun = frozenset(version.file_hash for some in self._unfinished.values() for version in some)
        return SeriesRun(self._store, self._ledger, self._writer, source, begun)

    def _is_new(self, member: Member) -> bool:
        stored = self._ledger.with_hash(member.mark.file_hash)
        return stored is None or not stored.source_type

    def _marked(self, path: Path) -> tuple[Fingerprint, list[str]]:
        """What a file is now, and the hashes of what it was when it was shorter, and was stored or begun."""
        source = source_of(path)
        known = [*self._ledger.of_source(source), *self._unfinished.get(source, [])]
        mark = fingerprint(path, [version.bytes for version in known])
        shorter = [old for old in known if old.bytes < mark.size and mark.begins_with(old.bytes, old.file_hash)]
        return mark, [old.file_hash for old in shorter]

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
        source = source_of(found.path)
        known = [*self._ledger.of_source(source), *self._unfinished.get(source, [])]
        try:
            mark = fingerprint(found.path, [version.bytes for version in known])
            stored = self._passed_over(found.path, mark)
            return stored or _candidate(found.path, mark, self._sources)
        except OSError as error:
            return _not_readable(found.path, error)

    def _file(self, candidate: _Candidate) -> FileReport:
        started = time.monotonic()
        try:
            report = self._passed_over(candidate.path, candidate.mark) or self._read(candidate)
        except OSError as error:
            report = _not_readable(candidate.path, error)
        return replace(report, seconds=time.monotonic() - started)

    def _passed_over(self, path: Path, mark: Fingerprint) -> FileReport | None:
        stored = self._ledger.with_hash(mark.file_hash)
        if stored is None or not stored.source_type:
            return None
        elsewhere = stored.source != source_of(path)
        reason = f"already ingested: the same content as {stored.source}" if elsewhere else "already ingested"
        return FileReport(path, format=stored.source_type, bytes=mark.size, already_ingested=True, reason=reason)

    def _read(self, candidate: _Candidate) -> FileReport:
        mark = candidate.mark
        if candidate.source is None:
            report = FileReport(candidate.path, rejected=1, bytes=mark.size, reason=candidate.reason)
            noted = self._ledger.of_source(source_of(candidate.path))
            if mark.file_hash not in {version.file_hash for version in noted}:
                self._unread.append((mark.file_hash, report))
            return report
        if isinstance(candidate.source, ReadsCaptures) and (shorter := self._marked(candidate.path)[1]):
            member = Member(candidate.path, mark)
            (report,) = self._series_run(candidate.source).ingest([member], [shorter], self._teller(member))
            return report
        rows = rejected = 0
        for broken_off in self._broken_off(candidate):
            report = self._stretch(candidate, broken_off)
            rows, rejected = rows + report.rows, rejected + report.rejected
        report = self._stretch(candidate, mark)
        return replace(report, rows=rows + report.rows, rejected=rejected + report.rejected)

    def _broken_off(self, candidate: _Candidate) -> Iterator[Fingerprint]:
        """What the file was when a run over it broke off: to be finished as it was then, so that names are the same."""
        mark = candidate.mark
        for version in self._unfinished.get(source_of(candidate.path), []):
            grown = version.bytes < mark.size and mark.begins_with(version.bytes, version.file_hash)
            if grown and self._ledger.with_hash(version.file_hash) is None:
                yield replace(mark, size=version.bytes, file_hash=version.file_hash)

    def _stretch(self, candidate: _Candidate, mark: Fingerprint) -> FileReport:
        earlier = [
            old
            for old in self._ledger.of_source(source_of(candidate.path))
            if old.source_type and old.bytes < mark.size and mark.begins_with(old.bytes, old.file_hash)
        ]
        first_bytes = min((old.bytes for old in earlier), default=0)
        stretch = Stretch(candidate.path, mark, earlier[0] if earlier else None, first_bytes)
        # What a file is may only show when it is longer: its beginning is judged for itself.
        source = candidate.source if mark is candidate.mark else source_for(head_of(stretch), self._sources)

        def tell(bytes_done: int, rows: int) -> None:
            if self._progress is not None:
                self._progress(Progress(stretch.path, self._files_done, self._files, bytes_done, mark.size, rows))

        if source is None:
            return FileReport(candidate.path)
        return write_stretch(stretch, source, self._writer, self._ledger, tell)


def _order(found: Sequence[Found]) -> Callable[[FileReport], int]:
    """The place of a report, by that of its file among those found."""
    places: dict[Path, int] = {}
    for number, item in enumerate(found):
        places.setdefault(item.path, number)
    return lambda report: places.get(report.path, len(places))


def _groups(found: Sequence[Found]) -> Iterator[list[Found]]:
    """Files to look at together: no path twice, since the second look must see what became of the first."""
    group = dict[Path, Found]()
    for item in found:
        path = item.path if item.problem else item.path.resolve()
        if len(group) >= _GROUP_FILES or path in group:
            yield list(group.values())
            group = {}
        group[path] = item
    if group:
        yield list(group.values())


def _candidate(path: Path, mark: Fingerprint, sources: Sequence[Source]) -> _Candidate:
    try:
        head = head_of(Stretch(path, mark, None))
    except SourceBroken as broken:
        return _Candidate(path, mark, None, str(broken))
    source = source_for(head, sources)
    return _Candidate(path, mark, source, "" if source else reason_unread(head))


def _version(path: Path, mark: Fingerprint) -> Version:
    return Version(mark.file_hash, source_of(path), "", mark.size)


def _not_readable(path: Path, error: OSError) -> FileReport:
    return FileReport(path, rejected=1, failed=True, reason=f"cannot be read: {error.strerror or error}")
