"""How fast Windows event logs are stored, and what the months that they lie in cost.

    python -m benchmarks.event_logs [SHARED] [--copies 6]

One large log is made of many small ones: their chunks, one after the other, under one header. It is stored as it is,
its events spread over as many months as the collection has, and again with all events moved into one month; and both
again with full chunks only, which the log of one machine is made of. Each time into an embedded server of its own: rows
a second by the clock, and microseconds of this process for a row.
"""

import argparse
import json
import struct
import tempfile
import time
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import polars as pl

from benchmarks.corpus import SHARED
from pipelines.batch import Batch
from pipelines.ingest import ingest
from pipelines.sources import evtx_log
from pipelines.sources.registry import Source
from rongdun.settings import Settings
from store.embedded import stop
from store.session import open_store

_HEADER_BYTES = 4096
_CHUNK_BYTES = 65_536
_FREE_SPACE = 0x30  # where a chunk tells from which byte on it is free
_FULL = _CHUNK_BYTES * 3 // 4
_MONTH = datetime(2026, 3, 1, tzinfo=UTC)
_SECONDS_OF_A_MONTH = 2_000_000


class OneMonth:
    """Event logs whose events all happened in one month."""

    NAME = evtx_log.NAME

    def recognises(self, head: bytes) -> bool:
        """Whether the file has the signature of an event log."""
        return evtx_log.recognises(head)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        """The records in batches."""
        second = pl.duration(seconds=pl.col("source_offset") % _SECONDS_OF_A_MONTH)
        moment = (pl.lit(_MONTH).cast(pl.Datetime("us", "UTC")) + second).alias("event_time")
        for batch in evtx_log.read(stream):
            yield replace(batch, rows=batch.rows.with_columns(moment))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shared", type=Path, nargs="?", default=SHARED)
    parser.add_argument("--copies", type=int, default=6)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    told: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="event-logs-") as place:
        log = composed_event_log(asked.shared / "evtx", Path(place) / "composed.evtx", copies=asked.copies)
        full = composed_event_log(asked.shared / "evtx", Path(place) / "full.evtx", copies=asked.copies, full=True)
        for key, path, source in (
            ("as_they_are", log, evtx_log),
            ("in_one_month", log, OneMonth()),
            ("full_chunks", full, evtx_log),
            ("full_chunks_in_one_month", full, OneMonth()),
        ):
            rows, seconds, processor = _stored(path, Path(place) / key, source)
            told[f"{key}_rows_per_second"] = rows / seconds
            told[f"{key}_microseconds_a_row"] = processor / rows * 1e6
    if asked.json:
        print(json.dumps(told))
        return
    for key, value in told.items():
        print(f"{key:36} {value:>12,.1f}")


def _stored(log: Path, home: Path, source: Source) -> tuple[int, float, float]:
    settings = Settings(home=home)
    try:
        with open_store(settings) as store:
            started, used = time.perf_counter(), time.process_time()
            rows = ingest([log], store, scope="fuzhou", sources=[source]).rows
            return rows, time.perf_counter() - started, time.process_time() - used
    finally:
        stop(settings.run_folder)


def composed_event_log(folder: Path, target: Path, *, copies: int, full: bool = False) -> Path:
    """Write all chunks of all EVTX files below the folder, so many times; gives the file.

    Args:
        folder: holds them, at any depth.
        target: the file.
        copies: how many times.
        full: only chunks of which three quarters are used, as all but the last of a machine's own log are.

    Raises:
        FileNotFoundError: the folder holds no EVTX file, or none with a full chunk.
    """
    chunks = [chunk for path in sorted(folder.rglob("*.evtx")) for chunk in _chunks(path.read_bytes())]
    if full:
        chunks = [chunk for chunk in chunks if _FULL <= _free_from(chunk) <= _CHUNK_BYTES]
    if not chunks:
        raise FileNotFoundError(f"{folder}: no EVTX file in it" + (" with a full chunk" if full else ""))
    with target.open("wb") as stream:
        stream.write(_header(len(chunks) * copies))
        for _ in range(copies):
            stream.writelines(chunks)
    return target


def _chunks(content: bytes) -> list[bytes]:
    ends = range(_HEADER_BYTES, len(content) - _CHUNK_BYTES + 1, _CHUNK_BYTES)
    return [content[at : at + _CHUNK_BYTES] for at in ends if content[at : at + 8] == b"ElfChnk\0"]


def _free_from(chunk: bytes) -> int:
    (begin,) = struct.unpack_from("<I", chunk, _FREE_SPACE)
    return int(begin)


def _header(chunks: int) -> bytes:
    """The file header: version 3.1, the number of chunks, and the checksum of its first 120 bytes."""
    count = min(chunks, 0xFFFF)
    first = b"ElfFile\0" + struct.pack("<QQQIHHHH", 0, chunks - 1, 1, 128, 1, 3, _HEADER_BYTES, count) + bytes(76)
    checked = first[:120]
    return (checked + struct.pack("<II", 0, zlib.crc32(checked))).ljust(_HEADER_BYTES, b"\0")


if __name__ == "__main__":
    main()
