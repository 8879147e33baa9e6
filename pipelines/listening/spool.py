"""The spool: a bounded folder of segments, between what is heard now and what the database takes when it can."""

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pipelines.listening.segments import Feed, Heard, Kind, beginning, packed

CLOSED: Final = ".segment"
OPEN: Final = ".open"
_FLUSH_BYTES: Final = 256 * 1024


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
    file: BinaryIO
    opened: float
    size: int = 0
    waiting: list[bytes] = field(default_factory=list)
    waiting_bytes: int = 0


class Spool:
    """Appends messages to the open segment of their feed; closed ones are left for who stores them.

    What would make the spool larger than its limit is dropped and counted: memory and disk of the machine come first.
    """

    def __init__(self, folder: Path, *, limit_bytes: int, segment_bytes: int, segment_seconds: float) -> None:
        self.folder = folder
        self.counts: dict[str, Counts] = {}
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
        return self._size >= self.limit

    def append(self, feed: Feed, content: bytes, *, peer: bytes, time_us: int | None = None, messages: int = 1) -> bool:
        """Whether a message, or a block of so many, is in the spool; what does not fit is dropped and counted."""
        counts = self.counts_of(feed)
        counts.received += messages
        counts.bytes += len(content)
        if self._size + len(content) > self.limit:
            counts.dropped += messages
            return False
        entry = packed(Heard(time.time_ns() // 1000 if time_us is None else time_us, peer, content))
        segment = self._open.get(feed) or self._opened(feed)
        segment.waiting.append(entry)
        segment.waiting_bytes += len(entry)
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

    def write_out(self, kind: Kind) -> None:
        """Put what waits in memory of feeds of this kind on disk, to stay there."""
        for feed, segment in self._open.items():
            if feed.kind == kind:
                self._flush(segment)
                os.fsync(segment.file.fileno())

    def close_due(self) -> None:
        """Close the segments that are large or have been open long enough; write out what waits in memory."""
        now = time.monotonic()
        for feed, segment in list(self._open.items()):
            if now - segment.opened >= self._segment_seconds or segment.size > self._segment_bytes:
                self._close(feed)
            else:
                self._flush(segment)

    def close(self) -> None:
        """Close all segments."""
        for feed in list(self._open):
            self._close(feed)

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

    def _opened(self, feed: Feed) -> _OpenSegment:
        self._number += 1
        # The names sort by time, and by number within a moment.
        path = self.folder / f"{time.time_ns():020d}-{self._number % 1_000_000:06d}{OPEN}"
        segment = self._open[feed] = _OpenSegment(path, path.open("wb"), time.monotonic())
        segment.waiting.append(beginning(feed))
        return segment

    def _flush(self, segment: _OpenSegment) -> None:
        if segment.waiting:
            segment.file.write(b"".join(segment.waiting))
            segment.file.flush()
            segment.waiting, segment.waiting_bytes = [], 0

    def _close(self, feed: Feed) -> None:
        segment = self._open.pop(feed)
        self._flush(segment)
        os.fsync(segment.file.fileno())
        segment.file.close()
        segment.path.replace(segment.path.with_suffix(CLOSED))


def closed_segments(folder: Path) -> list[Path]:
    """The segments that nothing is added to any more, oldest first."""
    return sorted(folder.glob(f"*{CLOSED}"))
