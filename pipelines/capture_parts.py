"""A capture of several files, read: batches named by all that was read before, rows named by the file they began in."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from pipelines.batch import Batch
from pipelines.capture import pcap, pcapng
from pipelines.capture.reader import CaptureReader
from pipelines.capture.window import PacketWindow, Problem, PutBack, UntilBroken, read_fully
from pipelines.files import Fingerprint, Part, buffered, source_of
from pipelines.sources.compression import plain

_HEAD_BYTES: Final = 256


@dataclass(frozen=True)
class Member:
    """A file of a series as it was when fingerprinted."""

    path: Path
    mark: Fingerprint

    @property
    def source(self) -> str:
        """The resolved path, as the tables name it."""
        return source_of(self.path)

    def chained(self, seed: str) -> str:
        """What stands for the series up to this file, given what stands for it up to the one before ('' for none)."""
        return hashlib.sha256(f"{seed}{self.mark.file_hash}".encode()).hexdigest()


@dataclass(frozen=True)
class Named:
    """A batch with its name, the file whose rows they are, and what begins their ids."""

    name: str
    batch: Batch
    source: str
    identity: str


def identity_of(path: Path, seed: str = "") -> str:
    """What begins the ids of the flows of a capture: the same whatever the file, or its series, grows by.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return hashlib.sha256(b"\0".join([source_of(path).encode(), seed.encode(), head])).hexdigest()[:24]


class Chain:
    """Files that are one capture, read one after the other.

    Attributes:
        seed: what stands for the files read so far.
        last_us: time of the last packet, microseconds since 1970.
        bytes_read: of all files so far.
    """

    def __init__(self, reader: CaptureReader) -> None:
        self._reader = reader
        self._begun = list[int]()
        self._places = list[tuple[str, str]]()
        self._packets = 0
        self.seed = ""
        self.last_us = 0
        self.bytes_read = 0
        self.broken = ""

    def read(self, member: Member) -> Iterator[Named]:
        """The batches of the next file, as far as they are over; in `broken` is then why it broke off, or ''."""
        seed, first = self.seed, self._packets
        self._begun.append(first)
        self._places.append((member.source, identity_of(member.path, seed)))
        self._reader.begins_part(first)
        self.seed = member.chained(seed)
        with Part(member.path, 0, member.mark.size, seed=seed) as part:
            whole = UntilBroken(plain(buffered(part)))
            head = read_fully(whole, 4)
            read_windows = pcapng.read_windows if head == pcapng.MAGIC else pcap.read_windows
            batches = self._reader.part(self._numbered(read_windows(PutBack(head, whole)), first))
            last, number = "", 0
            while True:
                try:
                    batch = next(batches)
                except StopIteration as ended:
                    self.broken = "; ".join(filter(None, (ended.value, str(whole.broken or ""))))
                    break
                name = part.read_hash[:24]
                number = number + 1 if name == last else 0
                last = name
                for split in self._split(batch):
                    yield replace(split, name=f"{name}-{number}{split.name}")
        self.bytes_read += member.mark.size
        *told, last_batch = self._reader.ends_part()
        for count, batch in enumerate(told):
            yield from (
                replace(split, name=f"{self.seed[:24]}-told-{count}{split.name}") for split in self._split(batch)
            )
        yield from (replace(split, name=f"{self.mark}{split.name}") for split in self._split(last_batch))

    @property
    def packets_of_last(self) -> int:
        """How many packets the last file had."""
        return self._packets - self._begun[-1]

    @property
    def idle_us(self) -> int:
        """The silence that ends every flow, in microseconds."""
        return self._reader.idle_us

    @property
    def mark(self) -> str:
        """The name of the batch that every file ends with: where the ledger has it, the file is stored as this part."""
        return end_mark(self.seed)

    def end(self) -> Iterator[Named]:
        """What is open after the last file."""
        for number, batch in enumerate(self._reader.end(whole=not self.broken)):
            for split in self._split(batch):
                yield replace(split, name=f"{self.seed[:24]}-open-{number}{split.name}")

    def _numbered(self, windows: Iterator[PacketWindow | Problem], first: int) -> Iterator[PacketWindow | Problem]:
        for window in windows:
            if isinstance(window, Problem):
                yield replace(window, number=first + window.number)
                continue
            if len(window):
                self.last_us = int(window.time_us[-1])
                self._packets = first + window.first_number + len(window)
            yield replace(window, first_number=first + window.first_number)

    def _split(self, batch: Batch) -> Iterator[Named]:
        """The batch in parts, of one file each; what began in earlier files comes after what began in the last."""
        here = len(self._begun) - 1
        first = self._begun[here]
        rejects = batch.rejects.with_columns(_less("offset", first))
        offsets = batch.rows["source_offset"].to_numpy()
        if not len(offsets) or offsets.min() >= first:
            rows = batch.rows.with_columns(_less("source_offset", first))
            yield Named("", replace(batch, rows=rows, rejects=rejects), *self._places[here])
            return
        of_file = np.searchsorted(self._begun, offsets, "right") - 1
        for file in [here, *(int(one) for one in np.unique(of_file) if one != here)]:
            rows = batch.rows.filter(pl.Series(of_file == file))
            rows = rows.with_columns(_less("source_offset", self._begun[file]))
            told = rejects if file == here else rejects.clear()
            yield Named(
                f"-{file}" if file != here else "", replace(batch, rows=rows, rejects=told), *self._places[file]
            )


def end_mark(seed: str) -> str:
    """The name of the batch that ends a file, after which this stands for the series."""
    return f"{seed[:24]}-end"


def _less(name: str, first: int) -> pl.Expr:
    return (pl.col(name).cast(pl.Int64) - first).clip(0).cast(pl.UInt64).alias(name)
