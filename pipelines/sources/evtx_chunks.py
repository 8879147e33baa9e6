"""The chunks of an event log before anything follows what they point to: lists that run in circles are taken away."""

import io
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from pipelines.capture.window import read_fully

HEADER: Final = 4096
CHUNK: Final = 65_536

_TOGETHER = 64 * CHUNK
_BUFFERED = 1 << 20  # bytes that a file's buffer may hold already, which nobody should read twice

_Places = npt.NDArray[np.int64]

# Where a chunk keeps the beginnings of its 64 lists of names and 32 lists of templates; each item begins with the place
# of the next, 0 at the end.
_BEGINNINGS, _LISTS = 128, 96
_LINK = 4


class LogChunks:
    """An event log for a parser that asks for chunk after chunk: read once, and no list in it runs in a circle.

    Attributes:
        size: of the log in bytes.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._ahead = read_fully(stream, _BUFFERED)
        self.size = stream.seek(0, io.SEEK_END)
        stream.seek(len(self._ahead))
        self._failure: OSError | None = None
        self._window: bytes | bytearray = self._ahead[:HEADER]
        self._ahead = self._ahead[HEADER:]
        self._begin = self._at = 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The new place, counted from the start of the log."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        return self._at

    def read(self, size: int) -> bytes:
        """At most so many bytes from the place on, none at the end; what lies behind is gone.

        Raises:
            io.UnsupportedOperation: the place lies behind.
        """
        if self._at < self._begin:
            raise io.UnsupportedOperation("an event log is read from its start to its end")
        while self._at >= self._begin + len(self._window) and self._window:
            self._begin += len(self._window)
            self._window = self._next()
        start = self._at - self._begin
        piece = bytes(memoryview(self._window)[start : start + size])
        self._at += len(piece)
        return piece

    def check(self) -> None:
        """Nothing, where all was read that was asked for; the parser takes what could not be read for damage.

        Raises:
            OSError: it could not be read.
        """
        if self._failure is not None:
            raise self._failure

    def _next(self) -> bytes | bytearray:
        try:
            chunks = bytearray(self._ahead)
            chunks += read_fully(self._stream, _TOGETHER - len(chunks))
        except OSError as error:
            self._failure = error
            return b""
        self._ahead = b""
        open_circles(chunks)
        return chunks


def open_circles(chunks: bytearray) -> int:
    """How many lists had no end; their beginnings are 0 now, so that nobody follows them.

    What such a list names is still found where a record first says it. The parser would follow the list for ever.

    Args:
        chunks: whole chunks, one after the other; the last may be cut.
    """
    size = len(chunks)
    chunks.extend(bytes(-size % CHUNK + _LINK))  # what a link may point to is there
    try:
        endless = _endless_lists(chunks)
    finally:
        del chunks[size:]
    for place in endless:
        chunks[place : place + _LINK] = bytes(_LINK)
    return len(endless)


def _endless_lists(chunks: bytearray) -> list[int]:
    """Where the beginnings of lists stand that run in a circle."""
    links = np.ndarray((len(chunks) - _LINK + 1,), "<u4", chunks, 0, (1,))
    base = np.repeat(np.arange(0, len(chunks) - CHUNK, CHUNK), _LISTS)
    beginnings = base + _BEGINNINGS + np.tile(np.arange(_LISTS) * _LINK, len(base) // _LISTS)
    found: list[int] = beginnings[_endless(links, base, links[beginnings].astype(np.int64))].tolist()
    return found


def _endless(links: npt.NDArray[np.uint32], base: _Places, first: _Places) -> _Places:
    """Which lists come back to where they were: one that goes twice as fast meets the slow one there (Floyd)."""
    found = list[_Places]()
    going = np.flatnonzero(_inside(first))
    slow = fast = first[going]
    while len(going):
        slow = links[base[going] + slow].astype(np.int64)
        fast = _next(links, base[going], _next(links, base[going], fast))
        found.append(going[(fast == slow) & (fast > 0)])
        still = (fast > 0) & (fast != slow)
        going, slow, fast = going[still], slow[still], fast[still]
    return np.concatenate(found) if found else going


def _next(links: npt.NDArray[np.uint32], base: _Places, places: _Places) -> _Places:
    """What follows each item of a list, 0 where nothing does."""
    following = links[base + places].astype(np.int64)
    return np.where((places > 0) & _inside(following), following, 0)


def _inside(places: _Places) -> npt.NDArray[np.bool_]:
    return (places > 0) & (places <= CHUNK - _LINK)
