"""Ethernet frames around IPv4 and IPv6, TCP and UDP, with checksums that are right."""

import struct
from functools import cache
from ipaddress import ip_address
from typing import NamedTuple

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
_TCP, _UDP = 6, 17


class Endpoint(NamedTuple):
    """One end of a conversation."""

    address: str
    port: int


def tcp_frame(
    source: Endpoint, destination: Endpoint, *, seq: int, ack: int, flags: int, payload: bytes = b""
) -> bytes:
    """A frame with one TCP segment (RFC 9293); a SYN offers a maximum segment size of 1460 bytes."""
    options = b"\x02\x04\x05\xb4" if flags & SYN else b""
    offset = (5 + len(options) // 4) << 4
    head = struct.pack("!HHIIBBHHH", source.port, destination.port, seq, ack, offset, flags, 64_240, 0, 0)
    segment = head + options + payload
    check = _checksum(_pseudo_header(source, destination, _TCP, len(segment)) + segment)
    return _frame(source, destination, _TCP, segment[:16] + struct.pack("!H", check) + segment[18:])


def udp_frame(source: Endpoint, destination: Endpoint, payload: bytes) -> bytes:
    """A frame with one UDP datagram (RFC 768)."""
    length = 8 + len(payload)
    datagram = struct.pack("!HHHH", source.port, destination.port, length, 0) + payload
    # RFC 768: a computed checksum of zero is sent as all ones.
    check = _checksum(_pseudo_header(source, destination, _UDP, length) + datagram) or 0xFFFF
    return _frame(source, destination, _UDP, datagram[:6] + struct.pack("!H", check) + payload)


def _frame(source: Endpoint, destination: Endpoint, protocol: int, segment: bytes) -> bytes:
    from_, to = _packed(source.address), _packed(destination.address)
    link = _station(to) + _station(from_)
    if len(from_) == 16:
        return link + struct.pack("!HIHBB", 0x86DD, 0x60000000, len(segment), protocol, 64) + from_ + to + segment
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0x4000, 64, protocol, 0) + from_ + to
    head = head[:10] + struct.pack("!H", _checksum(head)) + head[12:]
    return link + b"\x08\x00" + head + segment


def _pseudo_header(source: Endpoint, destination: Endpoint, protocol: int, length: int) -> bytes:
    addresses = _packed(source.address) + _packed(destination.address)
    form = "!IxxxB" if len(addresses) == 32 else "!xBH"
    values = (length, protocol) if len(addresses) == 32 else (protocol, length)
    return addresses + struct.pack(form, *values)


def _checksum(content: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = content + b"\0" * (len(content) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


@cache
def _packed(address: str) -> bytes:
    return ip_address(address).packed


def _station(packed: bytes) -> bytes:
    return b"\x02\x00" + packed[-4:]  # a locally administered MAC address
