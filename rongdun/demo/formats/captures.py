"""Capture files: classic pcap with microseconds, and pcapng with nanoseconds."""

import struct
from collections.abc import Sequence

Frame = tuple[int, bytes]  # moment in microseconds since 1970 UTC, and the Ethernet frame

_ETHERNET = 1
_SNAPLEN = 262_144


def pcap(frames: Sequence[Frame]) -> bytes:
    """A little-endian pcap file (draft-ietf-opsawg-pcap) of Ethernet frames."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAPLEN, _ETHERNET)]
    for at, frame in frames:
        seconds, micros = divmod(at, 1_000_000)
        parts += (struct.pack("<IIII", seconds, micros, len(frame), len(frame)), frame)
    return b"".join(parts)


def pcapng(frames: Sequence[Frame]) -> bytes:
    """A little-endian pcapng file (draft-ietf-opsawg-pcapng): one section, one interface, enhanced packet blocks."""
    section = _block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
    resolution = struct.pack("<HHB3xHH", 9, 1, 9, 0, 0)  # if_tsresol 9: nanoseconds; then end of options
    interface = _block(1, struct.pack("<HHI", _ETHERNET, 0, _SNAPLEN) + resolution)
    return b"".join((section, interface, *(_packet_block(at, frame) for at, frame in frames)))


def _packet_block(at: int, frame: bytes) -> bytes:
    high, low = divmod(at * 1000, 1 << 32)
    head = struct.pack("<IIIII", 0, high, low, len(frame), len(frame))
    return _block(6, head + frame + b"\0" * (-len(frame) % 4))


def _block(kind: int, body: bytes) -> bytes:
    length = len(body) + 12
    return struct.pack("<II", kind, length) + body + struct.pack("<I", length)
