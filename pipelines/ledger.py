"""The ledger: which contents are stored, as which file, and how far."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.arrival import EARLIEST, Origin
from pipelines.batch import Batch
from pipelines.report import FileReport
from store.client import Parameters, Store
from store.writes import append

_ALL = """
SELECT file_hash, source, source_type, bytes FROM ingested_files ORDER BY completed_at
"""

_OF_HASH = """
SELECT file_hash, source, source_type, bytes
FROM ingested_files
WHERE file_hash = {file_hash:String}
ORDER BY completed_at
"""

_OF_SOURCE = """
SELECT file_hash, source, source_type, bytes
FROM ingested_files
WHERE source = {source:String}
ORDER BY completed_at
"""
_LAST_OFFSET = """
SELECT max(source_offset) FROM (
    SELECT max(source_offset) AS source_offset FROM log_events WHERE source = {source:String} HAVING count() > 0
    UNION ALL
    SELECT max(source_offset) FROM network_flows WHERE source = {source:String} HAVING count() > 0
)
HAVING count() > 0
"""

_FILES = pl.Schema(
    {
        "file_hash": pl.String,
        "source": pl.String,
        "source_type": pl.String,
        "bytes": pl.UInt64,
        "rows": pl.UInt64,
        "rejected": pl.UInt64,
        "reason": pl.String,
        "seconds": pl.Float64,
    }
)


@dataclass(frozen=True)
class Version:
    """A content that is stored: the file's hash and length then, and where it was read from."""

    file_hash: str
    source: str
    source_type: str
    bytes: int


class Ledger:
    """What is stored, asked and told through one `Store`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_hash: dict[str, list[Version]] | None = None
        self._by_source: dict[str, list[Version]] = {}

    def read_ahead(self) -> None:
        """Fetch all of it at once, for a run over so many files that asking for each would take longer."""
        self._by_hash, self._by_source = {}, {}
        for version in self._fetched(_ALL, {}):
            self._by_hash.setdefault(version.file_hash, []).append(version)
            self._by_source.setdefault(version.source, []).append(version)

    def with_hash(self, file_hash: str) -> Version | None:
        """The first file that brought this content and was read, else one that nothing read; None when it is new."""
        if self._by_hash is None:
            found = self._fetched(_OF_HASH, {"file_hash": file_hash})
        else:
            found = self._by_hash.get(file_hash, [])
        return next((version for version in found if version.source_type), found[0] if found else None)

    def of_source(self, source: str) -> list[Version]:
        """What was stored from this path before, the longest first."""
        if self._by_hash is None:
            found = self._fetched(_OF_SOURCE, {"source": source})
        else:
            found = self._by_source.get(source, [])
        return sorted(found, key=lambda version: version.bytes, reverse=True)

    def last_offset(self, version: Version) -> int:
        """The highest line, record or packet number stored from this content, -1 when there is none."""
        value = self._store.value(_LAST_OFFSET, {"source": version.source})
        return int(str(value)) if value is not None else -1

    def batch_stored(self, batch: Batch, origin: Origin, file_hash: str, *, token: str) -> None:
        """Note that a batch is in its table; the times are its first and last event, else 1970."""
        times, nothing = pl.col("event_time"), pl.lit(EARLIEST)
        row = batch.rows.select(
            pl.lit(origin.batch_id).alias("batch_id"),
            pl.lit(file_hash).alias("file_hash"),
            pl.lit(origin.source).alias("source"),
            pl.lit(batch.table).alias("table_name"),
            pl.coalesce(pl.col("source_offset").min(), pl.lit(batch.rejects["offset"].min()), 0).alias("first_offset"),
            pl.len().cast(pl.UInt64).alias("rows"),
            pl.lit(batch.rejects.height, pl.UInt64).alias("rejected"),
            pl.coalesce(times.min(), nothing).alias("first_event_time"),
            pl.coalesce(times.max(), nothing).alias("last_event_time"),
        )
        append(self._store, "ingested_batches", row, token=token)

    def files_done(self, files: Sequence[tuple[str, FileReport]], *, token: str) -> None:
        """Note that files, each with the hash of its content, are done."""
        rows = [
            (
                file_hash,
                str(file.path.resolve()),
                file.format,
                file.bytes,
                file.rows,
                file.rejected,
                file.reason,
                file.seconds,
            )
            for file_hash, file in files
        ]
        append(self._store, "ingested_files", pl.DataFrame(rows, schema=_FILES, orient="row"), token=token)
        if self._by_hash is not None:
            for file_hash, file in files:
                version = Version(file_hash, str(file.path.resolve()), file.format, file.bytes)
                self._by_hash.setdefault(file_hash, []).append(version)
                self._by_source.setdefault(version.source, []).append(version)

    def _fetched(self, sql: str, parameters: Parameters) -> list[Version]:
        found = self._store.rows(sql, parameters)
        return [
            Version(str(row["file_hash"]), str(row["source"]), str(row["source_type"]), int(str(row["bytes"])))
            for row in found
        ]
