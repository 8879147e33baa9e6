"""Packets as scapy dissects them: slow, and written without the code that is held to them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scapy.config import conf
from scapy.contrib import erspan, geneve, gtp, mpls  # noqa: F401 - importing registers them
from scapy.layers import gprs, inet, inet6, l2, ppp, sctp, vxlan  # noqa: F401 - importing registers them
from scapy.layers.dot11 import Dot11
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, _ICMPv6
from scapy.layers.l2 import Dot1AD, Dot1Q
from scapy.layers.sctp import SCTP
from scapy.packet import NoPayload, Packet, Raw, bind_layers
from scapy.utils import RawPcapNgReader, RawPcapReader

bind_layers(ppp.PPP, mpls.MPLS, proto=0x0281)

# The pairs of the Community ID specification.
_ASKED = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
_ASKED_6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
_ASKED_6 |= {139: 140, 140: 139}
_HEADERS = {1: 8, 58: 8, 6: 20, 17: 8, 132: 12}
_EXTENSIONS = (0, 43, 44, 51, 60, 139, 140)

End = tuple[str, int]
Place = tuple[int, int]


@dataclass
class Heard:
    """One packet as the oracle understands it.

    Attributes:
        vlans: outermost first.
        payload: bytes of transport payload.
        place: of a fragment: its offset, and the identifier that it shares with the others.
        carried: of a first fragment that holds a tunnelled packet: what the others are known by, and their ports.
    """

    number: int
    time: float
    sender: End
    receiver: End
    vlans: tuple[int, ...]
    body: "Body"
    carried: dict[tuple[object, ...], Place] = field(default_factory=dict)


@dataclass
class Body:
    """What is in an IP packet.

    Attributes:
        total: bytes of the IP packet.
        payload: bytes of transport payload.
        ports: or ICMP's type and what answers it.
        one_way: nothing answers it.
        flags: TCP's.
        place: of a fragment: its offset, and the identifier that it shares with the others.
    """

    total: int
    payload: int
    protocol: int
    ports: Place = (0, 0)
    one_way: bool = False
    flags: int = 0
    sequence: int = 0
    place: Place | None = None


@dataclass
class Unclear:
    """A packet that the oracle says nothing of: why, and between whom where it knows."""

    number: int
    why: str
    ends: list[frozenset[str]] = field(default_factory=list)


class Listener:
    """Hears the packets of a capture one by one; `cut` is how far in the file it has come."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as stream:
            self._next_generation = stream.read(4) == b"\n\r\r\n"
        self._reader: Any = RawPcapNgReader(str(path)) if self._next_generation else RawPcapReader(str(path))
        self.cut = 0

    def packets(self, most: int) -> Iterator[Heard | Unclear]:
        """The first packets of the capture, those without a word of IP left out."""
        with self._reader:
            for number, (content, meta) in enumerate(self._reader):
                link = (meta.linktype if self._next_generation else self._reader.linktype) & 0x03FF_FFFF
                packet = _dissected(content, link)
                if packet is None:
                    yield Unclear(number, f"scapy does not read link type {link}")
                else:
                    yield _heard(packet, max(meta.wirelen, len(content)), number, self._time(meta))
                if number + 1 >= most:
                    break
            self.cut = self._reader.f.tell()

    def _time(self, meta: Any) -> float:
        if not self._next_generation:
            return float(meta.sec + meta.usec / (1_000_000_000 if self._reader.nano else 1_000_000))
        return 0.0 if meta.tshigh is None else float(((meta.tshigh << 32) | meta.tslow) / meta.tsresol)


def _dissected(content: bytes, link: int) -> Packet | None:
    """The packet by its link type; those that scapy maps to no layer, although it has one, are mapped here."""
    if link in (0, 108):
        return {4: IP, 6: IPv6}.get(content[4] >> 4, Raw)(content[4:]) if len(content) > 4 else None
    kind = {9: ppp.HDLC, 50: ppp.HDLC, 228: IP, 229: IPv6}.get(link) or conf.l2types.num2layer.get(link)
    if kind is ppp.HDLC and content[:2] != b"\xff\x03":
        kind = ppp.PPP
    try:
        return None if kind is None else kind(content)
    except (struct.error, IndexError):
        return None


