"""Bodies of requests, spooled to a file as plain bytes, and answers compressed the way a client asks."""

import tempfile
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Literal

import lz4.frame
import zstandard

from store.errors import QueryFailed

BODY_LIMIT = 4 << 30

_TOO_LARGE = 307
_BAD_BODY = 432
_PIECE = 1 << 20

Encoding = Literal["lz4", "zstd", "gzip"]


class SpooledBody:
    """The plain bytes of a request's body, in a file that goes with this object."""

    def __init__(self, folder: Path, *, limit: int = BODY_LIMIT) -> None:
        self._file = tempfile.NamedTemporaryFile(dir=folder, prefix="body.")  # noqa: SIM115 - closed by close()
        self._limit = limit
        self.size = 0
        self.path = Path(self._file.name)

    async def fill(self, pieces: AsyncIterator[bytes], encoding: str) -> None:
        """Take in a body as it arrives.

        Raises:
            QueryFailed: it is larger than the limit, or is not compressed the way it says.
        """
        decompress = _decompressor(encoding)
        try:
            async for piece in pieces:
                for plain in decompress(piece):
                    self._take(plain)
        except (RuntimeError, zlib.error, zstandard.ZstdError) as error:
            raise _refused(f"the body is no {encoding}: {error}", "UNKNOWN_COMPRESSION_METHOD", _BAD_BODY) from error
        self._file.flush()

    def head(self, size: int) -> bytes:
        """The first bytes."""
        with self.path.open("rb") as file:
            return file.read(size)

    def skip(self, count: int) -> None:
        """Drop the first bytes: the statement in front of the rows."""
        rest = tempfile.NamedTemporaryFile(dir=self.path.parent, prefix="body.")  # noqa: SIM115 - closed by close()
        with self.path.open("rb") as file:
            file.seek(count)
            while piece := file.read(_PIECE):
                rest.write(piece)
        rest.flush()
        self._file.close()
        self._file, self.path = rest, Path(rest.name)

    def close(self) -> None:
        """Remove the file."""
        self._file.close()

    def _take(self, plain: bytes) -> None:
        self.size += len(plain)
        if self.size > self._limit:
            raise _refused(f"the body is larger than {self._limit} bytes: insert in parts", "TOO_MANY_BYTES", _TOO_LARGE)
        self._file.write(plain)


def chosen_encoding(accepted: tuple[str, ...]) -> Encoding | None:
    """The first compression a client accepts that is known here, or None for plain bytes."""
    for name in accepted:
        if name == "lz4" or name == "zstd" or name == "gzip":  # noqa: PLR1714 - narrows the literal type
            return name
    return None


def compressor(encoding: Encoding | None) -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    """Two functions: one compresses a piece of an answer, one ends it."""
    if encoding == "lz4":
        frame = lz4.frame.LZ4FrameCompressor(auto_flush=True)
        start = [frame.begin()]
        return lambda piece: b"".join([*_emptied(start), frame.compress(piece)]), frame.flush
    if encoding == "zstd":
        zstd = zstandard.ZstdCompressor(level=1).compressobj()
        return lambda piece: zstd.compress(piece) + zstd.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK), zstd.flush
    if encoding == "gzip":
        deflate = zlib.compressobj(1, zlib.DEFLATED, 31)
        return lambda piece: deflate.compress(piece) + deflate.flush(zlib.Z_SYNC_FLUSH), deflate.flush
    return lambda piece: piece, lambda: b""


def _emptied(pieces: list[bytes]) -> list[bytes]:
    taken = pieces[:]
    pieces.clear()
    return taken


def _decompressor(encoding: str) -> Callable[[bytes], list[bytes]]:
    if encoding in {"", "identity"}:
        return lambda piece: [piece]
    if encoding == "lz4":
        return _Frames(lz4.frame.LZ4FrameDecompressor).feed
    if encoding == "zstd":
        return _Frames(zstandard.ZstdDecompressor().decompressobj).feed
    if encoding in {"gzip", "deflate"}:
        # 47: both zlib and gzip headers are recognised.
        return _Frames(lambda: zlib.decompressobj(47)).feed
    raise _refused(f"Content-Encoding {encoding!r} is not known here", "UNKNOWN_COMPRESSION_METHOD", _BAD_BODY)


class _Frames:
    """A decompressor that goes on where one frame ends and the next begins."""

    def __init__(self, new_frame: Callable[[], Any]) -> None:
        self._new_frame = new_frame
        self._frame = new_frame()

    def feed(self, piece: bytes) -> list[bytes]:
        plain = []
        while piece:
            if self._frame.eof:
                self._frame = self._new_frame()
            plain.append(self._frame.decompress(piece))
            piece = self._frame.unused_data or b"" if self._frame.eof else b""
        return plain


def _refused(problem: str, name: str, code: int) -> QueryFailed:
    return QueryFailed(f"Code: {code}. DB::Exception: {problem}. ({name})", code=code)
