"""Packets as columns over one buffer, and unaligned big-endian reads from it."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.errors import SourceBroken

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]
Flags = NDArray[np.bool_]

WINDOW_BYTES = 8 * 1024 * 1024
# Columns of more packets than this would take more memory than the bytes they describe.
WINDOW_PACKETS = 65_536
# Reads of a fixed header may run past the last packet: they meet zeros, never another allocation.
PADDING = bytes(64)


class ByteReader(Protocol):
    """What bytes are read from: a file, a pipe, a decompressor."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end."""


@dataclass(frozen=True)
class Problem:
    """Something in a capture that could not be read.

    Attributes:
        number: the packet it was met at, from 0.
        reason: what is wrong, where, for a person.
        ends: nothing more of the capture can be read.
    """

    number: int
    reason: str
    ends: bool = False


@dataclass(frozen=True)
class PacketWindow:
    """Consecutive packets of a capture, in file order.

    Attributes:
        buffer: the bytes they lie in, padded.
        first_number: number of the first packet, from 0.
        start: where each packet's captured bytes begin in the buffer.
        captured: bytes captured of each.
        wire: bytes each had on the wire.
        time_us: microseconds since 1970, UTC.
        link: link type of each (LINKTYPE registry).
    """

    buffer: Bytes
    first_number: int
    start: Ints
    captured: Ints
    wire: Ints
    time_us: Ints
    link: Ints

    def __len__(self) -> int:
        return len(self.start)


class PutBack:
    """A stream of which some bytes were read and are to be read again."""

    def __init__(self, head: bytes, stream: ByteReader) -> None:
        self._head = head
        self._stream = stream

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end."""
        if not self._head:
            return self._stream.read(size)
        part, self._head = self._head[:size], self._head[size:]
        return part


class UntilBroken:
    """A stream that ends where another breaks off, and remembers why it did."""

    def __init__(self, stream: ByteReader) -> None:
        self._stream = stream
        self.broken: SourceBroken | None = None

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none only at the end."""
        try:
            return self._stream.read(size)
        except SourceBroken as broken:
            self.broken = broken
            return b""


def read_fully(stream: ByteReader, wanted: int) -> bytes:
    """Up to `wanted` bytes: fewer only at the end, however short the stream's own reads are."""
    parts: list[bytes] = []
    missing = wanted
    while missing and (part := stream.read(missing)):
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def padded(*parts: bytes) -> Bytes:
    """The parts in one array that fixed-size reads cannot leave."""
    return np.frombuffer(b"".join([*parts, PADDING]), np.uint8)


def numbers_at(buffer: Bytes, offsets: Ints, kind: str) -> Ints:
    """The numbers of a NumPy type such as `>u2` at each offset, aligned or not, as 64-bit integers."""
    width = np.dtype(kind).itemsize
    view: NDArray[np.uint32] = np.ndarray((len(buffer) - width + 1,), kind, buffer, 0, (1,))
    return view[offsets].astype(np.int64)


def words_at(buffer: Bytes, offsets: Ints) -> Words:
    """The 64-bit big-endian words at each offset."""
    view: Words = np.ndarray((len(buffer) - 7,), ">u8", buffer, 0, (1,))
    return view[offsets].astype(np.uint64)
