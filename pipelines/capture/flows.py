"""Flows as columns: packets grouped by key, cut by time and by reused ports, carried from window to window."""

from dataclasses import dataclass, fields, replace

import numpy as np

from pipelines.capture import history, keys
from pipelines.capture.cuts import Cuts, Timeouts, find_cuts
from pipelines.capture.history import Positions
from pipelines.capture.network import Flags
from pipelines.capture.transport import SCTP, TCP, UDP
from pipelines.capture.window import Ints, Words

# Beyond this many open flows those that have been silent longest are closed: memory stays bounded in a flood.
MOST_OPEN = 262_144

# Ports that all but prove their owner to be the server, when the opening of a conversation was not captured.
_WELL_KNOWN = (
    21, 22, 23, 25, 53, 67, 69, 80, 88, 102, 110, 111, 123, 135, 137, 139, 143, 161, 179, 389, 443, 445, 465, 502, 514,
    515, 548, 554, 587, 636, 853, 873, 989, 990, 993, 995, 1433, 1521, 1883, 2049, 2404, 3306, 3389, 4840, 5432, 5672,
    6379, 6443, 8000, 8080, 8443, 8883, 9042, 9092, 9200, 11211, 20000, 27017, 34962, 34964, 44818, 47808,
)  # fmt: skip
_SERVER_PORTS = np.zeros(65536, np.bool_)
_SERVER_PORTS[list(_WELL_KNOWN)] = True


@dataclass(frozen=True)
class FlowPackets:
    """Packets that count into flows, in file order.

    Attributes:
        keys: six words a packet, one packet a column.
        sender: 0 the key's first endpoint, 1 its second.
        number: packet number in the file.
        time_us: microseconds since 1970, UTC.
        payload: bytes of transport payload.
        ip_bytes: bytes of the IP packet.
        letter: its letter of history, -1 for none.
        sequence: TCP sequence number.
        tunnel: index of the tunnel's name, 0 for none.
        outer: version of the outer IP packet and two words each of its source and destination.
    """

    keys: Words
    sender: Ints
    number: Ints
    time_us: Ints
    payload: Ints
    ip_bytes: Ints
    letter: Ints
    sequence: Ints
    tunnel: Ints
    outer: Words

    def __len__(self) -> int:
        return len(self.sender)


@dataclass(frozen=True)
class Flows:
    """Flows, one row each; two-column arrays hold the key's first and second endpoint.

    Attributes:
        keys: six words a flow, one flow a column.
        number: number of the first packet, which names the flow.
        first_us: time of the first packet.
        last_us: latest time of any packet.
        packets: packets sent by either endpoint.
        payload: transport payload bytes sent.
        ip_bytes: IP bytes sent.
        letters: when each history letter first came.
        initiator: 0 the key's first endpoint, 1 its second.
        flipped: the first packet was not the initiator's.
        syn_sequence: sequence number of the last SYN, -1 for none.
        ended: a FIN or RST came since that SYN.
        application: index of the recognised application, 0 for none.
        tunnel: index of the tunnel's name, 0 for none.
        outer: the tunnel's own addresses, as in `FlowPackets`.
    """

    keys: Words
    number: Ints
    first_us: Ints
    last_us: Ints
    packets: Ints
    payload: Ints
    ip_bytes: Ints
    letters: Positions
    initiator: Ints
    flipped: Flags
    syn_sequence: Ints
    ended: Flags
    application: Ints
    tunnel: Ints
    outer: Words

    def __len__(self) -> int:
        return len(self.number)

    def at(self, chosen: Ints | Flags) -> "Flows":
        """The chosen flows, in the order chosen."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        return Flows(keys=columns.pop("keys")[:, chosen], **{name: column[chosen] for name, column in columns.items()})


@dataclass(frozen=True)
class Assigned:
    """The flows of a window, and which of them each packet belongs to.

    Attributes:
        flows: those open before and those that began.
        of_packet: the row in `flows` of each packet.
        unfinished: flows that no later one with the same key follows.
    """

    flows: Flows
    of_packet: Ints
    unfinished: Flags


class FlowTable:
    """Groups windows of packets into flows; what is still open is carried to the next window."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._open = _no_flows()

    def assign(self, packets: FlowPackets) -> Assigned:
        """The flows of these packets and all that were open, not yet closed."""
        carried = self._open
        both = np.concatenate([carried.keys, packets.keys], axis=1)
        order, fresh = keys.grouped(both)
        cuts = find_cuts(carried, packets, order, fresh, self._timeouts)
        row_flow = np.empty(len(order), np.int64)
        row_flow[order] = np.cumsum(cuts.begins) - 1
        of_carried, of_packet = row_flow[: len(carried)], row_flow[len(carried) :]
        starts = np.flatnonzero(cuts.begins)
        flows = _aggregated(carried, packets, order[starts], of_carried, of_packet, cuts)
        return Assigned(flows, of_packet, unfinished=np.append(fresh[starts][1:], True)[: len(starts)])

    def settle(self, assigned: Assigned, now_us: int) -> Flows:
        """The flows that are over, by first packet; the others stay open."""
        flows = assigned.flows
        alive = assigned.unfinished & (flows.last_us + self._timeouts.idle_us >= now_us)
        if np.count_nonzero(alive) > MOST_OPEN:
            rows = np.flatnonzero(alive)
            quiet_first = rows[np.lexsort([flows.number[rows], flows.last_us[rows]])]
            alive[quiet_first[:-MOST_OPEN]] = False
        kept = flows.at(alive)
        self._open = replace(kept, letters=history.settled(kept.letters))
        return _by_number(flows.at(~alive))

    def flush(self) -> Flows:
        """All flows still open, by first packet."""
        last, self._open = self._open, _no_flows()
        return _by_number(last)


