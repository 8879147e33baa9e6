"""Which payloads of a window begin something worth reading, and the bytes that follow them in their stream."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from pipelines.capture import dns, keys, modbus
from pipelines.capture.flows import Assigned, FlowPackets
from pipelines.capture.http import METHODS
from pipelines.capture.network import Flags
from pipelines.capture.rows import packed
from pipelines.capture.transport import TCP, UDP, Segments
from pipelines.capture.window import Bytes, Ints, numbers_at

Kind = Literal["dns", "dns_tcp", "tls", "http", "ssh", "modbus"]

_HTTP_WORDS = np.array([int.from_bytes(f"{word} "[:4].encode(), "big") for word in (*METHODS, "HTTP")])
_SSH_WORD = int.from_bytes(b"SSH-", "big")
# A message may wait this many segments for its missing bytes.
_FARTHEST = 64


@dataclass(frozen=True)
class Piece:
    """A payload, and where it comes from.

    Attributes:
        index: its row among the window's packets.
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

    index: int
    kind: Kind
    flow: int
    forward: bool
    time_us: int
    number: int
    sender: tuple[bytes, int]
    receiver: tuple[bytes, int]
    protocol: int
    sequence: int
    payload: bytes
    skipped: int = 0

    def after(self, count: int) -> "Piece":
        """The same payload without its first bytes."""
        sequence = (self.sequence + count) & 0xFFFF_FFFF
        return replace(self, payload=self.payload[count:], sequence=sequence, skipped=self.skipped + count)


@dataclass(frozen=True)
class Payloads:
    """The payloads of a window's packets, which share their rows."""

    buffer: Bytes
    packets: FlowPackets
    segments: Segments
    assigned: Assigned

    def candidates(self) -> list[tuple[int, Kind]]:
        """The rows whose payload seems to begin a message, in file order, each with what it seems to be."""
        protocol = keys.protocols(self.packets.keys)
        captured = self.segments.payload_captured
        chosen: list[tuple[int, Kind]] = []
        datagrams = (protocol == UDP) & (captured >= 12) & self._on_port(dns.PORTS)
        chosen += [(row, "dns") for row in np.flatnonzero(datagrams).tolist()]
        tcp = np.flatnonzero((protocol == TCP) & (captured > 0))
        word = numbers_at(self.buffer, self.segments.payload_at[tcp], ">u4")
        word = np.where(captured[tcp] >= 4, word, 0)
        record = word >> 8
        masks: dict[Kind, Flags] = {
            "tls": ((record >= 0x160300) & (record <= 0x160304)) | (record == 0x160101),
            "http": np.isin(word & 0xFFFF_FFFF, _HTTP_WORDS),
            "ssh": word == _SSH_WORD,
            "modbus": self._on_port((modbus.PORT,))[tcp],
            "dns_tcp": self._on_port((53,))[tcp],
        }
        for kind, mask in masks.items():
            chosen += [(row, kind) for row in tcp[mask].tolist()]
        return sorted(chosen)

    def piece(self, row: int, kind: Kind) -> Piece:
        """The payload of a row."""
        flow = int(self.assigned.of_packet[row])
        version = int(keys.versions(self.packets.keys[:, row : row + 1])[0])
        words = self.packets.keys[:4, row].tolist()
        ends = (packed(version, words[0], words[1]), packed(version, words[2], words[3]))
        sender = int(self.packets.sender[row])
        return Piece(
            index=row,
            kind=kind,
            flow=int(self.assigned.flows.number[flow]),
            forward=sender == int(self.assigned.flows.initiator[flow]),
            time_us=int(self.packets.time_us[row]),
            number=int(self.packets.number[row]),
            sender=(ends[sender], int(self.segments.source_port[row])),
            receiver=(ends[1 - sender], int(self.segments.destination_port[row])),
            protocol=int(keys.protocols(self.packets.keys[:, row : row + 1])[0]),
            sequence=int(self.segments.sequence[row]),
            payload=self._bytes(row),
        )

    def following(self, piece: Piece, wanted: int) -> bytes:
        """The bytes of a TCP stream from a payload on, at least `wanted` if the window has them.

        Segments are put in order by sequence number; what repeats is left out, and a gap ends the bytes.
        """
        return self._stream_from(piece.index, wanted + piece.skipped)[piece.skipped :]

    def _stream_from(self, row: int, wanted: int) -> bytes:
        parts, length = [self._bytes(row)], int(self.segments.payload_captured[row])
        if length < int(self.segments.payload[row]):
            return parts[0]
        expected = (int(self.segments.sequence[row]) + length) & 0xFFFF_FFFF
        for later in self._after(row):
            if length >= wanted:
                break
            repeated = (expected - int(self.segments.sequence[later])) & 0xFFFF_FFFF
            new = self._bytes(later)[repeated:] if repeated < 1 << 20 else b""
            parts.append(new)
            length += len(new)
            expected = (expected + len(new)) & 0xFFFF_FFFF
        return b"".join(parts)

    def mark(self, row: int, application: int) -> None:
        """Note which application the flow of a row speaks; the first one recognised stands."""
        flow = self.assigned.of_packet[row]
        if not self.assigned.flows.application[flow]:
            self.assigned.flows.application[flow] = application

    def _bytes(self, row: int) -> bytes:
        start = int(self.segments.payload_at[row])
        return self.buffer[start : start + int(self.segments.payload_captured[row])].tobytes()

    def _on_port(self, ports: tuple[int, ...]) -> Flags:
        served = np.zeros(65536, np.bool_)
        served[list(ports)] = True
        return served[self.segments.source_port] | served[self.segments.destination_port]

    @cached_property
    def _streams(self) -> tuple[Ints, Ints, Ints]:
        """Rows with a payload by stream and arrival, the stream of each, and where each row lies among them."""
        rows = np.flatnonzero((keys.protocols(self.packets.keys) == TCP) & (self.segments.payload_captured > 0))
        stream = self.assigned.of_packet[rows] * 2 + self.packets.sender[rows]
        order = np.argsort(stream, kind="stable")
        place = np.full(len(self.packets), -1, np.int64)
        place[rows[order]] = np.arange(len(rows))
        return rows[order], stream[order], place

    def _after(self, row: int) -> list[int]:
        """The next rows of the same stream, by sequence number."""
        rows, stream, place = self._streams
        here = int(place[row])
        near = slice(here + 1, here + 1 + _FARTHEST)
        later = rows[near][stream[near] == stream[here]]
        distance = (self.segments.sequence[later] - self.segments.sequence[row]) & 0xFFFF_FFFF
        ordered: list[int] = later[np.argsort(distance, kind="stable")].tolist()
        return ordered
