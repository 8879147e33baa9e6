"""Blocks of Linux's packet ring (TPACKET_V3, Documentation/networking/packet_mmap.rst) as windows of packets.

A block is what the kernel filled at once: a header, then frames, each behind a header of its own, in the machine's
byte order. Nothing is done for a single frame except finding where it begins.
"""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

import numpy as np

from pipelines.capture.window import (
    WINDOW_BYTES,
    WINDOW_PACKETS,
    Bytes,
    Ints,
    PacketWindow,
    Problem,
    numbers_at,
    padded,
)

# struct tpacket_block_desc: version, offset to the private area, then struct tpacket_hdr_v1.
BLOCK: Final = struct.Struct("=7I")
BLOCK_HEADER_BYTES: Final = 48
# struct tpacket3_hdr, and struct sockaddr_ll behind it.
_FRAME_HEADER_BYTES: Final = 48
_LINK_ADDRESS_BYTES: Final = 20
_SMALLEST: Final = _FRAME_HEADER_BYTES + _LINK_ADDRESS_BYTES
_NEXT, _SECONDS, _NANOSECONDS, _CAPTURED, _WIRE, _STATUS, _MAC = 0, 4, 8, 12, 16, 20, 24
_VLAN_TAG, _VLAN_PROTOCOL = 32, 36
_HARDWARE, _DIRECTION = _FRAME_HEADER_BYTES + 8, _FRAME_HEADER_BYTES + 10
_VLAN_VALID, _VLAN_PROTOCOL_VALID = 1 << 4, 1 << 6
_DOT1Q: Final = 0x8100
TAG_BYTES: Final = 4
_ADDRESSES_BYTES: Final = 12
# if_arp.h: Ethernet, loopback (which has an Ethernet header), and devices without a header (tun, WireGuard).
_ETHERNET, _LOOPBACK, _NO_HEADER = 1, 772, 65_534
_LINKTYPE_ETHERNET, _LINKTYPE_RAW = 1, 101
# if_packet.h: what this machine sent; on loopback each packet is seen again as it comes in.
_OUTGOING: Final = 4
# No link type is negative: what a device has that is none of these is skipped, and said.
_UNKNOWN_LINK: Final = 65_535


def frames_in(block: bytes | memoryview) -> int:
    """How many frames a block says that it holds."""
    return int(BLOCK.unpack_from(block)[3])


def read_windows(blocks: Iterable[bytes]) -> Iterator[PacketWindow | Problem]:
    """The packets of blocks in windows, in order; a block that lies about itself is a problem, the others are read."""
    together, size, packets, number = list[tuple[bytes, Ints]](), 0, 0, 0
    for block in blocks:
        starts, problem = _framed(block)
        if together and (size + len(block) > WINDOW_BYTES or packets + len(starts) > WINDOW_PACKETS):
            yield _window(together, number)
            number += packets
            together, size, packets = [], 0, 0
        if len(starts):
            together.append((block, starts))
        size, packets = size + len(block), packets + len(starts)
        if problem:
            yield Problem(number + packets, f"a block of the packet ring is damaged: {problem}")
    if together:
        yield _window(together, number)


def _framed(block: bytes) -> tuple[Ints, str]:
    """Where each frame's header begins, and what stopped the reading."""
    if len(block) < BLOCK_HEADER_BYTES:
        return np.zeros(0, np.int64), f"{len(block)} bytes are no block"
    claimed, position = BLOCK.unpack_from(block)[3:5]
    following = struct.Struct("=I").unpack_from
    found = list[int]()
    last = len(block) - _SMALLEST
    while len(found) < min(claimed, WINDOW_PACKETS):
        if not BLOCK_HEADER_BYTES <= position <= last:
            return _sound(block, found, f"frame {len(found)} of {claimed} begins at byte {position} of {len(block)}")
        found.append(position)
        step = following(block, position)[0]
        if step < _SMALLEST and len(found) < claimed:
            return _sound(block, found, f"frame {len(found) - 1} claims {step} bytes for itself and its header")
        position += step
    return _sound(block, found, "" if claimed <= WINDOW_PACKETS else f"it claims {claimed} frames")


