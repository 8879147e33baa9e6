"""Next-generation capture files (pcapng): sections in either byte order, many interfaces, as windows of packets."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from pipelines.capture.interfaces import Interfaces
from pipelines.capture.window import (
    WINDOW_BYTES,
    WINDOW_PACKETS,
    ByteReader,
    Bytes,
    Ints,
    PacketWindow,
    Problem,
    numbers_at,
    padded,
    read_fully,
)

MAGIC = bytes.fromhex("0a0d0d0a")
# libpcap refuses larger blocks; a damaged length must not make us wait for gigabytes.
LARGEST_BLOCK = 16 * 1024 * 1024

_SECTION, _INTERFACE, _OBSOLETE, _SIMPLE, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 6
_PACKETS = frozenset({_ENHANCED, _SIMPLE, _OBSOLETE})
_ORDERS = {bytes.fromhex("4d3c2b1a"): "<", bytes.fromhex("1a2b3c4d"): ">"}


@dataclass
class _Walk:
    """Where a walk over blocks stands: the section's byte order and its interfaces, across windows."""

    order: str = "<"
    interfaces: Interfaces = field(default_factory=Interfaces)
    first_interface: int = 0


@dataclass
class _Found:
    """The packet blocks of one window, before their fields are read."""

    position: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    length: list[int] = field(default_factory=list)
    # A section that begins within the window: index of its first packet, byte order, first interface.
    sections: list[tuple[int, str, int]] = field(default_factory=list)

    def parts(self) -> "Iterator[_Found]":
        """The same blocks, so many at a time that their columns stay small."""
        for first in range(0, len(self.position), WINDOW_PACKETS):
            chosen = slice(first, first + WINDOW_PACKETS)
            # A section that began before is the first of this part.
            sections = [(max(0, at - first), order, interface) for at, order, interface in self.sections]
            yield _Found(self.position[chosen], self.kind[chosen], self.length[chosen], sections)


def read_windows(stream: ByteReader, *, window_bytes: int = WINDOW_BYTES) -> Iterator[PacketWindow | Problem]:
    """Every packet of a pcapng file in windows, and the problems met (draft-ietf-opsawg-pcapng)."""
    walk, rest, position, number = _Walk(), b"", 0, 0
    while chunk := read_fully(stream, window_bytes):
        buffer = padded(rest, chunk)
        size = len(rest) + len(chunk)
        found, end, damage = _framed(buffer, size, walk)
        for part in found.parts():
            yield from _decoded(buffer, part, walk, number)
            number += len(part.position)
        if damage:
            yield Problem(number, f"damaged at byte {position + end}, packet {number}: {damage}", ends=True)
            return
        rest, position = buffer[end:size].tobytes(), position + end
    if rest:
        where = f"truncated at byte {position + len(rest)}, packet {number}"
        yield Problem(number, f"{where}: a block is incomplete", ends=True)


def _framed(buffer: Bytes, size: int, walk: _Walk) -> tuple[_Found, int, str]:
    found = _Found(sections=[(0, walk.order, walk.first_interface)])
    block, position = buffer.data, 0
    header_at = struct.Struct(f"{walk.order}II").unpack_from
    length_at = struct.Struct(f"{walk.order}I").unpack_from
    while position + 12 <= size:
        kind, length = header_at(block, position)
        if kind == _SECTION:
            order = _ORDERS.get(bytes(block[position + 8 : position + 12]))
            if order is None:
                return found, position, "a section header without its byte-order magic"
            walk.order, walk.first_interface = order, len(walk.interfaces)
            found.sections.append((len(found.position), order, walk.first_interface))
            header_at = struct.Struct(f"{order}II").unpack_from
            length_at = struct.Struct(f"{order}I").unpack_from
            kind, length = header_at(block, position)
        if length < 12 or length % 4 or length > LARGEST_BLOCK:
            return found, position, f"a block claims {length} bytes"
        if position + length > size:
            break
        if length_at(block, position + length - 4)[0] != length:
            return found, position, "the two lengths of a block differ"
        if kind in _PACKETS:
            found.position.append(position)
            found.kind.append(kind)
            found.length.append(length)
        elif kind == _INTERFACE:
            walk.interfaces.describe(bytes(block[position + 8 : position + length - 4]), walk.order)
        position += length
    return found, position, ""


def _decoded(buffer: Bytes, found: _Found, walk: _Walk, number: int) -> Iterator[PacketWindow | Problem]:
    """The window of the found packets, and a problem for each whose lengths or interface make no sense."""
    position, kind = np.array(found.position, np.int64), np.array(found.kind, np.int64)
    length = np.array(found.length, np.int64)
    section = np.searchsorted([first for first, _, _ in found.sections], np.arange(len(position)), "right") - 1
    big = np.array([order == ">" for _, order, _ in found.sections])[section]
    first_interface = np.array([first for _, _, first in found.sections], np.int64)[section]

    interface = np.where(kind == _SIMPLE, 0, _field(buffer, position + 8, big, "u4"))
    interface = np.where(kind == _OBSOLETE, _field(buffer, position + 8, big, "u2"), interface) + first_interface
    header = np.where(kind == _SIMPLE, 12, 28)
    wire = _field(buffer, position + header - 4, big, "u4")
    captured = np.where(kind == _SIMPLE, wire, _field(buffer, position + 20, big, "u4"))
    room = length - header - 4
    known = (interface < len(walk.interfaces)) & (room >= 0)
    interface = np.where(known, interface, 0)
    link, snap, _ = walk.interfaces.of(interface)
    captured = np.where(kind == _SIMPLE, np.minimum(np.minimum(captured, room), snap), captured)
    good = known & (captured <= room)

    ticks = (_field(buffer, position + 12, big, "u4") << 32) | _field(buffer, position + 16, big, "u4")
    time_us = np.where(kind == _SIMPLE, 0, walk.interfaces.microseconds(interface, ticks.view(np.uint64)))
    yield PacketWindow(
        buffer=buffer,
        first_number=number,
        start=position + header,
        # A packet that lies about its length keeps its number and loses its bytes.
        captured=np.where(good, captured, 0),
        wire=np.where(good, np.maximum(captured, wire), 0),
        time_us=time_us,
        link=np.where(good, link, -1),
    )
    for index in np.flatnonzero(~good)[:1000].tolist():
        why = "its block is too short for its bytes" if known[index] else "its interface is not described"
        yield Problem(number + index, f"packet {number + index}: {why}")


def _field(buffer: Bytes, offsets: Ints, big: np.ndarray[tuple[int], np.dtype[np.bool_]], kind: str) -> Ints:
    """Numbers in the byte order of their section."""
    if not big.any():
        return numbers_at(buffer, offsets, f"<{kind}")
    return np.where(big, numbers_at(buffer, offsets, f">{kind}"), numbers_at(buffer, offsets, f"<{kind}"))
