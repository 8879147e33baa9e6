"""Packets grouped into flows by key, cut by time and by reused ports, carried from window to window."""

from dataclasses import replace

import numpy as np

from pipelines.capture import history, keys
from pipelines.capture.cuts import Cuts, Timeouts, find_cuts
from pipelines.capture.flows import Assigned, FlowPackets, Flows, joined
from pipelines.capture.open_flows import OpenFlows
from pipelines.capture.sequences import Numbered, Sequences
from pipelines.capture.transport import SCTP, TCP, UDP
from pipelines.capture.window import Flags, Ints, Words

# Ports that all but prove their owner to be the server, when the opening of a conversation was not captured.
_WELL_KNOWN = (
    21, 22, 23, 25, 53, 67, 69, 80, 88, 102, 110, 111, 123, 135, 137, 139, 143, 161, 179, 389, 443, 445, 465, 502, 514,
    515, 548, 554, 587, 636, 853, 873, 989, 990, 993, 995, 1433, 1521, 1883, 2049, 2404, 3306, 3389, 4840, 5432, 5672,
    6379, 6443, 8000, 8080, 8443, 8883, 9042, 9092, 9200, 11211, 20000, 27017, 34962, 34964, 44818, 47808,
)  # fmt: skip
# What was closed may still be acknowledged, or sent again.
_CLOSING_US = 10_000_000
_SERVER_PORTS = np.zeros(65536, np.bool_)
_SERVER_PORTS[list(_WELL_KNOWN)] = True


