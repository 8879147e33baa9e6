"""Bodies of requests, spooled to a file as plain bytes, and answers compressed the way a client asks."""

import shutil
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import IO, Any, Literal

import lz4.frame  # type: ignore[import-untyped]  # it ships no types
import zstandard

from store.errors import QueryFailed

BODY_LIMIT = 4 << 30

_TOO_LARGE = 307
_BAD_BODY = 432
_PIECE = 1 << 20

Encoding = Literal["lz4", "zstd", "gzip"]

_ENCODINGS: dict[str, Encoding] = {"lz4": "lz4", "zstd": "zstd", "gzip": "gzip"}


class SpooledBody:
    """The plain bytes of a request's body: a small one in memory, a large one in a file that goes with this object."""

    def __init__(self, folder: Path, *, limit: int = BODY_LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self.size = 0

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
        except (RuntimeError, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise _refused(f"the body is no {encoding}: {error}", "UNKNOWN_COMPRESSION_METHOD", _BAD_BODY) from error

    def head(self, size: int) -> bytes:
        """The first bytes."""
        if self._file is None:
            return bytes(self._memory[:size])
        self._file.flush()
        with Path(self._file.name).open("rb") as file:
            return file.read(size)

    def rows(self, begin: int) -> Path:
        """A file with what comes after so many bytes: the rows behind their statement."""
        rows = self._new_file()
        if self._file is None:
            rows.write(memoryview(self._memory)[begin:])
        elif begin == 0:
            rows.close()
            rows = self._file
        else:
            self._file.seek(begin)
            shutil.copyfileobj(self._file, rows, _PIECE)
            self._file.close()
        rows.flush()
        self._file = rows
        return Path(rows.name)

    def close(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.close()

    def _take(self, plain: bytes) -> None:
        self.size += len(plain)
        if self.size > self._limit:
            problem = f"the body is larger than {self._limit} bytes: insert in parts"
            raise _refused(problem, "TOO_MANY_BYTES", _TOO_LARGE)
        if self._file is None and self.size > _PIECE:
            self._file = self._new_file()
            self._file.write(self._memory)
            self._memory.clear()
        if self._file is None:
            self._memory += plain
        else:
            self._file.write(plain)

    def _new_file(self) -> IO[bytes]:
        return tempfile.NamedTemporaryFile(dir=self._folder, prefix="body.")


def chosen_encoding(accepted: tuple[str, ...]) -> Encoding | None:
    """The first compression a client accepts that is known here, or None for plain bytes."""
    return next((_ENCODINGS[name] for name in accepted if name in _ENCODINGS), None)


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
