"""Which payloads of a window seem to begin a message, and of what: judged for all of them at once.

A port decides where a protocol has no telling first bytes; the first bytes decide everywhere else, on any port.
"""

from enum import StrEnum
from typing import NamedTuple

import numpy as np

from pipelines.capture import dns, keys
from pipelines.capture.http import METHODS
from pipelines.capture.rows import APPLICATIONS
from pipelines.capture.transport import TCP, UDP, Segments
from pipelines.capture.window import Bytes, Flags, Ints, Words, numbers_at


class Kind(StrEnum):
    """What a payload seems to begin; where several fit, the first named here is it."""

    SSH = "ssh"
    HTTP = "http"
    TLS = "tls"
    SMB = "smb"
    OPCUA = "opcua"
    DNP3 = "dnp3"
    S7 = "s7comm"
    RDP = "rdp"
    IEC104 = "iec104"
    MODBUS = "modbus"
    DNS_STREAM = "dns_tcp"
    DNS = "dns"
    BACNET = "bacnet"
    QUIC = "quic"


# The index of each one's name among the applications of flows.
APPLICATION = {kind: APPLICATIONS.index("dns" if kind == "dns_tcp" else kind) for kind in Kind}
_NUMBER = {kind: index for index, kind in enumerate(Kind)}
# Framed protocols whose messages begin anywhere in a segment: every payload on their port, or of a flow that spoke it.
_MODBUS_PORT = 502
_BY_PORT = {
    53: Kind.DNS_STREAM, 102: Kind.S7, _MODBUS_PORT: Kind.MODBUS, 2404: Kind.IEC104, 4840: Kind.OPCUA,
    20000: Kind.DNP3,
}  # fmt: skip
_CONTINUED = (Kind.OPCUA, Kind.DNP3, Kind.S7, Kind.IEC104)
_SSH_PORT = 22
# A building with several networks numbers them from 47808 (hexadecimal BAC0) on.
_BACNET_PORTS = range(47808, 47824)

_HTTP_WORDS = np.array([int.from_bytes(f"{word} "[:4].encode(), "big") for word in (*METHODS, "HTTP")])
# A first segment of one to three bytes is how filters are got around that read no streams.
SHORT = 4
_SHORT_WORDS = {
    Kind.HTTP: np.unique([word & mask for word in _HTTP_WORDS for mask in (0xFF00_0000, 0xFFFF_0000, 0xFFFF_FF00)]),
    Kind.TLS: np.array([0x1600_0000, 0x1601_0000, 0x1603_0000]),
}
SHORT_KINDS = [_NUMBER[kind] for kind in _SHORT_WORDS]
_OPCUA_WORDS = np.array(
    [int.from_bytes(f"{word}{chunk}".encode(), "big") for word, chunk in
     (("HEL", "F"), ("ACK", "F"), ("ERR", "F"), ("RHE", "F"), ("OPN", "F"), ("CLO", "F"), ("MSG", "F"), ("MSG", "C"))]
)  # fmt: skip
_SSH_WORD = int.from_bytes(b"SSH-", "big")
_SMB1, _SMB2 = int.from_bytes(b"\xffSMB", "big"), int.from_bytes(b"\xfeSMB", "big")
# Commands that say who does what to which file; what is read and written of it stays unread.
_SMB1_COMMANDS = np.array([0x06, 0x07, 0x2D, 0x72, 0x73, 0x75, 0xA2])
_SMB2_COMMANDS = np.array([0x00, 0x01, 0x03, 0x05, 0x11])
_HELLOS = np.array([1, 2, 11])
_ALERT_WORD = 0x1503
_SSH_KEXINIT = 20
_LARGEST_KEXINIT = 35_000
_QUIC1, _QUIC2 = 0x0000_0001, 0x6B33_43CF


class _First(NamedTuple):
    """The first eight bytes of some payloads as two numbers, 0 beyond their ends, and what is known of them."""

    rows: Ints
    word: Ints
    second: Ints
    captured: Ints
    spoken: Ints


def find_openings(buffer: Bytes, flow_keys: Words, segments: Segments, spoken: Ints) -> tuple[Ints, Ints]:
    """The rows whose payload seems to begin a message, in order, and the number of each one's kind.

    `spoken` is the application that each row's flow is known to speak from earlier windows, 0 for none.
    """
    protocol = keys.protocols(flow_keys)
    captured = segments.payload_captured
    kind = np.full(len(protocol), -1, np.int64)
    for transport, judge in ((TCP, _judge_streams), (UDP, _judge_datagrams)):
        rows = np.flatnonzero((protocol == transport) & (captured > 0))
        if len(rows):
            kind[rows] = judge(buffer, segments, _first(buffer, segments, rows, spoken))
    rows = np.flatnonzero(kind >= 0)
    return rows, kind[rows]


def _first(buffer: Bytes, segments: Segments, rows: Ints, spoken: Ints) -> _First:
    at, captured = segments.payload_at[rows], segments.payload_captured[rows]
    # What lies beyond a payload's end belongs to another packet.
    kept = np.left_shift(0xFFFF_FFFF, np.clip(32 - 8 * captured, 0, 32)) & 0xFFFF_FFFF
    second_kept = np.left_shift(0xFFFF_FFFF, np.clip(64 - 8 * captured, 0, 32)) & 0xFFFF_FFFF
    word, second = numbers_at(buffer, at, ">u4") & kept, numbers_at(buffer, at + 4, ">u4") & second_kept
    return _First(rows, word, second, captured, spoken[rows])


