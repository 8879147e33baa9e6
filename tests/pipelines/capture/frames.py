"""Made-up packets and capture files, built byte by byte."""

import io
import ipaddress
import struct
from collections.abc import Iterable, Sequence

import polars as pl

from pipelines.batch import LOG_EVENTS, Batch
from pipelines.capture import pcap, pcapng
from pipelines.capture.cuts import Timeouts
from pipelines.capture.reader import CaptureReader
from pipelines.errors import SourceBroken
from tests.pipelines.sources.rows import EVENTS, events_of

CLIENT, SERVER = "192.0.2.10", "198.51.100.20"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8::20"
SYN, SYN_ACK, ACK, PUSH, FIN, RST = 0x02, 0x12, 0x10, 0x18, 0x11, 0x04

Timed = tuple[float, bytes]


def tcp(
    source: int, destination: int, flags: int, payload: bytes = b"", *, seq: int = 1, ack: int = 0, window: int = 8192
) -> bytes:
    """A TCP segment."""
    return struct.pack("!HHIIBBHHH", source, destination, seq, ack, 0x50, flags, window, 0, 0) + payload


def udp(source: int, destination: int, payload: bytes = b"") -> bytes:
    """A UDP datagram."""
    return struct.pack("!HHHH", source, destination, 8 + len(payload), 0) + payload


def ip(source: str, destination: str, protocol: int, body: bytes, *, place: int = 0, identifier: int = 7) -> bytes:
    """An IP packet of the version of its addresses."""
    one, two = ipaddress.ip_address(source), ipaddress.ip_address(destination)
    if one.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + one.packed + two.packed + body
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), identifier, place, 64, protocol, 0)
    return header + one.packed + two.packed + body


def ethernet(packet: bytes, kind: int | None = None) -> bytes:
    """An Ethernet frame; the EtherType is that of the IP packet in it unless told."""
    kind = kind or (0x86DD if packet[0] >> 4 == 6 else 0x0800)
    return b"\x02\0\0\0\0\x01\x02\0\0\0\0\x02" + struct.pack("!H", kind) + packet


def tagged(packet: bytes, vlan: int, kind: int = 0x0800) -> bytes:
    """An Ethernet frame with one VLAN tag."""
    return ethernet(struct.pack("!HH", vlan, kind) + packet, 0x8100)


def out(segment: bytes, protocol: int = 6) -> bytes:
    """A frame from client to server."""
    return ethernet(ip(CLIENT, SERVER, protocol, segment))


def back(segment: bytes, protocol: int = 6) -> bytes:
    """A frame from server to client."""
    return ethernet(ip(SERVER, CLIENT, protocol, segment))


def pcap_file(
    packets: Iterable[Timed], *, link: int = 1, order: str = "<", nano: bool = False, snap: int = 65535
) -> bytes:
    """A pcap file of packets at times in seconds."""
    magic = 0xA1B23C4D if nano else 0xA1B2C3D4
    parts = [struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, snap, link)]
    for time, frame in packets:
        fraction = round(time % 1 * 1_000_000) * (1000 if nano else 1)
        kept = frame[:snap]
        parts.append(struct.pack(f"{order}IIII", int(time), fraction, len(kept), len(frame)) + kept)
    return b"".join(parts)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    length = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + length + body + length


def section(order: str = "<") -> bytes:
    """A pcapng section header."""
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def interface(link: int = 1, *, resolution: int | None = None, offset: int | None = None, order: str = "<") -> bytes:
    """A pcapng interface description."""
    options = b"" if resolution is None else struct.pack(f"{order}HHB3x", 9, 1, resolution)
    options += b"" if offset is None else struct.pack(f"{order}HHq", 14, 8, offset)
    return block(1, struct.pack(f"{order}HHI", link, 0, 0) + options, order)


def enhanced(frame: bytes, ticks: int, *, on: int = 0, order: str = "<") -> bytes:
    """A pcapng enhanced packet block."""
    header = struct.pack(f"{order}5I", on, ticks >> 32, ticks & 0xFFFF_FFFF, len(frame), len(frame))
    return block(6, header + frame, order)


def read_capture(content: bytes, *, window_bytes: int = 1 << 24, timeouts: Timeouts | None = None) -> "Read":
    """Everything a capture gives."""
    read_windows = pcapng.read_windows if content[:4] == pcapng.MAGIC else pcap.read_windows
    windows = read_windows(io.BytesIO(content), window_bytes=window_bytes)
    batches, broken = list[Batch](), list[str]()
    try:
        batches.extend(CaptureReader(timeouts or Timeouts()).batches(windows))
    except SourceBroken as error:
        broken.append(str(error))
    flows = pl.concat([batch.rows for batch in batches if batch.table == "network_flows"])
    events = pl.concat([LOG_EVENTS.to_frame(), *(events_of(batch) for batch in batches if batch.table in EVENTS)])
    return Read(flows, events, [reason for batch in batches for reason in batch.rejects["reason"]] + broken)


def storable(*values: object) -> bool:
    """Whether texts, wherever they stand in the values, can be stored: a column takes UTF-8 alone."""
    for value in values:
        if isinstance(value, str):
            value.encode()  # raises for half a surrogate pair
        elif isinstance(value, dict):
            storable(*value, *value.values())
        elif isinstance(value, tuple | list):
            storable(*value)
    return True


class Read:
    """What a capture gave: flows and events by packet number, and the reasons of rejects."""

    def __init__(self, flows: pl.DataFrame, events: pl.DataFrame, reasons: Sequence[str]) -> None:
        self.flows = flows.sort("source_offset").to_dicts()
        self.events = events.sort("source_offset").to_dicts()
        self.reasons = list(reasons)


def session(*steps: tuple[bool, int, bytes], start: float = 1000.0, port: int = 50000, to: int = 80) -> list[Timed]:
    """A TCP connection: each step is whether the client sends, with what flags, what payload; 10 ms apart."""
    sequence = {True: 100, False: 900}
    packets = []
    for index, (forward, flags, payload) in enumerate(steps):
        ports = (port, to) if forward else (to, port)
        segment = tcp(*ports, flags, payload, seq=sequence[forward])
        sequence[forward] += len(payload) + (flags & 3 > 0)
        packets.append((start + index / 100, (out if forward else back)(segment)))
    return packets


def talk(*payloads: tuple[bool, bytes], port: int = 50000, to: int = 80) -> list[Timed]:
    """A whole TCP connection in which these payloads are said."""
    opening = [(True, SYN, b""), (False, SYN_ACK, b""), (True, ACK, b"")]
    said = [(forward, PUSH, payload) for forward, payload in payloads]
    closing = [(True, FIN, b""), (False, FIN, b""), (True, ACK, b"")]
    return session(*opening, *said, *closing, port=port, to=to)