def _by_number(flows: Flows) -> Flows:
    return flows.at(np.argsort(flows.number, kind="stable"))


def _no_flows() -> Flows:
    one, two = np.zeros(0, np.int64), np.zeros((0, 2), np.int64)
    return Flows(
        keys=np.zeros((keys.WORDS, 0), np.uint64), number=one, first_us=one, last_us=one, packets=two, payload=two,
        ip_bytes=two, letters=np.zeros((0, history.COLUMNS), np.int32), initiator=one, flipped=np.zeros(0, np.bool_),
        syn_sequence=one, ended=np.zeros(0, np.bool_), application=one, tunnel=one, outer=np.zeros((0, 5), np.uint64),
    )  # fmt: skip


def _aggregated(
    carried: Flows, packets: FlowPackets, first_row: Ints, of_carried: Ints, of_packet: Ints, cuts: Cuts
) -> Flows:
    """The flows that begin at the given rows, carried flows counting as rows before the packets."""
    flows = len(first_row)
    letters = history.first_positions(of_packet, packets.letter, packets.sender, flows)
    letters[of_carried] = np.minimum(letters[of_carried], carried.letters)

    def started(column: str, of_packets: Ints | Words | Flags) -> Ints:
        joined: Ints = np.concatenate([getattr(carried, column), of_packets])[first_row]
        return joined

    def summed(column: str, weights: Ints | None) -> Ints:
        total = np.bincount(of_packet * 2 + packets.sender, weights, minlength=2 * flows)
        pairs = total.astype(np.int64).reshape(-1, 2)
        pairs[of_carried] += getattr(carried, column)
        return pairs

    last = np.full(flows, np.iinfo(np.int64).min)
    np.maximum.at(last, of_packet, packets.time_us)
    last[of_carried] = np.maximum(last[of_carried], carried.last_us)
    flow_keys = np.concatenate([carried.keys, packets.keys], axis=1)[:, first_row]
    sender = started("initiator", packets.sender)
    known = first_row < len(carried)
    letter = np.concatenate([np.full(len(carried), -1), packets.letter])[first_row]
    initiator = np.where(known, sender, _initiators(flow_keys, sender, letter))[cuts.chain]
    flipped = np.where(known, started("flipped", np.zeros(len(packets), np.bool_)), initiator != sender)
    return Flows(
        keys=flow_keys,
        number=started("number", packets.number),
        first_us=started("first_us", packets.time_us),
        last_us=last,
        packets=summed("packets", None),
        payload=summed("payload", packets.payload),
        ip_bytes=summed("ip_bytes", packets.ip_bytes),
        letters=letters,
        initiator=initiator,
        flipped=flipped & cuts.own_start,
        syn_sequence=cuts.syn_sequence,
        ended=cuts.ended,
        application=started("application", np.zeros(len(packets), np.int64))[cuts.chain],
        tunnel=started("tunnel", packets.tunnel),
        outer=started("outer", packets.outer).view(np.uint64),
    )


def _initiators(flow_keys: Words, sender: Ints, letter: Ints) -> Ints:
    """Who began each flow, by its first packet: who sent a SYN or did not send a SYN-ACK, else by well-known port."""
    low, high = keys.ports(flow_keys)
    protocol = keys.protocols(flow_keys)
    has_ports = (protocol == TCP) | (protocol == UDP) | (protocol == SCTP)
    from_port, to_port = np.where(sender == 0, low, high), np.where(sender == 0, high, low)
    from_server = has_ports & _SERVER_PORTS[from_port] & ~_SERVER_PORTS[to_port]
    answers = (protocol == TCP) & (letter == history.H)
    opens = (protocol == TCP) & (letter == history.S)
    return np.where(answers | (from_server & ~opens), 1 - sender, sender)
