"""Flows as scapy's dissection and a plain loop see them: slow, and written without the code it judges."""

import struct
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path

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

IDLE_SECONDS, ACTIVE_SECONDS = 120, 1800
# The pairs of the Community ID specification.
_ASKED = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
_ASKED_6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
_ASKED_6 |= {139: 140, 140: 139}
_SERVERS = frozenset(
    (21, 22, 23, 25, 53, 67, 69, 80, 88, 102, 110, 111, 123, 135, 137, 139, 143, 161, 179, 389, 443, 445, 465, 502)
    + (514, 515, 548, 554, 587, 636, 853, 873, 989, 990, 993, 995, 1433, 1521, 1883, 2049, 2404, 3306, 3389, 4840)
    + (5432, 5672, 6379, 6443, 8000, 8080, 8443, 8883, 9042, 9092, 9200, 11211, 20000, 27017, 34962, 34964, 44818)
    + (47808,)
)
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16
_HEADERS = {1: 8, 58: 8, 6: 20, 17: 8, 132: 12}

End = tuple[str, int]


@dataclass
class Heard:
    """One packet as the oracle understands it."""

    number: int
    time: float
    sender: End
    receiver: End
    protocol: int
    one_way: bool
    vlans: tuple[int, ...]
    payload: int
    ip_bytes: int
    flags: int
    sequence: int


@dataclass
class Seen:
    """A flow: the first sender's side first.

    Attributes:
        packets: by side, as all that follow.
        state: of either side: inactive, syn, syn-ack, partial, established, closed, reset.
        turned: the responder sent the first packet.
    """

    first: Heard
    initiator: End
    responder: End
    last: float
    turned: bool
    packets: list[int] = field(default_factory=lambda: [0, 0])
    payload: list[int] = field(default_factory=lambda: [0, 0])
    ip_bytes: list[int] = field(default_factory=lambda: [0, 0])
    state: list[str] = field(default_factory=lambda: ["inactive", "inactive"])
    before: list[str] = field(default_factory=lambda: ["inactive", "inactive"])
    said: bool = False
    syn: int = -1
    ended: bool = False

    def row(self) -> tuple[object, ...]:
        """What a row of flows is compared with."""
        ends = (*self.initiator, *self.responder, self.first.protocol, self.first.vlans[:1] or (0,))
        return (*ends, *self.packets, *self.payload, *self.ip_bytes, self.named_state())

    def named_state(self) -> str:
        """Zeek's conn_state."""
        if self.first.protocol == 17:
            spoke = tuple(count > 0 for count in self.packets)
            return {(True, True): "SF", (True, False): "S0", (False, True): "SHR"}[spoke]  # type: ignore[index]
        if self.first.protocol != 6:
            return "OTH"
        one, two = self.state
        if two == "reset":
            if one in ("syn", "syn-ack") or (one == "reset" and not self.said):
                return "REJ"
            return "RSTRH" if one in ("inactive", "partial") else "RSTR"
        if one == "reset":
            return "RSTOS0" if two in ("inactive", "partial") else "RSTO"
        if one == "closed":
            return {"closed": "SF", "inactive": "SH", "partial": "SH"}.get(two, "S2")
        if two == "closed":
            return "SHR" if one in ("inactive", "partial") else "S3"
        return {("syn", "inactive"): "S0", ("established", "established"): "S1"}.get((one, two), "OTH")


@dataclass
class Oracle:
    """What scapy found in a capture.

    Attributes:
        flows: in order of their first packets.
        unclear: packets that scapy does not take apart or that contradict themselves: endpoints to why.
        cut: how many bytes of the file were looked at.
    """

    flows: list[Seen] = field(default_factory=list)
    unclear: dict[frozenset[str], str] = field(default_factory=dict)
    cut: int = 0
    packets: int = 0
    unread: str = ""
    blind: set[int] = field(default_factory=set)


def heard(path: Path, most: int) -> Oracle:
    """The flows of the first packets of a capture."""
    found, packets = Oracle(), list[Heard]()
    fragments: OrderedDict[tuple[object, ...], tuple[int, int]] = OrderedDict()
    waiting: list[tuple[tuple[object, ...], Heard]] = []
    with path.open("rb") as stream:
        next_generation = stream.read(4) == b"\n\r\r\n"
    reader = RawPcapNgReader(str(path)) if next_generation else RawPcapReader(str(path))
    with reader:
        for number, (content, meta) in enumerate(reader):
            found.packets = number + 1
            link = (meta.linktype if next_generation else reader.linktype) & 0x03FF_FFFF
            packet = _dissected(content, link)
            if packet is None:
                found.unread = f"scapy does not read link type {link}"
            else:
                time = _time(meta, next_generation, nano=getattr(reader, "nano", False))
                _hear(found, packets, fragments, waiting, packet, max(meta.wirelen, len(content)), number, time)
            if number + 1 >= most:
                break
        found.cut = reader.f.tell()
    for key, packet in waiting:
        ports = fragments.get(key, (0, 0))
        packet.sender, packet.receiver = (packet.sender[0], ports[0]), (packet.receiver[0], ports[1])
    _flows(found, packets)
    return found


