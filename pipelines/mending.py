"""What was rejected, read again: after a format was mended or described, its good lines become rows after all.

The file itself is read again, since a line alone may mean nothing (a header, the records around it); of what it gives,
only what stands at a rejected place and is not stored yet is added. The rejects that became rows go.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from pipelines.arrival import Assets, Origin, settled
from pipelines.batch import Batch, no_rejects
from pipelines.batch_writer import BatchWriter
from pipelines.errors import SourceBroken
from pipelines.files import Found, fingerprint, found_files, source_of
from pipelines.ledger import Ledger
from pipelines.report import FileReport, IngestReport
from pipelines.sources.registry import SOURCES, Source, source_for
from pipelines.stretch import Stretch, head_of, opened
from pipelines.writing import PARSER_VERSION
from store.client import Store

_REJECTED = "SELECT DISTINCT offset FROM rejects WHERE source = {source:String}"
_STORED = """
SELECT source_offset FROM log_events WHERE source = {source:String} AND source_offset IN {offsets:Array(UInt64)}
UNION DISTINCT
SELECT source_offset FROM network_flows WHERE source = {source:String} AND source_offset IN {offsets:Array(UInt64)}
"""
_MENDED = "DELETE FROM rejects WHERE source = {source:String} AND offset IN {offsets:Array(UInt64)}"
_MOST_OFFSETS = 10_000


def read_rejects_again(
    paths: Sequence[Path],
    store: Store,
    *,
    scope: str,
    address_book: Assets | None = None,
    sources: Sequence[Source] = SOURCES,
) -> IngestReport:
    """What became of the rejects of every file at or below the paths; a file without any adds nothing.

    Raises:
        StoreError: the database failed; everything mended before stays, and running again continues.
    """
    writer, ledger = BatchWriter(store, scope, address_book), Ledger(store)
    reports = [_looked_at(found, writer, ledger, sources) for found in found_files(paths)]
    ledger.commit()
    return IngestReport(tuple(reports))


def _looked_at(found: Found, writer: BatchWriter, ledger: Ledger, sources: Sequence[Source]) -> FileReport:
    if found.problem:
        return FileReport(found.path, reason=found.problem)
    try:
        return _mended(found.path, writer, ledger, sources)
    except OSError as error:
        return FileReport(found.path, reason=f"cannot be read: {error.strerror or error}")


def _mended(path: Path, writer: BatchWriter, ledger: Ledger, sources: Sequence[Source]) -> FileReport:
    mark = fingerprint(path)
    version = ledger.with_hash(mark.file_hash)
    rejected = writer.store.frame(_REJECTED, {"source": source_of(path)})["offset"]
    if version is None or version.source != source_of(path):
        return FileReport(path, bytes=mark.size, reason="not ingested as it is now: ingest it first")
    if rejected.is_empty():
        return FileReport(path, version.source_type, bytes=mark.size, reason="nothing of it is rejected")
    stretch = Stretch(path, mark)
    source = source_for(head_of(stretch), sources)
    if source is None:
        return FileReport(path, bytes=mark.size, rejected=len(rejected), reason="still nothing reads it")
    rows, reason = 0, ""
    reading = opened(stretch, source)
    with reading.part:
        try:
            for number, batch in enumerate(source.read(reading.stream)):
                name = f"{mark.file_hash[:24]}-again-{PARSER_VERSION}-{number}"
                origin = Origin(stretch.source, batch.source_type or source.NAME, name, writer.scope)
                rows += _added(batch, origin, rejected, writer, ledger, mark.file_hash)
        except SourceBroken as broken:
            reason = str(broken)
    left = len(writer.store.frame(_REJECTED, {"source": stretch.source}))
    return FileReport(path, source.NAME, rows, left, mark.size, reason=reason)


def _added(
    batch: Batch, origin: Origin, rejected: pl.Series, writer: BatchWriter, ledger: Ledger, file_hash: str
) -> int:
    """How many rows of a batch were rejected before and are stored now."""
    wanted = settled(replace(batch, rejects=no_rejects())).rows
    wanted = wanted.filter(pl.col("source_offset").is_in(rejected.implode()))
    offsets = wanted["source_offset"].unique().to_list()
    found = 0
    for start in range(0, len(offsets), _MOST_OFFSETS):
        asked = {"source": origin.source, "offsets": offsets[start : start + _MOST_OFFSETS]}
        stored = writer.store.frame(_STORED, asked)["source_offset"]
        fresh = wanted.filter(
            pl.col("source_offset").is_in(asked["offsets"]) & ~pl.col("source_offset").is_in(stored.implode())
        )
        part = replace(origin, batch_id=f"{origin.batch_id}-{start}")
        mended = replace(batch, rows=fresh, rejects=no_rejects())
        if fresh.height:
            writer.write([(mended, part)], token=part.batch_id)
            ledger.batch_stored(mended, part, file_hash)
        writer.store.execute(_MENDED, asked)
        found += fresh.height
    return found
