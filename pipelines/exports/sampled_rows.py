"""Sampled packets as rows of `network_flows`: each a flow of as many packets as it stands for."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl

from pipelines.batch import NETWORK_FLOWS
from pipelines.capture import transport
from pipelines.capture.cursor import Cursor
from pipelines.capture.datagrams import Datagrams
from pipelines.capture.flow_rows import protocol_name
from pipelines.capture.links import layers_of
from pipelines.capture.network import decode_network
from pipelines.capture.window import Ints, PacketWindow, Words, padded
from pipelines.exports.addresses import v4_texts, v6_texts
from pipelines.exports.flow_fields import FLAG_TEXTS
from pipelines.exports.sflow import Sampled
from pipelines.field_maps import fields_of_rows

# What was seen cannot stand for more packets than this.
_MOST_RATE: Final = 1 << 24


def sampled_rows(packets: Sequence[Sampled], numbers: Sequence[int], times_us: Sequence[int]) -> pl.DataFrame:
    """The rows of the sampled packets that carry IP, in order.

    Args:
        packets: the packets.
        numbers: number of the message that brought each.
        times_us: when it came, microseconds since 1970, UTC.
    """
    sizes = np.array([len(packet.header) for packet in packets], np.int64)
    window = PacketWindow(
        buffer=padded(b"".join(packet.header for packet in packets)),
        first_number=0,
        start=np.cumsum(sizes) - sizes,
        captured=sizes,
        wire=np.maximum(sizes, np.array([packet.wire for packet in packets], np.int64)),
        time_us=np.array(times_us, np.int64),
        link=np.array([packet.link for packet in packets], np.int64),
    )
    cursor = Cursor.over(window, layers_of(window.link))
    found = decode_network(cursor)
    rows = np.flatnonzero(found.version)
    segments = transport.decode_transport(window.buffer, cursor.end, found, rows)
    rates = np.minimum(np.array([packet.rate for packet in packets], np.int64), _MOST_RATE)[rows]
    protocol = found.protocol[rows]
    told = np.array([packet.vlan for packet in packets], np.int64)[rows]
    icmp = np.isin(protocol, (transport.ICMP, transport.ICMP6))
    columns = {
        "event_time": pl.Series(window.time_us[rows]).cast(pl.Datetime("us", "UTC")),
        "source_offset": np.array(numbers, np.int64)[rows],
        "source_ip": _addresses(found.version[rows], found.source[rows]),
        "source_port": segments.source_port,
        "destination_ip": _addresses(found.version[rows], found.destination[rows]),
        "destination_port": np.where(icmp, _icmp_codes(window, found, rows, icmp), segments.destination_port),
        "protocol": [protocol_name(number) for number in protocol.tolist()],
        "vlan_id": np.where(cursor.vlan[rows] > 0, cursor.vlan[rows], told) & 0xFFF,
        "application": pl.repeat("", len(rows), eager=True),
        "duration_ms": np.zeros(len(rows), np.int64),
        "packets_out": rates,
        "packets_in": np.zeros(len(rows), np.int64),
        "bytes_out": segments.payload * rates,
        "bytes_in": np.zeros(len(rows), np.int64),
        "ip_bytes_out": found.length[rows] * rates,
        "ip_bytes_in": np.zeros(len(rows), np.int64),
        "connection_state": pl.repeat("", len(rows), eager=True),
        "history": pl.repeat("", len(rows), eager=True),
        "community_id": pl.repeat("", len(rows), eager=True),
        "fields": fields_of_rows(_fields(packets, rows, segments, rates)),
    }
    return pl.DataFrame(columns).cast(NETWORK_FLOWS)


def _fields(packets: Sequence[Sampled], rows: Ints, segments: transport.Segments, rates: Ints) -> list[dict[str, str]]:
    entries = []
    for row, flags, rate in zip(rows.tolist(), (segments.flags & 0xFF).tolist(), rates.tolist(), strict=True):
        entry = dict(packets[row].known)
        if flags:
            entry["tcp_flags"] = FLAG_TEXTS[flags]
        if rate > 1:
            entry["sampling_rate"] = str(rate)
        entries.append(entry)
    return entries


def _icmp_codes(window: PacketWindow, found: Datagrams, rows: Ints, icmp: np.ndarray) -> Ints:
    at = np.where(icmp, np.minimum(found.body[rows] + 1, len(window.buffer) - 1), 0)
    return window.buffer[at].astype(np.int64)


def _addresses(version: Ints, words: Words) -> pl.Series:
    old = v4_texts(words[:, 1])
    if (version == 4).all():
        return old
    octets = np.ascontiguousarray(words.astype(">u8")).view(np.uint8).reshape(-1, 16)
    return old.zip_with(pl.Series(version == 4), v6_texts(octets))
