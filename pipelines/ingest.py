"""Files in, rows out, exactly once: what was stored is in the ledger, and every write may be repeated."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from pipelines.arrival import Assets
from pipelines.batch_writer import BatchWriter
from pipelines.exports.known import ExporterMemory
from pipelines.files import Found, found_files
from pipelines.ingest_run import IngestRun, Listener
from pipelines.report import FileReport, IngestReport
from pipelines.series import series_among
from pipelines.sources.registry import SOURCES, Source
from store.client import Store

# Files looked at together: a note of intent is one insert for all of them.
_GROUP_FILES = 128
_LARGE = 32 << 20  # bytes; of a smaller file there is hardly a second group


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
        gc.freeze()  # what was there before is not searched for rubbish again and again
        connections.callback(gc.unfreeze)
        # On a server, what was read is written while the next is being read.
        beside = [connections.enter_context(other) for _ in range(_writers(found)) if (other := store.beside())]
        writer = BatchWriter(store, scope, address_book, known, beside)
        run = IngestRun(store, writer, progress, len(found), sources)
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


def _writers(found: Sequence[Found]) -> int:
    """How many groups are written at once.

    The server works at most of an insert with one thread, and waits for the disk at its end: two keep it busy.
    """
    if not found:
        return 0
    return 2 if any(not item.problem and _is_large(item.path) for item in found) else 1


def _is_large(path: Path) -> bool:
    try:
        return path.stat().st_size > _LARGE
    except OSError:  # it is gone, which reading it will tell
        return False


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
