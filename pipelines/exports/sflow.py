"""sFlow version 5 datagrams: the packets that an agent sampled (sFlow.org, "sFlow Version 5", July 2004)."""

import struct
from dataclasses import dataclass, field
from typing import Final

from pipelines.exports.addresses import v6_text

_AGENTS: Final = {1: 4, 2: 16}
_FLOW, _COUNTERS, _EXPANDED_FLOW, _EXPANDED_COUNTERS = 1, 2, 3, 4
_RAW_HEADER, _SAMPLED_V4, _SAMPLED_V6, _SWITCH, _ROUTER, _GATEWAY = 1, 3, 4, 1001, 1002, 1003
# Header protocols of the standard as link types of captures.
LINKS: Final = {1: 1, 11: 228, 12: 229}
_MOST_RECORDS: Final = 256
_INTERFACE_BITS: Final = 0x3FFF_FFFF
_UNKNOWN_INTERFACE: Final = 0x3FFF_FFFF


class DatagramInvalid(Exception):
    """An sFlow datagram cannot be read; the message says why."""


@dataclass
class Sampled:
    """One sampled packet.

    Attributes:
        header: its first bytes.
        link: what they begin with (LINKTYPE registry).
        wire: bytes it had on the wire.
        rate: one packet in so many was sampled.
        known: what else the switch says of it, as entries of `fields`.
        vlan: the VLAN it came in by; 0 where it is not said.
    """

    header: bytes
    link: int
    wire: int
    rate: int
    known: dict[str, str] = field(default_factory=dict)
    vlan: int = 0


@dataclass
class Datagram:
    """What one datagram holds.

    Attributes:
        agent: the address of the agent, as text.
        counters: counter samples, which tell of no packet.
        unread: samples and records of other kinds, or without a packet's header.
        problem: why it was not read to its end, or ''.
    """

    agent: str
    sub_agent: int
    sequence: int
    uptime_ms: int
    packets: list[Sampled] = field(default_factory=list)
    counters: int = 0
    unread: int = 0
    problem: str = ""


def parse_datagram(content: bytes) -> Datagram:
    """What a datagram holds; what is cut off or damaged in it ends it, and what came before stays.

    Raises:
        DatagramInvalid: its header is cut, or the agent's address is of no known kind.
    """
    if len(content) < 8:
        raise DatagramInvalid("the sFlow header is cut")
    version, kind = struct.unpack_from(">II", content)
    size = _AGENTS.get(kind)
    if version != 5 or size is None:
        raise DatagramInvalid(f"sFlow version {version} with an agent's address of kind {kind} is not read")
    at = 8 + size
    if at + 16 > len(content):
        raise DatagramInvalid("the sFlow header is cut")
    sub_agent, sequence, uptime, count = struct.unpack_from(">4I", content, at)
    found = Datagram(_address(content[8:at]), sub_agent, sequence, uptime)
    at += 16
    for index in range(count):
        if at + 8 > len(content):
            found.problem = f"sFlow sample {index} of {count} is cut off"
            break
        form, length = struct.unpack_from(">II", content, at)
        body = content[at + 8 : at + 8 + length]
        if len(body) < length:
            found.problem = f"sFlow sample {index} claims {length} bytes, {len(body)} are left"
        _take_sample(found, form, body)
        if found.problem:
            break
        at += 8 + length
    return found


def _take_sample(found: Datagram, form: int, body: bytes) -> None:
    if form in (_COUNTERS, _EXPANDED_COUNTERS):
        found.counters += 1
        return
    least = {_FLOW: 32, _EXPANDED_FLOW: 44}.get(form)
    if least is None or len(body) < least:
        found.unread += 1
        return
    if form == _FLOW:
        _, _, rate, _, _, inbound, outbound, records = struct.unpack_from(">8I", body)
    else:
        _, _, _, rate, _, _, in_form, inbound, out_form, outbound, records = struct.unpack_from(">11I", body)
        inbound, outbound = (
            number if form == 0 else _UNKNOWN_INTERFACE for form, number in ((in_form, inbound), (out_form, outbound))
        )
    known = {}
    for name, number in (("ingress_interface", inbound), ("egress_interface", outbound)):
        # The upper two bits say what else the number may be: a reason for dropping, or how many interfaces.
        if 0 < number < _UNKNOWN_INTERFACE:
            known[name] = str(number)
    packet = _sampled(body[least:], min(records, _MOST_RECORDS), max(rate, 1), known)
    if packet is None:
        found.unread += 1
    else:
        found.packets.append(packet)


def _sampled(body: bytes, records: int, rate: int, known: dict[str, str]) -> Sampled | None:
    packet: Sampled | None = None
    vlan, at = 0, 0
    for _ in range(records):
        if at + 8 > len(body):
            break
        form, length = struct.unpack_from(">II", body, at)
        content = body[at + 8 : at + 8 + length]
        at += 8 + length
        if form == _RAW_HEADER and len(content) >= 16:
            packet = _raw_header(content, rate, known) or packet
        elif form in (_SAMPLED_V4, _SAMPLED_V6) and packet is None:
            packet = _summary(content, form, rate, known)
        elif form == _SWITCH and len(content) >= 4:
            vlan = int.from_bytes(content[:4], "big") & 0xFFF
        elif form in (_ROUTER, _GATEWAY):
            _add_routing(content, form, known)
    if packet is not None:
        packet.vlan = vlan
    return packet


def _raw_header(content: bytes, rate: int, known: dict[str, str]) -> Sampled | None:
    protocol, wire, _, size = struct.unpack_from(">4I", content)
    link = LINKS.get(protocol)
    return None if link is None else Sampled(content[16 : 16 + size], link, wire, rate, known)


def _summary(content: bytes, form: int, rate: int, known: dict[str, str]) -> Sampled | None:
    """A packet of which only addresses and ports are told, as the header that says the same."""
    width = 4 if form == _SAMPLED_V4 else 16
    if len(content) < 20 + 2 * width:
        return None
    length, protocol = struct.unpack_from(">II", content)
    ends = content[8 : 8 + 2 * width]
    source, destination, flags = struct.unpack_from(">III", content, 8 + 2 * width)
    protocol, ports = protocol & 0xFF, (source & 0xFFFF, destination & 0xFFFF)
    payload = max(0, min(length, 65_535) - (20 if width == 4 else 40))
    transport = {
        6: struct.pack(">HHIIBBHI", *ports, 0, 0, 0x50, flags & 0xFF, 0, 0),
        17: struct.pack(">HHHH", *ports, payload, 0),
    }.get(protocol, bytes(8))
    if width == 4:
        header = struct.pack(">BBHHHBBH", 0x45, 0, payload + 20, 0, 0, 64, protocol, 0) + ends
    else:
        header = struct.pack(">IHBB", 6 << 28, payload, protocol, 64) + ends
    return Sampled(header + transport, 228 if width == 4 else 229, payload + 20, rate, known)


def _add_routing(content: bytes, form: int, known: dict[str, str]) -> None:
    size = _AGENTS.get(int.from_bytes(content[:4], "big"), 0)
    hop = content[4 : 4 + size]
    if size and len(hop) == size and hop.strip(b"\0"):
        known["next_hop"] = _address(hop)
    if form == _GATEWAY and len(content) >= 4 + size + 8:
        _, source_as = struct.unpack_from(">II", content, 4 + size)
        if source_as:
            known["source_as"] = str(source_as)


def _address(packed: bytes) -> str:
    return ".".join(map(str, packed)) if len(packed) == 4 else v6_text(packed)