class FlowTable:
    """Groups windows of packets into flows; what is still open is carried to the next window."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._timeouts = timeouts
        self._open = OpenFlows()
        self._sequences = Sequences()

    def assign(self, packets: FlowPackets) -> Assigned:
        """The flows of these packets, those that were open before among them; none is closed yet."""
        found = keys.grouped(packets.keys)
        heads = np.flatnonzero(found.fresh)
        first = found.order[heads]
        rows, groups = self._open.sharing(packets.keys[:, first], found.mixed[first])
        carried = self._open.take(rows)
        order, fresh = _merged(found, heads[groups], len(carried))
        cuts = find_cuts(carried, packets, order, fresh, self._timeouts)
        row_flow = np.empty(len(order), np.int64)
        row_flow[order] = np.cumsum(cuts.begins) - 1
        starts = np.flatnonzero(cuts.begins)
        letters = _Letters(packets, order, row_flow, len(carried))
        tops, missed = np.full((len(starts), 2), -1), np.zeros((len(starts), 2), np.int64)
        tops[row_flow[: len(carried)]], missed[row_flow[: len(carried)]] = carried.tops, carried.missed
        names = np.concatenate([carried.number, packets.number])[order[starts]]
        repeats, gaps = self._sequences.follow(letters.numbered(names), tops, missed)
        flows = replace(
            _aggregated(carried, packets, order, starts, row_flow, cuts, found.mixed),
            letters=letters.added_to(carried, len(starts), repeats, gaps),
            tops=tops,
            missed=missed,
        )
        unfinished = np.append(fresh[starts][1:], True)[: len(starts)]
        return Assigned(flows, row_flow[len(carried) :], unfinished)

    def settle(self, assigned: Assigned, packets: FlowPackets) -> Flows:
        """The flows that are over, by first packet; the others stay open."""
        self._open.add(assigned.flows.at(assigned.unfinished))
        over = assigned.flows.at(~assigned.unfinished)
        if not len(packets):
            return over
        silent = self._open.left_behind(packets.time_us, int(packets.number[-1]), self._timeouts.idle_us)
        return joined([over, silent]).by_number()

    def add_late(self, packets: FlowPackets) -> Flows:
        """Count packets of earlier windows that waited; gives the flows that they end, by first packet."""
        assigned = self.assign(packets)
        self._open.add(assigned.flows.at(assigned.unfinished))
        return assigned.flows.at(~assigned.unfinished).by_number()

    def flush(self) -> Flows:
        """All flows still open, by first packet."""
        return self._open.take_all().by_number()

    def over_by(self, now_us: int) -> Flows:
        """The flows that are over by a moment (microseconds since 1970), by first packet.

        Those that were silent for too long; and connections that were closed by both sides, or reset, once what may
        still come late has had ten seconds.
        """
        found = self._open.silent_since(now_us - self._timeouts.idle_us, now_us - _CLOSING_US)
        return found.by_number()

    def open_flows(self) -> Flows:
        """The flows that are open, and stay so."""
        return self._open.all()

    def resume(self, flows: Flows) -> None:
        """Open these flows, of which none is open yet."""
        self._open.add(flows)


def _merged(found: keys.Grouping, places: Ints, carried: int) -> tuple[Ints, Flags]:
    """Order and new keys of carried flows and packets as one sequence of rows, a carried flow before its packets."""
    order = np.insert(found.order + carried, places, np.arange(carried))
    fresh = found.fresh.copy()
    fresh[places] = False
    return order, np.insert(fresh, places, np.True_)


def _aggregated(
    carried: Flows, packets: FlowPackets, order: Ints, starts: Ints, row_flow: Ints, cuts: Cuts, mixed: Words
) -> Flows:
    """The flows that begin at the given places of an order of rows; carried flows are rows before the packets."""
    flows, first_row = len(starts), order[starts]
    of_carried, of_packet = row_flow[: len(carried)], row_flow[len(carried) :]

    def begun(column: str, of_packets: Ints | Words | Flags) -> Ints:
        chosen: Ints = np.concatenate([getattr(carried, column), of_packets])[first_row]
        return chosen

    def highest(column: str, of_packets: Ints) -> Ints:
        rows = np.concatenate([getattr(carried, column), of_packets])[order]
        top: Ints = np.maximum.reduceat(rows, starts) if flows else rows
        return top

    def summed(column: str, weights: Ints | None) -> Ints:
        total = np.bincount(of_packet * 2 + packets.sender, weights, minlength=2 * flows)
        pairs = total.astype(np.int64).reshape(-1, 2)
        pairs[of_carried] += getattr(carried, column)
        return pairs

    flow_keys = np.concatenate([carried.keys, packets.keys], axis=1)[:, first_row]
    sender = begun("initiator", packets.sender)
    known = first_row < len(carried)
    letter = np.concatenate([np.full(len(carried), -1), packets.letter])[first_row]
    initiator = np.where(known, sender, _initiators(flow_keys, sender, letter))[cuts.chain]
    flipped = np.where(known, begun("flipped", np.zeros(len(packets), np.bool_)), initiator != sender)
    return Flows(
        keys=flow_keys,
        mixed=begun("mixed", mixed).view(np.uint64),
        number=begun("number", packets.number),
        last_number=highest("last_number", packets.number),
        first_us=begun("first_us", packets.time_us),
        last_us=highest("last_us", packets.time_us),
        packets=summed("packets", None),
        payload=summed("payload", packets.payload),
        ip_bytes=summed("ip_bytes", packets.ip_bytes),
        letters=np.zeros((flows, history.WORDS), np.uint64),
        tops=np.zeros((flows, 2), np.int64),
        missed=np.zeros((flows, 2), np.int64),
        initiator=initiator,
        flipped=flipped & cuts.own_start,
        syn_sequence=cuts.syn_sequence,
        ended=cuts.ended,
        application=begun("application", np.zeros(len(packets), np.int64))[cuts.chain],
        tunnel=begun("tunnel", packets.tunnel),
        outer=begun("outer", packets.outer).view(np.uint64),
    )


class _Letters:
    """The packets of a window in order of their flows, each with what it adds to the history."""

    def __init__(self, packets: FlowPackets, order: Ints, row_flow: Ints, carried: int) -> None:
        self._packets = packets
        self._of_carried = row_flow[:carried]
        self._rows = order[order >= carried] - carried
        self._flow = row_flow[carried + self._rows]
        counted = (packets.size[self._rows] > 0) | (packets.acknowledged[self._rows] >= 0)
        self._counted = np.flatnonzero(counted)

    def numbered(self, names: Ints) -> Numbered:
        """Those packets whose numbers say something, given the name of each flow."""
        rows, flow = self._rows[self._counted], self._flow[self._counted]
        packets = self._packets
        return Numbered(
            flow=flow,
            name=names[flow],
            sender=packets.sender[rows],
            start=packets.sequence[rows],
            size=packets.size[rows],
            payload=packets.payload[rows],
            acknowledged=packets.acknowledged[rows],
        )

    def added_to(self, carried: Flows, flows: int, repeats: Ints, gaps: Ints) -> Words:
        """The history of each flow; `repeats` and `gaps` are rows of `numbered`."""
        letters = np.zeros((flows, history.WORDS), np.uint64)
        letters[self._of_carried] = carried.letters
        letter, sender = self._packets.letter[self._rows], self._packets.sender[self._rows]
        closed = np.flatnonzero(self._packets.closed[self._rows])
        repeated, gap = self._counted[repeats], self._counted[gaps]
        place = np.concatenate([np.flatnonzero(letter >= 0), closed, repeated, gap])
        kinds = np.repeat([-1, history.CLOSED, history.REPEATED, history.GAP], [
            len(place) - len(closed) - len(repeated) - len(gap), len(closed), len(repeated), len(gap)
        ])  # fmt: skip
        order = np.argsort(place, kind="stable")
        place, kinds = place[order], kinds[order]
        # A gap is one of the other side's stream.
        side = np.where(kinds == history.GAP, 1 - sender[place], sender[place])
        return history.extended(letters, self._flow[place], np.where(kinds < 0, letter[place], kinds), side)


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
