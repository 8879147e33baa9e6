"""The interfaces a pcapng file describes: link type, cut length, and what a tick of their clock is."""

import struct
from dataclasses import dataclass, field

import numpy as np

from pipelines.capture.window import Ints, Words

_RESOLUTION, _OFFSET = 9, 14
_MICROSECONDS = 6
# ClickHouse keeps times up to the end of 2299; what claims to be later is put there.
_LATEST_SECOND = 10_413_791_999
_UNCUT = 2**32


@dataclass
class Interfaces:
    """All interfaces of a file in order of description; a section counts its own from 0.

    Attributes:
        link: link type of each.
        snap: most bytes it captured of a packet.
        per_second: ticks of its clock in a second.
        offset: seconds to add to its times.
    """

    link: list[int] = field(default_factory=list)
    snap: list[int] = field(default_factory=list)
    per_second: list[int] = field(default_factory=list)
    offset: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.link)

    def describe(self, body: bytes, order: str) -> None:
        """Take in the body of an interface description block; what is missing takes its default."""
        link, _, snap = struct.unpack_from(f"{order}HHI", body.ljust(8, b"\0"))
        options = _options(body[8:], order)
        resolution = options.get(_RESOLUTION, b"")[:1] or bytes([_MICROSECONDS])
        offset = options.get(_OFFSET, b"")
        self.link.append(link)
        self.snap.append(snap or _UNCUT)
        self.per_second.append(_ticks_per_second(resolution[0]))
        self.offset.append(struct.unpack(f"{order}q", offset)[0] if len(offset) == 8 else 0)

    def of(self, interface: Ints) -> tuple[Ints, Ints, Ints]:
        """Link type, cut length and ticks per second of each named interface; zeros where none is described."""
        columns = (self.link or [0], self.snap or [0], self.per_second or [1])
        link, snap, per_second = (np.array(column, np.int64)[interface] for column in columns)
        return link, snap, per_second

    def microseconds(self, interface: Ints, ticks: Words) -> Ints:
        """Times since 1970 in microseconds, held between 1970 and 2299."""
        rate = self.of(interface)[2].view(np.uint64)
        second = np.minimum(ticks // rate, np.uint64(_LATEST_SECOND)).view(np.int64)
        fraction = _fraction(ticks % rate, rate).view(np.int64)
        limit = np.clip(self.offset or [0], -_LATEST_SECOND, _LATEST_SECOND)
        moved: Ints = np.clip(second + limit[interface], 0, _LATEST_SECOND)
        return moved * 1_000_000 + fraction


def _fraction(rest: Words, rate: Words) -> Words:
    million = np.uint64(1_000_000)
    # Above 10^13 ticks a second the product would not fit 64 bits; dividing first loses nothing that shows.
    fine = rate > np.uint64(10**13)
    coarse = np.where(fine, np.uint64(0), rest) * million // rate
    return np.where(fine, np.minimum(rest // np.maximum(rate // million, np.uint64(1)), million - np.uint64(1)), coarse)


def _ticks_per_second(resolution: int) -> int:
    exponent = resolution & 0x7F
    base = 2 if resolution & 0x80 else 10
    return int(min(base**exponent, 2**62))


def _options(body: bytes, order: str) -> dict[int, bytes]:
    """The options of a block by code; a damaged list ends at the damage."""
    found: dict[int, bytes] = {}
    position = 0
    while position + 4 <= len(body):
        code, length = struct.unpack_from(f"{order}HH", body, position)
        if code == 0:
            break
        found.setdefault(code, body[position + 4 : position + 4 + length])
        position += 4 + length + (-length % 4)
    return found
