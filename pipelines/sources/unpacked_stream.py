"""A stream of bytes over chunks that are made from another stream."""

import io
from collections.abc import Callable, Iterator
from typing import BinaryIO

from pipelines.errors import SourceBroken

Unpack = Callable[[BinaryIO], Iterator[bytes]]


class Unpacked(io.BufferedIOBase):
    """A stream over chunks made from another stream; going back to the start begins anew.

    Attributes:
        file: what lies below all of them.
    """

    def __init__(self, raw: BinaryIO, unpack: Unpack) -> None:
        super().__init__()
        self.file: BinaryIO = raw.file if isinstance(raw, Unpacked) else raw
        self._raw = raw
        self._unpack = unpack
        self._chunks = unpack(raw)
        self._rest, self._taken = b"", 0  # the chunk at hand, and how much of it was handed out
        self._at = 0
        self._broken: SourceBroken | None = None

    def readable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Back to the start, the only place to go to."""
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("an unpacked stream only goes back to its start")
        self._raw.seek(0)
        self._chunks, self._rest, self._taken = self._unpack(self._raw), b"", 0
        self._at, self._broken = 0, None
        return 0

    def tell(self) -> int:
        """How many bytes were handed out."""
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, fewer only at the end; SourceBroken where the content breaks off."""
        parts = list[bytes]()
        missing = -1 if size is None else size
        while missing and (piece := self._piece_or_end(missing, parts)):
            parts.append(piece)
            missing -= len(piece) if missing > 0 else 0
        whole = b"".join(parts)
        self._at += len(whole)
        return whole

    def read1(self, size: int = -1) -> bytes:
        """The same."""
        return self.read(size)

    def readline(self, size: int | None = -1) -> bytes:
        """One line with its end, or what comes first of `size` bytes and the end of the content."""
        parts = list[bytes]()
        missing = -1 if size is None else size
        while missing and (piece := self._piece_or_end(missing, parts, line=True)):
            parts.append(piece)
            missing -= len(piece) if missing > 0 else 0
            if piece.endswith(b"\n"):
                break
        whole = b"".join(parts)
        self._at += len(whole)
        return whole

    def _piece_or_end(self, size: int, before: list[bytes], *, line: bool = False) -> bytes:
        """The next piece; where the content breaks off, what came before is handed out first."""
        if self._broken is None:
            try:
                return self._piece(size, line=line)
            except SourceBroken as broken:
                self._broken = broken
        if before:
            return b""
        raise self._broken

    def _piece(self, size: int, *, line: bool) -> bytes:
        while self._taken >= len(self._rest):
            chunk = next(self._chunks, None)
            if chunk is None:
                return b""
            self._rest, self._taken = chunk, 0
        # The chunk itself stays as it is: cutting it at each line would copy what is left each time.
        end = len(self._rest) if size < 0 else min(len(self._rest), self._taken + size)
        if line and (found := self._rest.find(b"\n", self._taken, end)) >= 0:
            end = found + 1
        piece, self._taken = self._rest[self._taken : end], end
        return piece
