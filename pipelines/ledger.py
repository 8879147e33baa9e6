"""The ledger: which contents are stored, as which file, and how far."""

import hashlib
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import polars as pl

from pipelines.arrival import EARLIEST, Origin
from pipelines.batch import Batch
from pipelines.files import source_of
from pipelines.report import FileReport
from pipelines.seen import Seen, seen_of
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

_UNFINISHED = """
SELECT DISTINCT file_hash, source, '' AS source_type, bytes
FROM started_files
WHERE file_hash NOT IN (SELECT file_hash FROM ingested_files WHERE source_type != '')
"""

_DONE = "SELECT DISTINCT file_hash, source_type FROM ingested_files WHERE file_hash IN {hashes:Array(String)}"

_NOTED = "SELECT batch_id FROM ingested_batches WHERE batch_id IN {batches:Array(String)}"

_BATCHES_OF = "SELECT file_hash, batch_id FROM ingested_batches WHERE file_hash IN {hashes:Array(String)}"

# A run that dies repeats the files of at most so many seconds; detection sees their batches so much later.
_COMMIT_SECONDS = 2.0

_STARTED = pl.Schema({"file_hash": pl.String, "source": pl.String, "bytes": pl.UInt64})

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
    """What is stored, asked and told through one `Store`.

    What is told is known here at once, and written down some seconds' worth at a time: a run that dies before knows
    less than is stored, reads those files again, and the database drops what it has.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ahead = False
        self._by_hash: dict[str, list[Version]] = {}
        self._by_source: dict[str, list[Version]] = {}
        self._batches: list[pl.DataFrame] = []
        self._files: list[tuple[str, FileReport]] = []
        self._committed = time.monotonic()

    def read_ahead(self) -> None:
        """Fetch all of it at once, for a run over so many files that asking for each would take longer."""
        self._ahead = True
        for version in self._fetched(_ALL, {}):
            self._remember(version)

    def with_hash(self, file_hash: str) -> Version | None:
        """The first file that brought this content and was read, else one that nothing read; None when it is new."""
        asked = [] if self._ahead else self._fetched(_OF_HASH, {"file_hash": file_hash})
        found = asked + self._by_hash.get(file_hash, [])
        return next((version for version in found if version.source_type), found[0] if found else None)

    def of_source(self, source: str) -> list[Version]:
        """What was stored from this path before, the longest first."""
        asked = [] if self._ahead else self._fetched(_OF_SOURCE, {"source": source})
        found = asked + self._by_source.get(source, [])
        return sorted(found, key=lambda version: version.bytes, reverse=True)

    def unfinished(self) -> dict[str, list[Version]]:
        """Contents that earlier runs began to store and did not finish, by path, the shortest first."""
        found: dict[str, list[Version]] = {}
        for version in sorted(self._fetched(_UNFINISHED, {}), key=lambda version: version.bytes):
            found.setdefault(version.source, []).append(version)
        return found

    def seen(self, source: str, hashes: Collection[str]) -> Seen:
        """How far those contents reach that were stored whole from this path, and that have these hashes."""
        self.commit()
        return seen_of(self._store, source, hashes)

    def batches_of(self, hashes: Sequence[str]) -> dict[str, set[str]]:
        """The names of the batches of these contents, by hash; what was not yet written down is not among them."""
        found: dict[str, set[str]] = {}
        for row in self._store.rows(_BATCHES_OF, {"hashes": list(hashes)}):
            found.setdefault(str(row["file_hash"]), set()).add(str(row["batch_id"]))
        return found

    def noted(self, batches: Sequence[str]) -> set[str]:
        """Those of the batches that are written down."""
        return {str(row["batch_id"]) for row in self._store.rows(_NOTED, {"batches": list(batches)})}

    def starting(self, versions: Sequence[Version]) -> None:
        """Note that these contents are about to be stored, before their first row is."""
        rows = [(version.file_hash, version.source, version.bytes) for version in versions]
        append(self._store, "started_files", pl.DataFrame(rows, schema=_STARTED, orient="row"), token=_token(rows))

    def batch_stored(self, batch: Batch, origin: Origin, file_hash: str) -> None:
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
        self._batches.append(row)
        self._commit_when_due()

    def file_done(self, file_hash: str, file: FileReport) -> None:
        """Note that a file, of which this is the content's hash, is done."""
        self._files.append((file_hash, file))
        self._remember(Version(file_hash, source_of(file.path), file.format, file.bytes))
        self._commit_when_due()

    def commit(self) -> None:
        """Write down what was told: batches first, since a file that is done must not lack one."""
        self._write_batches()
        self._write_files()
        self._committed = time.monotonic()

    def _commit_when_due(self) -> None:
        if time.monotonic() - self._committed > _COMMIT_SECONDS:
            self.commit()

    def _write_batches(self) -> None:
        if not self._batches:
            return
        told = pl.concat(self._batches).unique("batch_id", maintain_order=True)
        # Some may be there already: a run that broke off wrote them down together with others.
        fresh = told.filter(~pl.col("batch_id").is_in(list(self.noted(told["batch_id"].to_list()))))
        append(self._store, "ingested_batches", fresh, token=_token(fresh["batch_id"].to_list()))
        self._batches.clear()

    def _write_files(self) -> None:
        if not self._files:
            return
        hashes = [file_hash for file_hash, _ in self._files]
        # Another run may have stored the same file meanwhile; the rows were dropped by their tokens.
        done = {(row["file_hash"], row["source_type"]) for row in self._store.rows(_DONE, {"hashes": hashes})}
        rows = [
            (
                file_hash,
                source_of(file.path),
                file.format,
                file.bytes,
                file.rows,
                file.rejected,
                file.reason,
                file.seconds,
            )
            for file_hash, file in self._files
            if (file_hash, file.format) not in done
        ]
        append(self._store, "ingested_files", pl.DataFrame(rows, schema=_FILES, orient="row"), token=_token(rows))
        self._files.clear()

    def _remember(self, version: Version) -> None:
        self._by_hash.setdefault(version.file_hash, []).append(version)
        self._by_source.setdefault(version.source, []).append(version)

    def _fetched(self, sql: str, parameters: Parameters) -> list[Version]:
        found = self._store.rows(sql, parameters)
        return [
            Version(str(row["file_hash"]), str(row["source"]), str(row["source_type"]), int(str(row["bytes"])))
            for row in found
        ]


def _token(rows: Sequence[object]) -> str:
    """A name for rows written together: equal for equal rows."""
    return hashlib.sha256(repr(rows).encode()).hexdigest()[:32]
