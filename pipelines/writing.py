"""Batches into tables: each write carries a token, and the ledger is told after the rows are in."""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import BinaryIO

import polars as pl

from pipelines.arrival import Origin, settled
from pipelines.batch import Batch
from pipelines.batch_groups import Group, named, together
from pipelines.batch_writer import BatchWriter
from pipelines.capture_parts import identity_of
from pipelines.errors import SourceBroken
from pipelines.exports.known import KnownExporters
from pipelines.files import source_of
from pipelines.ledger import Ledger
from pipelines.report import FileReport
from pipelines.seen import Seen
from pipelines.sources.columns import only_rejects, rejects_of
from pipelines.sources.registry import GoesOn, ReadsCaptures, ReadsOn, RemembersExporters, Source
from pipelines.stretch import Reading, Stretch, opened
from store.client import Store
from store.writes import append

# Part of every token: raise it when a source reads the same bytes differently, or batches are written in other groups.
PARSER_VERSION = 9

# What a source may trip over in hostile content; anything else is a fault of ours and shows itself.
_TRIPPED = (pl.exceptions.PolarsError, ValueError, LookupError, ArithmeticError, RecursionError)

Tell = Callable[[int, int], None]


def write_stretch(stretch: Stretch, source: Source, writer: BatchWriter, ledger: Ledger, tell: Tell) -> FileReport:
    """What became of a file whose source is known: all its batches written, then the ledger told that it is done."""
    started = time.monotonic()
    reading = opened(stretch, source)
    knows = reading.continues or (isinstance(source, GoesOn) and source.goes_on)
    stored = [old.file_hash for old in stretch.earlier]
    seen = ledger.seen(stretch.source, stored) if stored and not knows else None
    rows, rejected, first_reject = 0, 0, ""
    identity = identity_of(stretch.path) if isinstance(source, ReadsCaptures) else ""
    with closing(reading.part):
        reasons = list[str]()

        def written(group: Group) -> list[tuple[Batch, Origin]]:
            fresh = [
                (
                    settled(_unseen(_shifted(batch, reading.shift), seen)),
                    Origin(
                        batch.source or stretch.source,
                        batch.source_type or source.NAME,
                        batch_id,
                        writer.scope,
                        identity,
                    ),
                )
                for batch_id, batch in group.batches
            ]
            writer.write(fresh, token=f"{group.batches[0][0]}:{source.NAME}:{PARSER_VERSION}")
            return fresh

        batches = _batches(source, reading, reasons, writer.exporters)
        for group, fresh in writer.staged(together(named(batches, reading), reading), written):
            for batch, origin in fresh:
                ledger.batch_stored(batch, origin, stretch.mark.file_hash)
                rows, rejected = rows + batch.rows.height, rejected + batch.rejects.height
                first_reject = first_reject or next(iter(batch.rejects["reason"].head(1)), "")
            tell(group.bytes_read, rows)
    reason = _reason(reasons, rows, rejected, first_reject)
    seconds = time.monotonic() - started
    report = FileReport(stretch.path, source.NAME, rows, rejected, stretch.mark.size, seconds, reason=reason)
    ledger.file_done(stretch.mark.file_hash, report)
    return report


def note_unread(store: Store, ledger: Ledger, unread: Sequence[tuple[str, FileReport]]) -> None:
    """Write down the files that nothing reads, each with the hash of its content, all at once."""
    if not unread:
        return
    names = "".join(f"{file_hash}\0{source_of(file.path)}\0" for file_hash, file in unread)
    token = f"unread:{hashlib.sha256(names.encode()).hexdigest()}:{PARSER_VERSION}"
    rejects = [(source_of(file.path), file_hash[:32], 0, file.reason) for file_hash, file in unread]
    schema = {"source": pl.String, "batch_id": pl.String, "offset": pl.UInt64, "reason": pl.String}
    append(store, "rejects", pl.DataFrame(rejects, schema=schema, orient="row"), token=token)
    for file_hash, file in unread:
        ledger.file_done(file_hash, file)


def _batches(source: Source, reading: Reading, reasons: list[str], exporters: KnownExporters | None) -> Iterator[Batch]:
    """The batches of a source; where it breaks off, one reject more and the reason."""
    after = 0
    try:
        for batch in _read(source, reading, exporters):
            after = max(after, _highest(batch.rows, "source_offset") + 1, _highest(batch.rejects, "offset") + 1)
            yield batch
    except SourceBroken as broken:
        reasons.append(str(broken))
    except _TRIPPED as tripped:
        reasons.append(f"the {source.NAME} source stopped: {type(tripped).__name__}: {str(tripped)[:200]}")
    if reasons:
        yield only_rejects(rejects_of([(after, reasons[0], "")]))


def _read(source: Source, reading: Reading, exporters: KnownExporters | None) -> Iterator[Batch]:
    if exporters is not None and isinstance(source, RemembersExporters):
        return source.read_with(reading.stream, exporters)
    if reading.beginning is not None and isinstance(source, ReadsOn):
        return _closing(source.read_on(reading.stream, reading.beginning), reading.beginning)
    return source.read(reading.stream)


def _closing(batches: Iterator[Batch], stream: BinaryIO) -> Iterator[Batch]:
    with closing(stream):
        yield from batches


def _highest(frame: pl.DataFrame, name: str) -> int:
    highest = frame[name].max()
    return highest if isinstance(highest, int) else -1


def _shifted(batch: Batch, shift: int) -> Batch:
    if not shift:
        return batch
    return replace(
        batch, rows=_moved(batch.rows, "source_offset", shift), rejects=_moved(batch.rejects, "offset", shift)
    )


def _moved(frame: pl.DataFrame, name: str, shift: int) -> pl.DataFrame:
    return frame.with_columns((pl.col(name).cast(pl.Int64) + shift).cast(pl.UInt64))


def _unseen(batch: Batch, seen: Seen | None) -> Batch:
    if seen is None:
        return batch
    rows = batch.rows.filter(pl.col("source_offset").cast(pl.Int64) > seen.row)
    # What was rejected may be a row now that the file goes on behind it.
    rejects = batch.rejects.filter(pl.col("offset").cast(pl.Int64) > max(seen.row, seen.reject))
    return replace(batch, rows=rows, rejects=rejects)


def _reason(reasons: list[str], rows: int, rejected: int, first_reject: str) -> str:
    if reasons or rows:
        return "; ".join(reasons)
    if not rejected:
        return "nothing in it: no event"
    return first_reject if rejected == 1 else f"{rejected} rejects and no row; the first: {first_reject}"