def _hear(found, packets, fragments, waiting, packet, wire, number, time) -> None:  # type: ignore[no-untyped-def]
    layers = _layers(packet)
    networks = [layer for layer in layers if type(layer) in (IP, IPv6)]
    if not networks:
        found.blind.add(number)
        return
    for outer in networks[:-1]:
        if type(outer) is IP and outer.flags.MF and not outer.frag:
            header = outer.payload
            ports = (header.sport, header.dport) if isinstance(header, UDP) else (0, 0)
            fragments[outer.src, outer.dst, outer.proto, outer.id] = ports
    # A tunnel whose inner packet is damaged stays the packet around it.
    for network in reversed(networks):
        measured = _measured(network, wire - (len(packet.original) - len(network.original)))
        if not isinstance(measured, str):
            break
    else:
        for outer in networks:
            found.unclear[frozenset((outer.src, outer.dst))] = measured
        return
    layers = layers[: layers.index(network)]
    total, payload, protocol, ports, one_way, flags, sequence, place = measured
    vlans = tuple(layer.vlan for layer in layers if isinstance(layer, (Dot1Q, Dot1AD)) and layer.vlan)
    one = Heard(
        number, time, (network.src, ports[0]), (network.dst, ports[1]), protocol, one_way, vlans, payload, total,
        flags, sequence,
    )  # fmt: skip
    if place is not None:
        key = (network.src, network.dst, protocol, place[1])
        if place[0] == 0:
            fragments[key] = ports
        elif key in fragments:
            one.sender, one.receiver = (network.src, fragments[key][0]), (network.dst, fragments[key][1])
        else:
            waiting.append((key, one))
    packets.append(one)


def _time(meta, next_generation: bool, *, nano: bool) -> float:  # type: ignore[no-untyped-def]
    if next_generation:
        if meta.tshigh is None:
            return 0.0
        return float(((meta.tshigh << 32) | meta.tslow) / meta.tsresol)
    return float(meta.sec + meta.usec / (1_000_000_000 if nano else 1_000_000))


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


def _layers(packet: Packet) -> list[Packet]:
    """The layers down to the transport; what an ICMP error quotes is no layer of this packet."""
    layers: list[Packet] = []
    layer = packet
    while not isinstance(layer, NoPayload):
        if isinstance(layer, Dot11) and layer.FCfield.protected:
            break
        layers.append(layer)
        if isinstance(layer, (ICMP, _ICMPv6, TCP)):
            break
        layer = layer.payload
    return layers


def _measured(network, room):  # type: ignore[no-untyped-def] # noqa: C901
    """Length, payload, protocol, ports and TCP's fields of a packet, or why it is unclear."""
    is_old = type(network) is IP
    place = None
    if is_old:
        if network.version != 4 or network.ihl < 5 or len(network.original) < network.ihl * 4:
            return "damaged"
        total, before, protocol = network.len or room, network.ihl * 4, network.proto
        if network.frag or network.flags.MF:
            place = (network.frag, network.id)
        below = network.payload
    else:
        if network.version != 6 or len(network.original) < 40:
            return "damaged"
        total, before, protocol = (network.plen + 40) if network.plen else max(room, 40), 40, network.nh
        below = network.payload
        while protocol in (0, 43, 44, 51, 60, 139, 140) and not isinstance(below, NoPayload):
            size = len(below.original) - len(below.payload.original)
            if isinstance(below, IPv6ExtHdrFragment):
                place = (below.offset, below.id)
                size = 8
            if not hasattr(below, "nh"):
                return "extension"
            before, protocol, below = before + size, below.nh, below.payload
            if place and place[0]:
                break
        if protocol in (0, 43, 44, 51, 60, 139, 140) and not (place and place[0]):
            return "extension"
    if total < before:
        return "damaged"
    if place is not None and place[0] > 0:
        return total, total - before, protocol, (0, 0), False, 0, 0, place
    header, captured = _HEADERS.get(protocol, 0), len(below.original) if not isinstance(below, NoPayload) else 0
    if total - before < header:
        return "damaged"
    body = bytes(below.original[: total - before]) if captured else b""
    if header and len(body) < (2 if protocol in (1, 58) else 4):
        return "damaged"
    ports, one_way, flags, sequence = (0, 0), False, 0, 0
    payload = total - before - header
    if protocol == 6:
        if not isinstance(below, TCP):
            return "not taken apart"
        if len(body) < 14:
            ports = (int.from_bytes(body[:2], "big"), int.from_bytes(body[2:4], "big"))
            return total, payload, protocol, ports, False, 0, 0, place
        if below.dataofs < 5 or below.dataofs * 4 > total - before:
            return "damaged"
        ports, flags, sequence = (below.sport, below.dport), int(below.flags) & 0xFF, below.seq
        payload = total - before - below.dataofs * 4
    elif protocol == 17:
        if not isinstance(below, UDP):
            return "not taken apart"
        ports = (below.sport, below.dport)
        whole = len(body) >= 6 and not (place is not None)
        own = below.len - 8
        payload = own if whole and 0 <= own <= payload else payload
    elif protocol == 132:
        if not isinstance(below, SCTP):
            return "not taken apart"
        ports = (below.sport, below.dport)
    elif protocol in (1, 58):
        kind, code = body[0], body[1]
        answer = (_ASKED if protocol == 1 else _ASKED_6).get(kind)
        ports, one_way = (kind, code if answer is None else answer), answer is None
    return total, payload, protocol, ports, one_way, flags, sequence, place