def _layers(packet: Packet) -> list[Any]:
    """The layers down to the transport; what an ICMP error quotes is no layer of this packet."""
    layers: list[Any] = []
    layer = packet
    while not isinstance(layer, NoPayload):
        if isinstance(layer, Dot11) and layer.FCfield.protected:
            break
        layers.append(layer)
        if isinstance(layer, (ICMP, _ICMPv6, TCP)):
            break
        layer = layer.payload
    return layers


def _heard(packet: Packet, wire: int, number: int, time: float) -> Heard | Unclear:
    layers = _layers(packet)
    networks = [layer for layer in layers if type(layer) in (IP, IPv6)]
    why = "scapy finds no IP"
    # A tunnel whose inner packet is damaged stays the packet around it.
    for network in reversed(networks):
        body = _body(network, wire - (len(packet.original) - len(network.original)))
        if isinstance(body, Body):
            outside = layers[: layers.index(network)]
            vlans = tuple(layer.vlan for layer in outside if isinstance(layer, (Dot1Q, Dot1AD)) and layer.vlan)
            ends = (network.src, body.ports[0]), (network.dst, body.ports[1])
            return Heard(number, time, *ends, vlans, body, _carried(networks[:-1]))
        why = body
    return Unclear(number, why, [frozenset((network.src, network.dst)) for network in networks])


def _carried(outer: list[Any]) -> dict[tuple[object, ...], Place]:
    found = dict[tuple[object, ...], Place]()
    for network in outer:
        if type(network) is IP and network.flags.MF and not network.frag:
            header = network.payload
            ports = (header.sport, header.dport) if isinstance(header, UDP) else (0, 0)
            found[network.src, network.dst, network.proto, network.id] = ports
    return found


def _body(network: Any, room: int) -> Body | str:
    """What is in an IP packet that has `room` bytes in its frame, or why it is unclear."""
    found = _ipv4(network, room) if type(network) is IP else _ipv6(network, room)
    if isinstance(found, str):
        return found
    total, before, protocol, place, below = found
    if total < before:
        return "damaged"
    if place is not None and place[0] > 0:
        return Body(total, total - before, protocol, place=place)
    content = b"" if isinstance(below, NoPayload) else bytes(below.original[: total - before])
    header = _HEADERS.get(protocol, 0)
    if total - before < header or (header and len(content) < (2 if protocol in (1, 58) else 4)):
        return "damaged"
    return _transport(Body(total, total - before - header, protocol, place=place), below, content, total - before)


def _ipv4(network: Any, room: int) -> tuple[int, int, int, Place | None, Any] | str:
    if network.version != 4 or network.ihl < 5 or len(network.original) < network.ihl * 4:
        return "damaged"
    place = (network.frag, network.id) if network.frag or network.flags.MF else None
    return network.len or room, network.ihl * 4, network.proto, place, network.payload


def _ipv6(network: Any, room: int) -> tuple[int, int, int, Place | None, Any] | str:
    if network.version != 6 or len(network.original) < 40:
        return "damaged"
    total = network.plen + 40 if network.plen else max(room, 40)
    before, protocol, place, below = 40, network.nh, None, network.payload
    while protocol in _EXTENSIONS and not (place and place[0]):
        if not hasattr(below, "nh"):
            return "an extension header that scapy does not take apart"
        size = len(below.original) - len(below.payload.original)
        if isinstance(below, IPv6ExtHdrFragment):
            place, size = (below.offset, below.id), 8
        before, protocol, below = before + size, below.nh, below.payload
    return total, before, protocol, place, below


def _transport(body: Body, below: Any, content: bytes, length: int) -> Body | str:
    if body.protocol in (1, 58):
        answer = (_ASKED if body.protocol == 1 else _ASKED_6).get(content[0])
        body.ports, body.one_way = (content[0], content[1] if answer is None else answer), answer is None
        return body
    expected = {6: TCP, 17: UDP, 132: SCTP}.get(body.protocol)
    if expected is None:
        return body
    if not isinstance(below, expected):
        return "a transport header that scapy does not take apart"
    body.ports = (int.from_bytes(content[:2], "big"), int.from_bytes(content[2:4], "big"))
    if body.protocol == 17 and len(content) >= 6 and body.place is None and 0 <= below.len - 8 <= body.payload:
        body.payload = below.len - 8
    if body.protocol == 6 and len(content) >= 14:
        if below.dataofs < 5 or below.dataofs * 4 > length:
            return "damaged"
        body.flags, body.sequence = int(below.flags) & 0xFF, below.seq
        body.payload = length - below.dataofs * 4
    return body
