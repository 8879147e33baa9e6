"""Flows and the packets that make them, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from pipelines.capture import history, keys
from pipelines.capture.window import Flags, Ints, Words

# Version of the outer IP packet, two words each of its source and destination, and the tunnel's own number.
TUNNEL_WORDS = 6


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
        size: sequence numbers that it takes; 0 for what is not TCP, and for a reset.
        acknowledged: TCP acknowledgement number, -1 for none or in a reset.
        closed: its sender's TCP window is closed.
        tunnel: index of the tunnel's name, 0 for none.
        outer: the tunnel's own addresses and number (`TUNNEL_WORDS`).
    """

    keys: Words
    sender: Ints
    number: Ints
    time_us: Ints
    payload: Ints
    ip_bytes: Ints
    letter: Ints
    sequence: Ints
    size: Ints
    acknowledged: Ints
    closed: Flags
    tunnel: Ints
    outer: Words

    def __len__(self) -> int:
        return len(self.sender)

    def at(self, chosen: Ints) -> "FlowPackets":
        """The chosen packets."""
        columns = {column.name: getattr(self, column.name) for column in fields(self)}
        return FlowPackets(
            keys=columns.pop("keys")[:, chosen], **{name: column[chosen] for name, column in columns.items()}
        )

    def between(self, found: Words, sender: Ints) -> "FlowPackets":
        """The packets under other keys."""
        return replace(self, keys=found, sender=sender)


@dataclass(frozen=True)
class Flows:
    """Flows, one row each; two-column arrays hold the key's first and second endpoint.

    Attributes:
        keys: six words a flow, one flow a column.
        mixed: a hash of the key.
        number: number of the first packet, which names the flow.
        last_number: number of the last packet.
        first_us: time of the first packet.
        last_us: latest time of any packet.
        packets: packets sent by either endpoint.
        payload: transport payload bytes sent.
        ip_bytes: IP bytes sent.
        letters: the history so far.
        tops: highest TCP sequence number reached, -1 for none.
        missed: TCP payload bytes that the peer acknowledged and the capture does not hold.
        initiator: 0 the key's first endpoint, 1 its second.
        flipped: the first packet was not the initiator's.
        syn_sequence: sequence number of the last SYN, -1 for none.
        ended: a FIN or RST came since that SYN.
        application: index of the recognised application, 0 for none.
        tunnel: index of the tunnel's name, 0 for none.
        outer: the tunnel of its first packet, as in `FlowPackets`.
    """

    keys: Words
    mixed: Words
    number: Ints
    last_number: Ints
    first_us: Ints
    last_us: Ints
    packets: Ints
    payload: Ints
    ip_bytes: Ints
    letters: Words
    tops: Ints
    missed: Ints
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

    def put(self, rows: Ints, flows: "Flows") -> None:
        """Write these flows over the rows."""
        self.keys[:, rows] = flows.keys
        for column in fields(self):
            if column.name != "keys":
                getattr(self, column.name)[rows] = getattr(flows, column.name)

    def by_number(self) -> "Flows":
        """The flows in order of their first packets."""
        return self.at(np.argsort(self.number, kind="stable"))


def no_flows(count: int = 0) -> Flows:
    """So many rows that hold nothing yet."""

    def empty(kind: type[np.generic], width: int = 0) -> np.ndarray:
        return np.zeros((count, width) if width else count, kind)

    numbers = (
        "number", "last_number", "first_us", "last_us", "initiator", "syn_sequence", "application", "tunnel",
    )  # fmt: skip
    return Flows(
        keys=np.zeros((keys.WORDS, count), np.uint64),
        mixed=empty(np.uint64),
        letters=empty(np.uint64, history.WORDS),
        outer=empty(np.uint64, TUNNEL_WORDS),
        flipped=empty(np.bool_),
        ended=empty(np.bool_),
        **{name: empty(np.int64, 2) for name in ("packets", "payload", "ip_bytes", "tops", "missed")},
        **{name: empty(np.int64) for name in numbers},
    )


def joined(parts: Sequence[Flows]) -> Flows:
    """All these flows, one part after the other."""
    columns = {
        column.name: np.concatenate([getattr(part, column.name) for part in parts])
        for column in fields(Flows)
        if column.name != "keys"
    }
    return Flows(keys=np.concatenate([part.keys for part in parts], axis=1), **columns)


@dataclass(frozen=True)
class Assigned:
    """The flows that a window's packets belong to.

    Attributes:
        flows: those that went on and those that began.
        of_packet: the row in `flows` of each packet.
        unfinished: flows that no later one with the same key follows.
    """

    flows: Flows
    of_packet: Ints
    unfinished: Flags