def _flows(found: Oracle, packets: list[Heard]) -> None:
    """Put packets into flows, in file order."""
    open_flows: dict[tuple[object, ...], Seen] = {}
    for packet in packets:
        ends = (packet.sender, packet.receiver)
        key = (ends if packet.one_way else frozenset(ends), packet.protocol, packet.vlans[:2], ":" in ends[0][0])
        flow = open_flows.get(key)
        if flow is None or _is_over(flow, packet):
            aged = flow is not None and _only_aged(flow, packet)
            flow = _begun(packet, flow if aged else None)
            open_flows[key] = flow
            found.flows.append(flow)
        _count(flow, packet)


def _is_over(flow: Seen, packet: Heard) -> bool:
    new_syn = _letter(packet) == "S" and flow.ended and packet.sequence != flow.syn
    return (
        packet.time - flow.last > IDLE_SECONDS
        or new_syn
        or max(packet.time, flow.last) - flow.first.time > ACTIVE_SECONDS
    )


def _only_aged(flow: Seen, packet: Heard) -> bool:
    new_syn = _letter(packet) == "S" and flow.ended and packet.sequence != flow.syn
    return not new_syn and packet.time - flow.last <= IDLE_SECONDS


def _begun(packet: Heard, aged: Seen | None) -> Seen:
    if aged is not None:
        return Seen(packet, aged.initiator, aged.responder, packet.time, turned=False)
    letter = _letter(packet)
    from_server = packet.sender[1] in _SERVERS and packet.receiver[1] not in _SERVERS
    ported = packet.protocol in (6, 17, 132)
    turned = letter == "H" or (ported and from_server and letter != "S")
    ends = (packet.receiver, packet.sender) if turned else (packet.sender, packet.receiver)
    return Seen(packet, *ends, packet.time, turned=turned)


def _count(flow: Seen, packet: Heard) -> None:
    side = 0 if packet.sender == flow.initiator else 1
    flow.last = max(flow.last, packet.time)
    flow.packets[side] += 1
    flow.payload[side] += packet.payload
    flow.ip_bytes[side] += packet.ip_bytes
    letter = _letter(packet)
    if letter == "S":
        flow.syn, flow.ended = packet.sequence, False
    flow.ended = flow.ended or letter in ("F", "R", "I")
    flow.said = flow.said or letter == "D"
    if letter:
        _advance(flow, side, letter)


def _letter(packet: Heard) -> str:
    if packet.protocol != 6:
        return ""
    syn, fin, rst = (bool(packet.flags & bit) for bit in (_SYN, _FIN, _RST))
    if syn + fin + rst > 1:
        return "I" if fin and rst else "Q"
    if syn:
        return "H" if packet.flags & _ACK else "S"
    if fin or rst:
        return "F" if fin else "R"
    return "D" if packet.payload else "A" if packet.flags & _ACK else ""


def _advance(flow: Seen, me: int, letter: str) -> None:
    """Zeek's TCP endpoint states, packet by packet."""
    own, other = flow.state[me], flow.state[1 - me]
    new, peer = own, other
    if own == "reset":
        return
    if letter in "RI":
        new = "reset" if own != "closed" or other != "closed" else own
    elif own == "closed":
        return
    elif letter == "F":
        new = "closed"
        if other == "reset" and flow.before[1 - me] == "closed":
            peer = "closed"
    elif own == "inactive":
        if letter in "SHQ":
            if me == 0:
                new = "syn-ack" if letter == "H" else "syn"
            else:
                new = "established"
                peer = "established" if other == "syn" else other
        elif letter == "A" and me == 1 and other == "syn":
            new = "inactive"
        else:
            new = "established" if other == "established" else "partial"
    elif own == "partial" and letter == "S" and other == "inactive":
        new = "syn"
    flow.state[1 - me] = peer
    if new != own:
        flow.before[me], flow.state[me] = own, new
