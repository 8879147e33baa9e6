"""gzip, zstd, bzip2, xz and UTF-16 undone on the fly, within limits, so that every source reads plain bytes."""

import bz2
import codecs
import io
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

import zstandard

from pipelines.errors import SourceBroken

_CHUNK = 256 * 1024
_ZSTD_CHUNK = 1024  # a zstd block of 4 bytes may stand for 128 KiB: small bites keep the output bounded
_OUTPUT = 4 * 1024 * 1024
_RATIO_LIMIT = 400  # logs shrink 10 to 40 times
_RATIO_MATTERS = 64 * 1024 * 1024

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_LAYERS = 3
# A frame to be skipped comes first where several threads have compressed (RFC 8878 §3.1.2).
_ZSTD_SKIPPED = tuple(bytes([number]) + b"\x2a\x4d\x18" for number in range(0x50, 0x60))
_BZIP2 = tuple(b"BZh%d" % size for size in range(1, 10))
_XZ = b"\xfd7zX"
_XZ_MEMORY = 2**27
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}

Unpack = Callable[[BinaryIO], Iterator[bytes]]


def plain(raw: BinaryIO) -> BinaryIO:
    """The content without its compression and as UTF-8 where it was UTF-16; the file itself where it is neither.

    Reading raises `SourceBroken` where the compressed content is cut off or damaged, or grows out of proportion.
    """
    # A file that was packed already is packed again by rotation, or by whoever carries it.
    for _ in range(_LAYERS):
        if (unpack := _packed_how(raw)) is None:
            break
        raw = cast("BinaryIO", _Unpacked(raw, unpack))
    try:
        encoding = _UTF16.get(raw.read(2))
    finally:
        raw.seek(0)
    return cast("BinaryIO", _Unpacked(raw, _recoder(encoding))) if encoding else raw


def _packed_how(raw: BinaryIO) -> Unpack | None:
    """What undoes the compression that a stream begins with, if any; the stream is left at its start."""
    try:
        magic = raw.read(4)
    except SourceBroken:
        return None
    finally:
        raw.seek(0)
    if magic.startswith(_GZIP):
        return _gunzipped
    if magic.startswith((_ZSTD, *_ZSTD_SKIPPED)):
        return _unzstd
    if magic.startswith((*_BZIP2, _XZ)):
        return _unxz if magic == _XZ else _unbzip2
    return None


def is_plain(magic: bytes) -> bool:
    """Whether content that begins with these four bytes is neither compressed nor UTF-16."""
    return not magic.startswith((_GZIP, _ZSTD, *_ZSTD_SKIPPED, *_BZIP2, _XZ, *_UTF16))


class _Unpacked(io.BufferedIOBase):
    """A stream over chunks made from another stream; going back to the start begins anew.

    Attributes:
        file: what lies below all of them.
    """

    def __init__(self, raw: BinaryIO, unpack: Unpack) -> None:
        super().__init__()
        self.file: BinaryIO = raw.file if isinstance(raw, _Unpacked) else raw
        self._raw = raw
        self._unpack = unpack
        self._chunks = unpack(raw)
        self._rest, self._taken = b"", 0  # the chunk at hand, and how much of it was handed out
        self._at = 0
        self._broken: SourceBroken | None = None

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation("an unpacked stream only goes back to its start")
        self._raw.seek(0)
        self._chunks, self._rest, self._taken = self._unpack(self._raw), b"", 0
        self._at, self._broken = 0, None
        return 0

    def tell(self) -> int:
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        parts = list[bytes]()
        missing = -1 if size is None else size
        while missing and (piece := self._piece_or_end(missing, parts)):
            parts.append(piece)
            missing -= len(piece) if missing > 0 else 0
        whole = b"".join(parts)
        self._at += len(whole)
        return whole

    def read1(self, size: int = -1) -> bytes:
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


def _gunzipped(raw: BinaryIO) -> Iterator[bytes]:
    member, total, packed = None, 0, b""
    while packed := (packed or raw.read(_CHUNK)):
        if member is None:
            if not packed.startswith(_GZIP[: len(packed)]):
                return  # padding behind the last member, which gzip(1) ignores too
            member = zlib.decompressobj(wbits=31)
        try:
            chunk = member.decompress(packed, _OUTPUT)
        except zlib.error as error:
            raise SourceBroken(f"damaged gzip stream before compressed byte {raw.tell()}: {error}") from error
        total += len(chunk)
        _check_ratio(total, _packed_size(raw))
        yield chunk
        packed = member.unused_data if member.eof else member.unconsumed_tail
        member = None if member.eof else member
    if member is not None:
        yield member.flush()
        raise SourceBroken(f"truncated at compressed byte {raw.tell()}: the gzip stream has no end")


def _unzstd(raw: BinaryIO) -> Iterator[bytes]:
    frames = zstandard.ZstdDecompressor(max_window_size=2**27)
    frame, total, packed = None, 0, b""
    while packed := (packed or raw.read(_ZSTD_CHUNK)):
        frame = frame or frames.decompressobj()
        try:
            chunk = frame.decompress(packed)
        except zstandard.ZstdError as error:
            raise SourceBroken(f"damaged zstd stream before compressed byte {raw.tell()}: {error}") from error
        total += len(chunk)
        _check_ratio(total, _packed_size(raw))
        yield chunk
        packed = frame.unused_data if frame.eof else b""
        frame = None if frame.eof else frame
    if frame is not None:
        raise SourceBroken(f"truncated at compressed byte {raw.tell()}: the zstd stream has no end")


def _unbzip2(raw: BinaryIO) -> Iterator[bytes]:
    return _streams(raw, "bzip2", _BZIP2, bz2.BZ2Decompressor)


def _unxz(raw: BinaryIO) -> Iterator[bytes]:
    return _streams(raw, "xz", (_XZ,), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY))


def _streams(
    raw: BinaryIO,
    name: str,
    magics: tuple[bytes, ...],
    begin: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
) -> Iterator[bytes]:
    """What the streams of a file hold that follow one another; what else follows is padding."""
    stream, total, packed = None, 0, b""
    while True:
        if stream is None or stream.needs_input:
            packed = packed or raw.read(_CHUNK)
            if not packed:
                break
        if stream is None:
            if not any(packed.startswith(magic[: len(packed)]) for magic in magics):
                return
            stream = begin()
        try:
            chunk = stream.decompress(packed, _OUTPUT)
        except (OSError, lzma.LZMAError, ValueError) as error:
            raise SourceBroken(f"damaged {name} stream before compressed byte {raw.tell()}: {error}") from error
        total += len(chunk)
        _check_ratio(total, _packed_size(raw))
        yield chunk
        packed = stream.unused_data if stream.eof else b""
        stream = None if stream.eof else stream
    if stream is not None:
        raise SourceBroken(f"truncated at compressed byte {raw.tell()}: the {name} stream has no end")


def _packed_size(raw: BinaryIO) -> int:
    """How much of the file itself was read: what was packed several times must not grow several times as much."""
    return (raw.file if isinstance(raw, _Unpacked) else raw).tell()


def _check_ratio(total: int, packed: int) -> None:
    if total > _RATIO_MATTERS and total > _RATIO_LIMIT * packed:
        raise SourceBroken(f"{packed} compressed bytes grew past {total}: out of proportion, likely a bomb")


def _recoder(encoding: str) -> Unpack:
    def recoded(raw: BinaryIO) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while chunk := raw.read(_CHUNK):
            yield decoder.decode(chunk).encode("utf-8", "backslashreplace")
        yield decoder.decode(b"", final=True).encode("utf-8", "backslashreplace")

    return recoded
