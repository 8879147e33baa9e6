"""The spool: a bounded folder of segments, between what is heard now and what the database takes when it can."""

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path
from typing import Final

from pipelines.listening.segments import Feed, Heard, Kind, beginning, packed

CLOSED: Final = ".segment"
OPEN: Final = ".open"
_FLUSH_BYTES: Final = 256 * 1024
_ROOM: Final = 4 * 1024 * 1024  # so much is to be free before a disk that was full is trusted again


@dataclass
class Counts:
    """What became of the messages of one feed since the listener started.

    Attributes:
        received: those that came, dropped ones among them.
        dropped: those for which the spool had no room.
        bytes: of all that came.
        kernel_dropped: those that the kernel had no room for before they were read (UDP).
        damaged: connections ended because the next message could not be found (TCP).
    """

    received: int = 0
    dropped: int = 0
    bytes: int = 0
    kernel_dropped: int = 0
    damaged: int = 0


@dataclass
class _OpenSegment:
    path: Path
    file: FileIO
    opened: float
    size: int = 0
    written: int = 0
    waiting: list[bytes] = field(default_factory=list)
    waiting_bytes: int = 0
    waiting_messages: int = 0

    def write(self) -> None:
        """Put what waits on disk: all of it, or nothing.

        Raises:
            OSError: the disk takes no more.
        """
        rest = memoryview(b"".join(self.waiting))
        end = self.written + len(rest)
        try:
            while rest:
                rest = rest[self.file.write(rest) :]
        except OSError:
            # Half a message would hide what is appended later.
            self.file.seek(self.written)
            self.file.truncate()
            raise
        self.written = end
        self.waiting, self.waiting_bytes, self.waiting_messages = [], 0, 0


class Spool:
    """Appends messages to the open segment of their feed; closed ones are left for who stores them.

    What would make the spool larger than its limit is dropped and counted: memory and disk of the machine come first.
    So is what comes while the disk takes no more; what was taken before that waits in memory until there is room.

    Attributes:
        problem: what the disk said when it took no more, '' while it does.
    """

    def __init__(self, folder: Path, *, limit_bytes: int, segment_bytes: int, segment_seconds: float) -> None:
        self.folder = folder
        self.counts: dict[str, Counts] = {}
        self.problem = ""
        self.limit = limit_bytes
        self._segment_bytes = segment_bytes
        self._segment_seconds = segment_seconds
        self._open: dict[Feed, _OpenSegment] = {}
        self._number = 0
        self._size = 0
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"*{OPEN}"):
            # A listener that died left it: what is whole in it is stored.
            left.replace(left.with_suffix(CLOSED))
        self.measure()

    @property
    def size(self) -> int:
        """Bytes that wait in the spool."""
        return self._size

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits."""
        return bool(self.problem) or self._size >= self.limit

    def append(self, feed: Feed, content: bytes, *, peer: bytes, time_us: int | None = None, messages: int = 1) -> bool:
        """Whether a message, or a block of so many, is in the spool; what does not fit is dropped and counted."""
        counts = self.counts_of(feed)
        counts.received += messages
        counts.bytes += len(content)
        fits = not self.problem and self._size + len(content) <= self.limit
        segment = (self._open.get(feed) or self._opened(feed)) if fits else None
        if segment is None:
            counts.dropped += messages
            return False
        entry = packed(Heard(time.time_ns() // 1000 if time_us is None else time_us, peer, content))
        segment.waiting.append(entry)
        segment.waiting_bytes += len(entry)
        segment.waiting_messages += messages
        segment.size += len(entry)
        self._size += len(entry)
        if segment.waiting_bytes > _FLUSH_BYTES:
            self._flush(segment)
        return True

    def counts_of(self, feed: Feed) -> Counts:
        """What became of the messages of a feed."""
        counts = self.counts.get(feed.name)
        if counts is None:
            counts = self.counts[feed.name] = Counts()
        return counts

    def write_out(self, kind: Kind) -> bool:
        """Whether all that waited in memory of feeds of this kind is on disk now, to stay there."""
        segments = [segment for feed, segment in self._open.items() if feed.kind == kind]
        written = [self._flush(segment, sync=True) for segment in segments]
        return all(written)

    def close_due(self) -> None:
        """Close the segments that are large or have been open long enough; write out what waits in memory."""
        now = time.monotonic()
        for feed, segment in list(self._open.items()):
            if now - segment.opened >= self._segment_seconds or segment.size > self._segment_bytes:
                self._close(feed)
            else:
                self._flush(segment)

    def close(self) -> None:
        """Close all segments; what the disk does not take now is dropped and counted."""
        for feed in list(self._open):
            if not self._close(feed):
                self._give_up(feed)

    def measure(self) -> None:
        """Look how large the spool is now: others take segments out of it."""
        size = 0
        with os.scandir(self.folder) as entries:
            for entry in entries:
                try:
                    size += entry.stat().st_size if entry.name.endswith((CLOSED, OPEN)) else 0
                except FileNotFoundError:
                    continue
        self._size = size + sum(segment.waiting_bytes for segment in self._open.values())
        if self.problem and shutil.disk_usage(self.folder).free >= _ROOM:
            self.problem = ""

    def _opened(self, feed: Feed) -> _OpenSegment | None:
        self._number += 1
        # The names sort by time, and by number within a moment.
        path = self.folder / f"{time.time_ns():020d}-{self._number % 1_000_000:06d}{OPEN}"
        try:
            # What a buffer still held would be written once more at the end, wherever that is.
            file = path.open("wb", buffering=0)
        except OSError as error:
            self._failed(error)
            return None
        segment = self._open[feed] = _OpenSegment(path, file, time.monotonic())
        segment.waiting.append(beginning(feed))
        return segment

    def _flush(self, segment: _OpenSegment, *, sync: bool = False) -> bool:
        try:
            if segment.waiting:
                segment.write()
            if sync:
                os.fsync(segment.file.fileno())
        except OSError as error:
            self._failed(error)
            return False
        return True

    def _close(self, feed: Feed) -> bool:
        segment = self._open[feed]
        if not self._flush(segment, sync=True):
            return False
        try:
            segment.path.replace(segment.path.with_suffix(CLOSED))
        except OSError as error:
            self._failed(error)
            return False
        segment.file.close()
        del self._open[feed]
        return True

    def _give_up(self, feed: Feed) -> None:
        segment = self._open.pop(feed)
        self.counts_of(feed).dropped += segment.waiting_messages
        segment.file.close()
        if segment.written:
            # Where even this fails, the next listener finds it under the name of an open one.
            with suppress(OSError):
                segment.path.replace(segment.path.with_suffix(CLOSED))
        else:
            segment.path.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> None:
        self.problem = f"{self.folder}: {error.strerror or error}"


def closed_segments(folder: Path) -> list[Path]:
    """The segments that nothing is added to any more, oldest first."""
    return sorted(folder.glob(f"*{CLOSED}"))
