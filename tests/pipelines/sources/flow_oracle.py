"""Flows as a plain loop over packets makes them: slow, and written without the code that is held to them."""

from dataclasses import dataclass, field
from pathlib import Path

from tests.pipelines.sources.packet_oracle import End, Heard, Listener, Place

IDLE_SECONDS, ACTIVE_SECONDS = 120, 1800
_SERVERS = frozenset({
    21, 22, 23, 25, 53, 67, 69, 80, 88, 102, 110, 111, 123, 135, 137, 139, 143, 161, 179, 389, 443, 445, 465, 502, 514,
    515, 548, 554, 587, 636, 853, 873, 989, 990, 993, 995, 1433, 1521, 1883, 2049, 2404, 3306, 3389, 4840, 5432, 5672,
    6379, 6443, 8000, 8080, 8443, 8883, 9042, 9092, 9200, 11211, 20000, 27017, 34962, 34964, 44818, 47808,
})  # fmt: skip
_FIN, _SYN, _RST, _ACK = 1, 2, 4, 16


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
        ends = (*self.initiator, *self.responder, self.first.body.protocol, self.first.vlans[:1] or (0,))
        return (*ends, *self.packets, *self.payload, *self.ip_bytes, self.named_state())

    def named_state(self) -> str:
        """Zeek's conn_state."""
        if self.first.body.protocol == 17:
            spoke = tuple(count > 0 for count in self.packets)
            return {(True, True): "SF", (True, False): "S0", (False, True): "SHR"}[spoke]  # type: ignore[index]
        if self.first.body.protocol != 6:
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
    """What was heard in a capture.

    Attributes:
        flows: in order of their first packets.
        unclear: why packets are unclear, by their number and by their endpoints.
        cut: how many bytes of the file were looked at.
    """

    flows: list[Seen] = field(default_factory=list)
    unclear: dict[int | frozenset[str], str] = field(default_factory=dict)
    cut: int = 0


def heard(path: Path, most: int) -> Oracle:
    """The flows of the first packets of a capture."""
    found, packets, listener = Oracle(), list[Heard](), Listener(path)
    for packet in listener.packets(most):
        if isinstance(packet, Heard):
            packets.append(packet)
        else:
            found.unclear |= dict.fromkeys([packet.number, *packet.ends], packet.why)
    found.cut = listener.cut
    _join_fragments(packets)
    _flows(found, packets)
    return found


def _join_fragments(packets: list[Heard]) -> None:
    """Give later fragments the ports of the first one, also where that comes after them."""
    ports, waiting = dict[tuple[object, ...], Place](), list[Heard]()
    for packet in packets:
        ports |= packet.carried
        if packet.body.place is None:
            continue
        if packet.body.place[0] == 0:
            ports[_fragment(packet)] = packet.body.ports
        elif not _joined(packet, ports):
            waiting.append(packet)
    for packet in waiting:
        _joined(packet, ports)


def _fragment(packet: Heard) -> tuple[object, ...]:
    identifier = packet.body.place[1] if packet.body.place else 0
    return packet.sender[0], packet.receiver[0], packet.body.protocol, identifier


def _joined(packet: Heard, ports: dict[tuple[object, ...], Place]) -> bool:
    found = ports.get(_fragment(packet))
    if found is not None:
        packet.sender, packet.receiver = (packet.sender[0], found[0]), (packet.receiver[0], found[1])
    return found is not None


def _flows(found: Oracle, packets: list[Heard]) -> None:
    """Put packets into flows, in file order."""
    open_flows: dict[tuple[object, ...], Seen] = {}
    for packet in packets:
        ends = (packet.sender, packet.receiver)
        key = (
            ends if packet.body.one_way else frozenset(ends),
            packet.body.protocol,
            packet.vlans[:2],
            ":" in ends[0][0],
        )
        flow = open_flows.get(key)
        if flow is None or _is_over(flow, packet):
            aged = flow is not None and _only_aged(flow, packet)
            flow = _begun(packet, flow if aged else None)
            open_flows[key] = flow
            found.flows.append(flow)
        _count(flow, packet)


def _is_over(flow: Seen, packet: Heard) -> bool:
    new_syn = _letter(packet) == "S" and flow.ended and packet.body.sequence != flow.syn
    return (
        packet.time - flow.last > IDLE_SECONDS
        or new_syn
        or max(packet.time, flow.last) - flow.first.time > ACTIVE_SECONDS
    )


def _only_aged(flow: Seen, packet: Heard) -> bool:
    new_syn = _letter(packet) == "S" and flow.ended and packet.body.sequence != flow.syn
    return not new_syn and packet.time - flow.last <= IDLE_SECONDS


def _begun(packet: Heard, aged: Seen | None) -> Seen:
    if aged is not None:
        return Seen(packet, aged.initiator, aged.responder, packet.time, turned=False)
    letter = _letter(packet)
    from_server = packet.sender[1] in _SERVERS and packet.receiver[1] not in _SERVERS
    ported = packet.body.protocol in (6, 17, 132)
    turned = letter == "H" or (ported and from_server and letter != "S")
    ends = (packet.receiver, packet.sender) if turned else (packet.sender, packet.receiver)
    return Seen(packet, *ends, packet.time, turned=turned)


def _count(flow: Seen, packet: Heard) -> None:
    side = 0 if packet.sender == flow.initiator else 1
    flow.last = max(flow.last, packet.time)
    flow.packets[side] += 1
    flow.payload[side] += packet.body.payload
    flow.ip_bytes[side] += packet.body.total
    letter = _letter(packet)
    if letter == "S":
        flow.syn, flow.ended = packet.body.sequence, False
    flow.ended = flow.ended or letter in ("F", "R", "I")
    flow.said = flow.said or letter == "D"
    if letter:
        _advance(flow, side, letter)


def _letter(packet: Heard) -> str:
    if packet.body.protocol != 6:
        return ""
    syn, fin, rst = (bool(packet.body.flags & bit) for bit in (_SYN, _FIN, _RST))
    if syn + fin + rst > 1:
        return "I" if fin and rst else "Q"
    if syn:
        return "H" if packet.body.flags & _ACK else "S"
    if fin or rst:
        return "F" if fin else "R"
    return "D" if packet.body.payload else "A" if packet.body.flags & _ACK else ""


def _advance(flow: Seen, me: int, letter: str) -> None:
    """Zeek's TCP endpoint states, packet by packet."""
    own, other = flow.state[me], flow.state[1 - me]
    new = own
    if own == "reset" or (own == "closed" and letter not in "RI"):
        return
    if letter in "RI":
        new = own if own == other == "closed" else "reset"
    elif letter == "F":
        new = "closed"
        if other == "reset" and flow.before[1 - me] == "closed":
            flow.state[1 - me] = "closed"
    elif own == "inactive":
        new = _opened(flow, me, letter)
    elif own == "partial" and letter == "S" and other == "inactive":
        new = "syn"
    if new != own:
        flow.before[me], flow.state[me] = own, new


def _opened(flow: Seen, me: int, letter: str) -> str:
    """The state of a side that says its first word."""
    other = flow.state[1 - me]
    if letter in "SHQ":
        if me == 0:
            return "syn-ack" if letter == "H" else "syn"
        if other == "syn":
            flow.state[0] = "established"
        return "established"
    if letter == "A" and me == 1 and other == "syn":
        return "inactive"
    return "established" if other == "established" else "partial"
