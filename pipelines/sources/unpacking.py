"""gzip, zstd, bzip2 and xz undone on the fly, within limits: what grows out of proportion is a bomb."""

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO

import zstandard

from pipelines.errors import SourceBroken
from pipelines.sources.unpacked_stream import Unpacked

_CHUNK = 256 * 1024
_ZSTD_CHUNK = 1024  # a zstd block of 4 bytes may stand for 128 KiB: small bites keep the output bounded
_OUTPUT = 4 * 1024 * 1024
_RATIO_LIMIT = 400  # logs shrink 10 to 40 times
_RATIO_MATTERS = 64 * 1024 * 1024
_XZ_MEMORY = 2**27  # bytes that a stream may ask for

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
# A frame to be skipped comes first where several threads have compressed (RFC 8878 §3.1.2).
ZSTD_SKIPPED = tuple(bytes([number]) + b"\x2a\x4d\x18" for number in range(0x50, 0x60))
BZIP2 = tuple(b"BZh%d" % size for size in range(1, 10))
XZ = b"\xfd7zX"


def gunzipped(raw: BinaryIO) -> Iterator[bytes]:
    """What the members of a gzip file hold (RFC 1952).

    Raises:
        SourceBroken: it is cut off or damaged, or grows out of proportion.
    """
    member, total, packed = None, 0, b""
    while packed := (packed or raw.read(_CHUNK)):
        if member is None:
            if not packed.startswith(GZIP[: len(packed)]):
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


def unzstd(raw: BinaryIO) -> Iterator[bytes]:
    """What the frames of a zstd file hold (RFC 8878).

    Raises:
        SourceBroken: it is cut off or damaged, or grows out of proportion.
    """
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


def unbzip2(raw: BinaryIO) -> Iterator[bytes]:
    """What the streams of a bzip2 file hold.

    Raises:
        SourceBroken: it is cut off or damaged, or grows out of proportion.
    """
    return _streams(raw, "bzip2", BZIP2, bz2.BZ2Decompressor)


def unxz(raw: BinaryIO) -> Iterator[bytes]:
    """What the streams of an xz file hold.

    Raises:
        SourceBroken: it is cut off or damaged, or grows out of proportion.
    """
    return _streams(raw, "xz", (XZ,), lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY))


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
    return (raw.file if isinstance(raw, Unpacked) else raw).tell()


def _check_ratio(total: int, packed: int) -> None:
    if total > _RATIO_MATTERS and total > _RATIO_LIMIT * packed:
        raise SourceBroken(f"{packed} compressed bytes grew past {total}: out of proportion, likely a bomb")
