"""Made-up export packets, built byte by byte, and what reading them gives."""

import io
import ipaddress
import struct
from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from pipelines.batch import NETWORK_FLOWS, Batch
from pipelines.exports.known import KnownExporters
from pipelines.sources import capture, flow_exports
from tests.pipelines.capture.frames import ethernet, ip, pcap_file, udp
from tests.pipelines.sources.rows import checked

SECONDS = 1_772_330_400  # 2026-03-01T02:00:00Z
UPTIME = 600_000
ROUTER = "192.0.2.250"

Field = tuple[int, ...]


def address(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def v5(*records: bytes, sequence: int = 0, sampling: int = 0, count: int | None = None, uptime: int = UPTIME) -> bytes:
    """A NetFlow v5 packet."""
    number = len(records) if count is None else count
    header = struct.pack(">HHIIIIBBH", 5, number, uptime, SECONDS, 250_000_000, sequence, 1, 2, sampling)
    return header + b"".join(records)


def v5_record(
    source: str = "192.0.2.1",
    destination: str = "198.51.100.2",
    ports: tuple[int, int] = (40000, 443),
    *,
    protocol: int = 6,
    packets: int = 3,
    octets: int = 180,
    first: int = UPTIME - 5000,
    last: int = UPTIME - 1000,
    flags: int = 0x1B,
) -> bytes:
    return (
        address(source)
        + address(destination)
        + address("192.0.2.254")
        + struct.pack(">HHIIIIHH", 7, 9, packets, octets, first, last, *ports)
        + struct.pack(">BBBBHHBBH", 0, flags, protocol, 0, 64496, 64497, 24, 24, 0)
    )


def fset(number: int, body: bytes, *, length: int | None = None) -> bytes:
    """A set of v9 or IPFIX."""
    return struct.pack(">HH", number, len(body) + 4 if length is None else length) + body


def definition(number: int, fields: Sequence[Field], *, scopes: int | None = None) -> bytes:
    """A template: a field is (element, length) or (element, length, enterprise)."""
    head = struct.pack(">HH", number, len(fields)) + (b"" if scopes is None else struct.pack(">H", scopes))
    return head + b"".join(
        struct.pack(">HH", *field) if len(field) == 2 else struct.pack(">HHI", field[0] | 0x8000, field[1], field[2])
        for field in fields
    )


def v9_options(number: int, scopes: Sequence[Field], options: Sequence[Field]) -> bytes:
    """An options template of v9."""
    fields = b"".join(struct.pack(">HH", *field) for field in (*scopes, *options))
    return struct.pack(">HHH", number, 4 * len(scopes), 4 * len(options)) + fields


def v9(*sets: bytes, sequence: int = 0, domain: int = 1, seconds: int = SECONDS, uptime: int = UPTIME) -> bytes:
    """A NetFlow v9 packet."""
    return struct.pack(">HHIIII", 9, len(sets), uptime, seconds, sequence, domain) + b"".join(sets)


def ipfix(*sets: bytes, sequence: int = 0, domain: int = 1, length: int | None = None) -> bytes:
    """An IPFIX message."""
    body = b"".join(sets)
    return struct.pack(">HHIII", 10, len(body) + 16 if length is None else length, SECONDS, sequence, domain) + body


def variable(content: bytes, *, long: bool = False) -> bytes:
    """A variable-length field."""
    return (b"\xff" + struct.pack(">H", len(content)) if long else bytes([len(content)])) + content


PLAIN: tuple[Field, ...] = ((8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (6, 1), (2, 4), (1, 4), (22, 4), (21, 4))


def plain_record(
    source: str = "192.0.2.1", destination: str = "198.51.100.2", *, octets: int = 180, packets: int = 3
) -> bytes:
    ends = address(source) + address(destination)
    times = (UPTIME - 5000, UPTIME - 1000)
    return ends + struct.pack(">HHBBIIII", 40000, 443, 6, 0x1B, packets, octets, *times)


def sflow(*samples: bytes, agent: str = "192.0.2.251", sequence: int = 0, uptime: int = UPTIME) -> bytes:
    """An sFlow datagram."""
    packed = address(agent)
    kind = 1 if len(packed) == 4 else 2
    return (
        struct.pack(">II", 5, kind) + packed + struct.pack(">4I", 0, sequence, uptime, len(samples)) + b"".join(samples)
    )


def flow_sample(
    header: bytes, *, rate: int = 512, wire: int | None = None, extra: bytes = b"", protocol: int = 1
) -> bytes:
    """A flow sample with one raw packet header."""
    record = struct.pack(">4I", protocol, wire or len(header) + 4, 4, len(header)) + header + bytes(-len(header) % 4)
    records = struct.pack(">II", 1, len(record)) + record + extra
    body = struct.pack(">8I", 1, 3, rate, 1000, 0, 4, 0x3FFF_FFFF, 1 + bool(extra)) + records
    return struct.pack(">II", 1, len(body)) + body


def counter_sample() -> bytes:
    return struct.pack(">II", 2, 12) + struct.pack(">3I", 1, 3, 0)


class Read:
    """What a file gave: rows in order, with `fields` as a dictionary, and the reasons of rejects."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        kept = [checked(batch) for batch in batches if batch.table == "network_flows"]
        frame = pl.concat([NETWORK_FLOWS.to_frame(), *(batch.rows for batch in kept)])
        self.types = [batch.source_type for batch in kept if batch.rows.height]
        self.rows: list[dict[str, Any]] = [_plain(row) for row in frame.iter_rows(named=True)]
        self.reasons = [reason for batch in kept for reason in batch.rejects["reason"]]


def read(*packets: bytes, window_bytes: int = 1 << 22) -> Read:
    """What a file of these packets gives."""
    return Read(flow_exports.read(io.BytesIO(b"".join(packets)), window_bytes=window_bytes, now_us=SECONDS * 1_000_000))


def row(*packets: bytes) -> dict[str, Any]:
    """The one row of a file of these packets, in which nothing is wrong."""
    found = read(*packets)
    assert found.reasons == []
    (only,) = found.rows
    return only


def captured(*packets: bytes, sender: str = ROUTER, port: int = 2055) -> bytes:
    """A capture of these packets under way to a collector."""
    frames = [
        (SECONDS + at, ethernet(ip(sender, "192.0.2.2", 17, udp(50000, port, content))))
        for at, content in enumerate(packets)
    ]
    return pcap_file(frames)


def read_captured(content: bytes, known: KnownExporters | None = None) -> Read:
    """What a capture tells by exports."""
    found = Read(capture.read(io.BytesIO(content), known=known))
    found.rows = [row for row in found.rows if row["fields"].get("exporter")]
    return found


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    fields = row["fields"]
    return {**row, "fields": {entry["key"]: entry["value"] for entry in fields} if isinstance(fields, list) else fields}
