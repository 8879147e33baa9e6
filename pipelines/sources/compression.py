"""gzip, zstd, bzip2, xz and UTF-16 undone on the fly, within limits, so that every source reads plain bytes."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, cast

from pipelines.errors import SourceBroken
from pipelines.sources.unpacked_stream import Unpack, Unpacked
from pipelines.sources.unpacking import BZIP2, GZIP, XZ, ZSTD, ZSTD_SKIPPED, gunzipped, unbzip2, unxz, unzstd

_CHUNK = 256 * 1024
_LAYERS = 3
_UTF16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be", b"<\0": "utf-16-le", b"\0<": "utf-16-be"}


def plain(raw: BinaryIO) -> BinaryIO:
    """The content without its compression and as UTF-8 where it was UTF-16; the file itself where it is neither.

    Reading raises `SourceBroken` where the compressed content is cut off or damaged, or grows out of proportion.
    """
    # A file that was packed already is packed again by rotation, or by whoever carries it.
    for _ in range(_LAYERS):
        if (unpack := _packed_how(raw)) is None:
            break
        raw = cast("BinaryIO", Unpacked(raw, unpack))
    try:
        encoding = _UTF16.get(raw.read(2))
    finally:
        raw.seek(0)
    return cast("BinaryIO", Unpacked(raw, _recoder(encoding))) if encoding else raw


def _packed_how(raw: BinaryIO) -> Unpack | None:
    """What undoes the compression that a stream begins with, if any; the stream is left at its start."""
    try:
        magic = raw.read(4)
    except SourceBroken:
        return None
    finally:
        raw.seek(0)
    if magic.startswith(GZIP):
        return gunzipped
    if magic.startswith((ZSTD, *ZSTD_SKIPPED)):
        return unzstd
    if magic.startswith((*BZIP2, XZ)):
        return unxz if magic == XZ else unbzip2
    return None


def is_plain(magic: bytes) -> bool:
    """Whether content that begins with these four bytes is neither compressed nor UTF-16."""
    return not magic.startswith((GZIP, ZSTD, *ZSTD_SKIPPED, *BZIP2, XZ, *_UTF16))


def _recoder(encoding: str) -> Unpack:
    def recoded(raw: BinaryIO) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        while chunk := raw.read(_CHUNK):
            yield decoder.decode(chunk).encode("utf-8", "backslashreplace")
        yield decoder.decode(b"", final=True).encode("utf-8", "backslashreplace")

    return recoded
