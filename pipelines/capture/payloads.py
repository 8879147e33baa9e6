"""The payloads of a window: the bytes of each, and those that follow it in its stream."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from pipelines.capture import keys
from pipelines.capture.flows import Assigned, FlowPackets
from pipelines.capture.openings import SHORT, SHORT_KINDS, Kind, find_openings
from pipelines.capture.rows import packed
from pipelines.capture.transport import TCP, Segments
from pipelines.capture.window import Bytes, Ints

# A message may wait this many segments for its missing bytes.
_FARTHEST = 64
# Segments that overtook their beginning under way, or in a network card of several queues, are near it.
_OVERTAKEN = 8

Endpoint = tuple[bytes, int]


class Piece(NamedTuple):
    """A payload, and where it comes from.

    Attributes:
        row: its row among the window's packets.
        kind: what it seems to begin.
        flow: the number that names its flow.
        forward: sent by the flow's initiator.
        time_us: microseconds since 1970, UTC.
        number: packet number in the file.
        sender: packed address and port.
        receiver: packed address and port.
        protocol: IP protocol number.
        sequence: TCP sequence number of its first byte.
        payload: the bytes captured, without those that were read before.
        skipped: how many of them were.
    """

    row: int
    kind: Kind
    flow: int
    forward: bool
    time_us: int
    number: int
    sender: Endpoint
    receiver: Endpoint
    protocol: int
    sequence: int
    payload: bytes
    skipped: int = 0

    @property
    def client(self) -> Endpoint:
        """Packed address and port of who began the flow."""
        return self.sender if self.forward else self.receiver

    @property
    def server(self) -> Endpoint:
        """Packed address and port of who did not."""
        return self.receiver if self.forward else self.sender

    def bare(self) -> "Piece":
        """Where the payload comes from, without it: what waits for an answer must not hold all that was said."""
        return Piece(*self[:10], b"")

    def after(self, count: int) -> "Piece":
        """The same payload without its first bytes."""
        sequence = (self.sequence + count) & 0xFFFF_FFFF
        return self._replace(payload=self.payload[count:], sequence=sequence, skipped=self.skipped + count)


@dataclass(frozen=True)
class Payloads:
    """The payloads of a window's packets, which share their rows."""

    buffer: Bytes
    packets: FlowPackets
    segments: Segments
    assigned: Assigned

    def openings(self) -> Iterator[Piece]:
        """The payloads that seem to begin a message, in file order."""
        spoken = self.assigned.flows.application[self.assigned.of_packet]
        rows, kinds = self._openings(*find_openings(self.buffer, self.packets.keys, self.segments, spoken))
        flow = self.assigned.of_packet[rows]
        sender = self.packets.sender[rows]
        columns = (
            kinds,
            flow,
            self.assigned.flows.number[flow],
            sender == self.assigned.flows.initiator[flow],
            self.packets.time_us[rows],
            self.packets.number[rows],
            sender,
            keys.protocols(self.packets.keys[:, rows]),
            self.segments.sequence[rows],
            self.segments.payload_at[rows],
            self.segments.payload_captured[rows],
        )
        listed = zip(rows.tolist(), *(column.tolist() for column in columns), strict=True)
        memory, ends = self.buffer.data, self._ends
        kinds_by_index = tuple(Kind)
        for row, kind, flow_row, named, forward, time_us, number, side, protocol, sequence, at, length in listed:
            pair = ends.get(flow_row) or self._find_ends(flow_row)
            # A named tuple checks its arguments; there are too many payloads for that.
            parts = (
                row, kinds_by_index[kind], named, forward, time_us, number, pair[side], pair[1 - side], protocol,
                sequence, bytes(memory[at : at + length]), 0,
            )  # fmt: skip
            yield tuple.__new__(Piece, parts)

    def _openings(self, rows: Ints, kinds: Ints) -> tuple[Ints, Ints]:
        """The rows without those too short to tell, unless they are the first that their stream says in the window.

        Whoever types sends letter by letter, and each would be taken for the beginning of something.
        """
        short = np.flatnonzero((self.segments.payload_captured[rows] < SHORT) & np.isin(kinds, SHORT_KINDS))
        if not len(short):
            return rows, kinds
        _, stream, place = self._streams
        here = place[rows[short]]
        later = short[(here > 0) & (stream[here] == stream[here - 1])]
        return np.delete(rows, later), np.delete(kinds, later)

    def following(self, piece: Piece, wanted: int) -> bytes:
        """The bytes of a TCP stream from a payload on, at least `wanted` if the window has them; a datagram's own.

        Segments are put in order by sequence number; what repeats is left out, and a gap ends the bytes.
        """
        return self._stream_from(piece.row, wanted + piece.skipped)[piece.skipped :]

    def mark(self, row: int, application: int) -> None:
        """Note which application the flow of a row speaks; the first one recognised stands."""
        flow = int(self.assigned.of_packet[row])
        if flow not in self._marked:
            self._marked.add(flow)
            if not self.assigned.flows.application[flow]:
                self.assigned.flows.application[flow] = application

    def _stream_from(self, row: int, wanted: int) -> bytes:
        first = self._bytes(row)
        if len(first) < int(self.segments.payload[row]) or len(first) >= wanted or self._streams[2][row] < 0:
            return first
        return self._joined(first, row, self._arriving(row), wanted, is_sorted=False)

    def _joined(self, first: bytes, row: int, later_rows: Iterable[int], wanted: int, *, is_sorted: bool) -> bytes:
        """A payload and what follows it; rows that did not come in order are put in order once one lies ahead."""
        sequence = self.segments.sequence
        parts, length = [first], len(first)
        expected = (int(sequence[row]) + length) & 0xFFFF_FFFF
        for later in later_rows:
            if length >= wanted:
                break
            repeated = (expected - int(sequence[later])) & 0xFFFF_FFFF
            if repeated >= 1 << 20:
                if is_sorted:
                    break
                return self._joined(first, row, self._sorted_after(row), wanted, is_sorted=True)
            new = self._bytes(later)[repeated:]
            parts.append(new)
            length += len(new)
            expected = (expected + len(new)) & 0xFFFF_FFFF
        if length < wanted and not is_sorted and self._overtaking(row):
            return self._joined(first, row, self._sorted_after(row), wanted, is_sorted=True)
        return b"".join(parts)

    def _bytes(self, row: int) -> bytes:
        start = int(self.segments.payload_at[row])
        return bytes(self.buffer.data[start : start + int(self.segments.payload_captured[row])])

    @cached_property
    def _marked(self) -> set[int]:
        return set()

    @cached_property
    def _ends(self) -> dict[int, tuple[Endpoint, Endpoint]]:
        return {}

    def _find_ends(self, flow: int) -> tuple[Endpoint, Endpoint]:
        """Both endpoints of a flow, the key's first one first; remembered, since a flow says more than one thing."""
        column = self.assigned.flows.keys[:, flow : flow + 1]
        version = int(keys.versions(column)[0])
        low_port, high_port = (int(port[0]) for port in keys.ports(column))
        words = column[:4, 0].tolist()
        pair = (packed(version, words[0], words[1]), low_port), (packed(version, words[2], words[3]), high_port)
        self._ends[flow] = pair
        return pair

    @cached_property
    def _streams(self) -> tuple[Ints, Ints, Ints]:
        """Rows with a payload by stream and arrival, the stream of each, and where each row lies among them."""
        rows = np.flatnonzero((keys.protocols(self.packets.keys) == TCP) & (self.segments.payload_captured > 0))
        stream = self.assigned.of_packet[rows] * 2 + self.packets.sender[rows]
        order = np.argsort(stream, kind="stable")
        place = np.full(len(self.packets), -1, np.int64)
        place[rows[order]] = np.arange(len(rows))
        return rows[order], stream[order], place

    def _arriving(self, row: int) -> Iterator[int]:
        """The next rows of the same stream as they arrived."""
        rows, stream, place = self._streams
        here = int(place[row])
        for spot in range(here + 1, min(here + 1 + _FARTHEST, len(rows))):
            if stream[spot] != stream[here]:
                return
            yield int(rows[spot])

    def _overtaking(self, row: int) -> list[int]:
        """The rows of the same stream that came shortly before, and belong behind."""
        rows, stream, place = self._streams
        here, sequence = int(place[row]), self.segments.sequence
        near = rows[max(here - _OVERTAKEN, 0) : here][stream[max(here - _OVERTAKEN, 0) : here] == stream[here]]
        ahead = (sequence[near] - sequence[row]) & 0xFFFF_FFFF
        found: list[int] = near[(ahead > 0) & (ahead < 1 << 20)].tolist()
        return found

    def _sorted_after(self, row: int) -> list[int]:
        """The same by sequence number, and those that overtook the row."""
        later = np.array([*self._overtaking(row), *self._arriving(row)], np.int64)
        distance = (self.segments.sequence[later] - self.segments.sequence[row]) & 0xFFFF_FFFF
        ordered: list[int] = later[np.argsort(distance, kind="stable")].tolist()
        return ordered