def _judge_streams(buffer: Bytes, segments: Segments, first: _First) -> Ints:
    word, second = first.word, first.second
    record, fifth, sixth = word >> 8, second >> 24, (second >> 16) & 0xFF
    is_record = ((record >= 0x160300) & (record <= 0x160304)) | (record == 0x160101)
    # A readable alert is two bytes long, an encrypted one is longer.
    is_alert = (word >> 16 == _ALERT_WORD) & (word & 0xFF == 0) & (fifth == 2) & (first.captured >= 7)
    # A packet of ISO's transport on TCP (RFC 1006) that asks for a connection or grants it: outside of S7, this is RDP.
    connects = (word >> 16 == 0x0300) & np.isin(sixth, (0xE0, 0xD0))
    speaks_ssh = _on_port(segments, first.rows, _SSH_PORT) | (first.spoken == APPLICATION[Kind.SSH])
    exchanges_keys = (word < _LARGEST_KEXINIT) & (sixth == _SSH_KEXINIT) & speaks_ssh
    kind = _by_port(segments, first)
    judged = {
        Kind.RDP: connects & (kind != _NUMBER[Kind.S7]),
        Kind.DNP3: (word >> 16 == 0x0564) & ((word >> 8) & 0xFF >= 5),
        Kind.OPCUA: np.isin(word, _OPCUA_WORDS),
        Kind.SMB: (word >> 24 == 0) & np.isin(second, (_SMB1, _SMB2)),
        # Of an encrypted message the sixth byte is chance; of a shorter payload it is still to come.
        Kind.TLS: (is_record & (np.isin(sixth, _HELLOS) | (first.captured < 6))) | is_alert,
        Kind.HTTP: np.isin(word, _HTTP_WORDS),
        Kind.SSH: (word == _SSH_WORD) | (exchanges_keys & (fifth >= 4)),
    }
    for name, mask in judged.items():
        kind[mask] = _NUMBER[name]
    short = np.flatnonzero((first.captured < SHORT) & (first.spoken == 0) & (kind < 0))
    for name, words in _SHORT_WORDS.items():
        kind[short[np.isin(word[short], words)]] = _NUMBER[name]
    _leave_out_transfers(buffer, segments, first, kind)
    return kind


def _leave_out_transfers(buffer: Bytes, segments: Segments, first: _First, kind: Ints) -> None:
    here = np.flatnonzero(kind == _NUMBER[Kind.SMB])
    at, captured = segments.payload_at[first.rows[here]], first.captured[here]
    is_second = first.second[here] == _SMB2
    place = np.where(is_second, 16, 8)
    command = np.where(captured > place, buffer[at + np.minimum(place, captured - 1)], 0xFF)
    told = np.where(is_second, np.isin(command, _SMB2_COMMANDS), np.isin(command, _SMB1_COMMANDS))
    # Behind a transfer that ends in its segment another message may begin.
    length = 4 + (first.word[here] & 0xFF_FFFF)
    more = length + 8 <= captured
    behind = numbers_at(buffer, at + np.where(more, length + 4, 0), ">u4")
    told |= more & np.isin(behind, (_SMB1, _SMB2))
    kind[here[~told]] = -1


def _judge_datagrams(buffer: Bytes, segments: Segments, first: _First) -> Ints:
    del buffer
    head, version = first.word >> 24, ((first.word & 0xFF_FFFF) << 8) | (first.second >> 24)
    initial = ((version == _QUIC1) & (head & 0xF0 == 0xC0)) | ((version == _QUIC2) & (head & 0xF0 == 0xD0))
    kind = np.full(len(first.rows), -1, np.int64)
    judged = {
        Kind.QUIC: initial,
        Kind.BACNET: _on_port(segments, first.rows, *_BACNET_PORTS) & (head == 0x81),
        Kind.DNS: _on_port(segments, first.rows, *dns.PORTS) & (first.captured >= 12),
        Kind.DNP3: (first.word >> 16 == 0x0564) & ((first.word >> 8) & 0xFF >= 5),
        # The protocol's number, 0, is all that its datagrams have in common.
        Kind.MODBUS: _on_port(segments, first.rows, _MODBUS_PORT) & (first.word & 0xFFFF == 0) & (first.captured >= 8),
    }
    for name, mask in judged.items():
        kind[mask] = _NUMBER[name]
    return kind


def _by_port(segments: Segments, first: _First) -> Ints:
    kinds = np.full(65536, -1, np.int64)
    for port, name in _BY_PORT.items():
        kinds[port] = _NUMBER[name]
    spoken = np.full(len(APPLICATIONS), -1, np.int64)
    for name in _CONTINUED:
        spoken[APPLICATION[name]] = _NUMBER[name]
    by_port = np.maximum(kinds[segments.source_port[first.rows]], kinds[segments.destination_port[first.rows]])
    return np.where(by_port >= 0, by_port, spoken[first.spoken])


def _on_port(segments: Segments, rows: Ints, *ports: int) -> Flags:
    served = np.zeros(65536, np.bool_)
    served[list(ports)] = True
    return served[segments.source_port[rows]] | served[segments.destination_port[rows]]
