"""One large Windows event log made of many small ones: their chunks, one after the other, under one header."""

import struct
import zlib
from pathlib import Path

_HEADER_BYTES = 4096
_CHUNK_BYTES = 65_536


def composed_event_log(folder: Path, target: Path, *, copies: int) -> Path:
    """Write all chunks of all EVTX files below the folder, so many times; gives the file.

    Raises:
        FileNotFoundError: the folder holds no EVTX file.
    """
    chunks = [chunk for path in sorted(folder.rglob("*.evtx")) for chunk in _chunks(path.read_bytes())]
    if not chunks:
        raise FileNotFoundError(f"{folder}: no EVTX file in it")
    with target.open("wb") as stream:
        stream.write(_header(len(chunks) * copies))
        for _ in range(copies):
            stream.writelines(chunks)
    return target


def _chunks(content: bytes) -> list[bytes]:
    ends = range(_HEADER_BYTES, len(content) - _CHUNK_BYTES + 1, _CHUNK_BYTES)
    return [content[at : at + _CHUNK_BYTES] for at in ends if content[at : at + 8] == b"ElfChnk\0"]


def _header(chunks: int) -> bytes:
    """The file header: version 3.1, the number of chunks, and the checksum of its first 120 bytes."""
    count = min(chunks, 0xFFFF)
    first = b"ElfFile\0" + struct.pack("<QQQIHHHH", 0, chunks - 1, 1, 128, 1, 3, _HEADER_BYTES, count) + bytes(76)
    checked = first[:120]
    return (checked + struct.pack("<II", 0, zlib.crc32(checked))).ljust(_HEADER_BYTES, b"\0")