def _sound(block: bytes, found: list[int], problem: str) -> tuple[Ints, str]:
    """The frames whose bytes lie within the block."""
    starts = np.array(found, np.int64)
    if not found:
        return starts, problem
    buffer = np.frombuffer(block, np.uint8)
    mac, captured = numbers_at(buffer, starts + _MAC, "=u2"), numbers_at(buffer, starts + _CAPTURED, "=u4")
    inside = (mac >= _SMALLEST) & (starts + mac + captured <= len(block))
    lying = np.flatnonzero(~inside)
    return starts[inside], problem or (f"frame {lying[0]} reaches out of it" if len(lying) else "")


def _window(together: list[tuple[bytes, Ints]], number: int) -> PacketWindow:
    buffer = padded(*(block for block, _ in together)).copy()
    bases = np.cumsum([0, *(len(block) for block, _ in together)])
    header = np.concatenate([starts + base for (_, starts), base in zip(together, bases, strict=False)])
    hardware = numbers_at(buffer, header + _HARDWARE, "=u2")
    # On loopback every packet goes out and comes in: it is one.
    twice = (hardware == _LOOPBACK) & (buffer[header + _DIRECTION] == _OUTGOING)
    header, hardware = header[~twice], hardware[~twice]
    captured = numbers_at(buffer, header + _CAPTURED, "=u4")
    seconds, nanoseconds = (numbers_at(buffer, header + at, "=u4") for at in (_SECONDS, _NANOSECONDS))
    link = np.full(len(header), _UNKNOWN_LINK, np.int64)
    link[(hardware == _ETHERNET) | (hardware == _LOOPBACK)] = _LINKTYPE_ETHERNET
    link[hardware == _NO_HEADER] = _LINKTYPE_RAW
    window = PacketWindow(
        buffer=buffer,
        first_number=number,
        start=header + numbers_at(buffer, header + _MAC, "=u2"),
        captured=captured,
        wire=np.maximum(captured, numbers_at(buffer, header + _WIRE, "=u4")),
        time_us=seconds * 1_000_000 + nanoseconds // 1000,
        link=link,
    )
    return _with_tags(window, header)


def _with_tags(window: PacketWindow, header: Ints) -> PacketWindow:
    """The packets with the VLAN tags that the kernel took out of them put back, into the room before each."""
    buffer: Bytes = window.buffer
    status = numbers_at(buffer, header + _STATUS, "=u4")
    tagged = np.flatnonzero(
        (status & _VLAN_VALID != 0)
        & (window.link == _LINKTYPE_ETHERNET)
        & (window.captured >= _ADDRESSES_BYTES)
        & (window.start - header >= _SMALLEST + TAG_BYTES)
    )
    if not len(tagged):
        return window
    at = window.start[tagged] - TAG_BYTES
    bytes_of = np.arange(_ADDRESSES_BYTES)
    buffer[at[:, None] + bytes_of] = buffer[(at + TAG_BYTES)[:, None] + bytes_of]
    named = status[tagged] & _VLAN_PROTOCOL_VALID != 0
    protocol = np.where(named, numbers_at(buffer, header[tagged] + _VLAN_PROTOCOL, "=u2"), _DOT1Q)
    tag = numbers_at(buffer, header[tagged] + _VLAN_TAG, "=u4") & 0xFFFF
    for place, value in enumerate((protocol >> 8, protocol & 0xFF, tag >> 8, tag & 0xFF)):
        buffer[at + _ADDRESSES_BYTES + place] = value
    longer = np.zeros(len(header), np.int64)
    longer[tagged] = TAG_BYTES
    return replace(window, start=window.start - longer, captured=window.captured + longer, wire=window.wire + longer)
