"""What TCP's numbers say of a capture: bytes sent again, and bytes that were acknowledged and never seen."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from pipelines.capture.window import Flags, Ints

_WRAP, _HALF = 1 << 32, 1 << 31
# Numbers of one flow and window stay below this; the flow's place is put above them.
_LIFT = 40
# A jump this far is a damaged or forged number, not a gap.
_FARTHEST = 1 << 28
_MOST_HOLES = 64
_MOST_STREAMS = 16_384


@dataclass(frozen=True)
class Numbered:
    """TCP packets in order of their flows, then of arrival, without resets.

    Attributes:
        flow: the flow of each.
        name: number that names its flow.
        sender: 0 or 1.
        start: sequence number of its first byte.
        size: sequence numbers it takes, SYN and FIN among them.
        payload: bytes of payload among them.
        acknowledged: its acknowledgement number, -1 for none.
    """

    flow: Ints
    name: Ints
    sender: Ints
    start: Ints
    size: Ints
    payload: Ints
    acknowledged: Ints


@dataclass(frozen=True)
class Heights:
    """How far one side's numbers reach, row by row of what it sent.

    Attributes:
        row: the rows of `Numbered` in which it sent something.
        top: the highest end up to and with each row.
        repeated: whether a row's payload lies below what was reached before.
        gap: whether a row begins above it.
    """

    row: Ints
    top: Ints
    repeated: Flags
    gap: Flags


@dataclass
class _Stream:
    """One side of one flow that has a gap.

    Attributes:
        holes: what is missing below the highest number reached: where each begins, and its length.
        accounted: the highest number acknowledged, where that is above all that was sent; -1 where it is not.
    """

    holes: list[tuple[int, int]] = field(default_factory=list)
    accounted: int = -1

    def level(self, top: int) -> int:
        """The number below which everything was either seen or is accounted for as missing."""
        return self.accounted if self.accounted >= 0 and _apart(self.accounted, top) > 0 else top


class Sequences:
    """Follows the numbers of a capture; remembers holes of streams that have any."""

    def __init__(self) -> None:
        self._streams: OrderedDict[tuple[int, int], _Stream] = OrderedDict()

    def follow(self, packets: Numbered, tops: Ints, missed: Ints) -> tuple[Ints, Ints]:
        """Which rows repeat payload, and in which rows something unseen was acknowledged.

        Args:
            packets: of one window.
            tops: by flow and side, the highest sequence number reached, -1 for none yet; brought up to date.
            missed: by flow and side, bytes acknowledged and never seen; brought up to date.
        """
        repeats, misses = list[Ints](), list[Ints]()
        for side in (0, 1):
            heights = _heights(packets, side, tops[:, side])
            troubled = self._troubled(packets, side, heights, tops[:, side])
            flows = packets.flow[heights.row]
            last = np.flatnonzero(np.diff(flows, append=-1))
            misses.append(self._walk(packets, side, troubled, tops[:, side], missed))
            tops[flows[last], side] = heights.top[last]
            repeats.append(heights.row[heights.repeated])
        return np.concatenate(repeats), np.concatenate(misses)

    def _troubled(self, packets: Numbered, side: int, heights: Heights, tops: Ints) -> Ints:
        """The flows in which this side has a gap, or had one."""
        rows = np.flatnonzero((packets.sender != side) & (packets.acknowledged >= 0))
        sent = np.zeros(len(packets.flow), np.int64)
        sent[heights.row] = 1
        place = np.cumsum(sent)[rows] - 1
        here = place >= 0
        here[here] = packets.flow[heights.row[place[here]]] == packets.flow[rows[here]]
        top = tops[packets.flow[rows]]
        top[here] = heights.top[place[here]]
        beyond = (top >= 0) & (_distance(packets.acknowledged[rows], top) > 0)
        parts = [packets.flow[heights.row[heights.gap]], packets.flow[rows[beyond]]]
        if self._streams:
            begins = np.flatnonzero(np.diff(packets.flow, prepend=-1))
            known = [(name, side) in self._streams for name in packets.name[begins].tolist()]
            parts.append(packets.flow[begins[np.array(known, np.bool_)]])
        return np.unique(np.concatenate(parts))

    def _walk(self, packets: Numbered, side: int, flows: Ints, tops: Ints, missed: Ints) -> Ints:
        """Go through the troubled flows packet by packet; gives the rows that acknowledge what was never seen."""
        found = list[int]()
        ends = np.searchsorted(packets.flow, np.stack([flows, flows + 1]))
        for flow, first, last in zip(flows.tolist(), *ends.tolist(), strict=True):
            key = (int(packets.name[first]), side)
            stream, top = self._streams.pop(key, None) or _Stream(), int(tops[flow])
            of_flow = slice(first, last)
            columns = (packets.sender, packets.start, packets.size, packets.acknowledged)
            steps = zip(*(column[of_flow].tolist() for column in columns), strict=True)
            for row, (sender, start, size, acknowledged) in enumerate(steps, first):
                if sender == side:
                    top = _sent(stream, start, size, top)
                elif top >= 0 and (lost := _acknowledged(stream, acknowledged, top)):
                    missed[flow, side] += lost
                    found.append(row)
            if stream.holes or stream.level(top) != top:
                self._streams[key] = stream
                if len(self._streams) > _MOST_STREAMS:
                    self._streams.popitem(last=False)
        return np.array(found, np.int64)


def _heights(packets: Numbered, side: int, tops: Ints) -> Heights:
    row = np.flatnonzero((packets.sender == side) & (packets.size > 0))
    flow, size = packets.flow[row], packets.size[row]
    begins = np.diff(flow, prepend=-1) != 0
    end = (packets.start[row] + size) % _WRAP
    before = np.roll(end, 1)
    known = tops[flow] >= 0
    before[begins] = np.where(known, tops[flow], packets.start[row])[begins]
    moved = np.cumsum(_distance(end, before))
    group = np.cumsum(begins) - 1
    head = np.flatnonzero(begins)
    origin = (moved[head] - _distance(end, before)[head])[group]
    reached = np.clip(moved - origin, -(1 << (_LIFT - 2)), 1 << (_LIFT - 2))
    lift = group << _LIFT
    highest = np.maximum.accumulate(lift + np.maximum(reached, 0)) - lift
    earlier = np.where(begins, 0, np.roll(highest, 1))
    fresh = begins & ~known
    return Heights(
        row=row,
        top=(before[head][group] + highest) % _WRAP,
        repeated=(packets.payload[row] > 0) & (reached <= earlier) & ~fresh,
        gap=(reached - size > earlier) & ~fresh,
    )


def _sent(stream: _Stream, start: int, size: int, top: int) -> int:
    """The highest number reached after these bytes; a hole opens below them, or is filled."""
    if not size:
        return top
    end = (start + size) % _WRAP
    if top < 0:
        return end
    if start == top and not stream.holes and stream.accounted < 0:
        return end
    level = stream.level(top)
    if (opened := _apart(start, level)) > 0 and opened < _FARTHEST and len(stream.holes) < _MOST_HOLES:
        stream.holes.append((level, opened))
    elif opened <= 0:
        stream.holes = [left for hole in stream.holes for left in _without(hole, start, size)]
    return end if _apart(end, top) > 0 else top


def _without(hole: tuple[int, int], start: int, size: int) -> list[tuple[int, int]]:
    """What is left of a hole when some bytes fill it."""
    begin, length = hole
    offset = _apart(start, begin)
    low, high = max(0, offset), min(length, offset + size)
    if low >= high:
        return [hole]
    parts = [(begin, low), ((begin + high) % _WRAP, length - high)]
    return [part for part in parts if part[1] > 0]


def _acknowledged(stream: _Stream, number: int, top: int) -> int:
    """How many bytes that were never seen an acknowledgement covers; they are missing from then on."""
    if number < 0 or (not stream.holes and _apart(number, top) <= 0):
        return 0
    lost, kept = 0, list[tuple[int, int]]()
    for begin, length in stream.holes:
        covered = min(max(_apart(number, begin), 0), length)
        lost += covered
        if covered < length:
            kept.append(((begin + covered) % _WRAP, length - covered))
    stream.holes = kept
    beyond = _apart(number, stream.level(top))
    if not 0 < beyond < _FARTHEST:
        return lost
    stream.accounted = number
    # One number may be a FIN that was not captured, which is no byte.
    return lost + (beyond if beyond > 1 else 0)


def _distance(numbers: Ints, base: Ints) -> Ints:
    """How far numbers of 32 bits are above others, the shorter way around."""
    return (numbers - base + _HALF) % _WRAP - _HALF


def _apart(number: int, base: int) -> int:
    return (number - base + _HALF) % _WRAP - _HALF
