"""The ports of later IP fragments, taken from the first fragment of the same packet."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

import numpy as np

from pipelines.capture import keys
from pipelines.capture.datagrams import Datagrams, FragmentKey, Ports, fragment_key
from pipelines.capture.flows import FlowPackets
from pipelines.capture.transport import Segments
from pipelines.capture.window import Flags, Ints

_MOST_OPEN = 8192
# A receiver waits no longer for the other fragments of a packet (RFC 8200, section 4.5; RFC 1122, section 3.3.2).
_PATIENCE_US = 60_000_000


@dataclass
class FragmentPorts:
    """Ports of first fragments whose followers may still come; the oldest are forgotten first."""

    seen: OrderedDict[FragmentKey, Ports] = field(default_factory=OrderedDict)

    def fill(self, packets: Datagrams, rows: Ints, segments: Segments) -> dict[int, FragmentKey]:
        """Give every later fragment the ports of its first one, wherever in the window that lies.

        Gives back those whose first one was not seen so far: their place among the rows, and what they share with it.
        They have port 0 on both sides. Where the first one holds a tunnelled packet, which counts by itself, the
        others make a flow of the tunnel's ends.
        """
        split = (packets.fragment[rows] > 0) | packets.more[rows]
        split |= np.isin(rows, np.fromiter(packets.carriers, np.int64, len(packets.carriers)))
        orphans: dict[int, FragmentKey] = {}
        for index in np.flatnonzero(split).tolist():
            row = int(rows[index])
            if row in packets.carriers:
                self._remember(*packets.carriers[row])
            elif packets.fragment[row] == 0:
                ports = (segments.source_port[index], segments.destination_port[index], segments.one_way[index])
                self._remember(fragment_key(packets, row), (int(ports[0]), int(ports[1]), int(ports[2])))
            elif not self._apply(key := fragment_key(packets, row), segments, index):
                orphans[index] = key
        return {index: key for index, key in orphans.items() if not self._apply(key, segments, index)}

    def _remember(self, key: FragmentKey, ports: Ports) -> None:
        self.seen[key] = ports
        self.seen.move_to_end(key)
        if len(self.seen) > _MOST_OPEN:
            self.seen.popitem(last=False)

    def _apply(self, key: FragmentKey, segments: Segments, index: int) -> bool:
        ports = self.seen.get(key)
        if ports is None:
            return False
        segments.source_port[index], segments.destination_port[index], segments.one_way[index] = ports
        return True


@dataclass
class WaitingFragments:
    """Later fragments whose first one may come in a later window; bounded, and no longer than a receiver waits."""

    _packets: FlowPackets | None = None
    _keys: list[FragmentKey] = field(default_factory=list)

    def add(self, packets: FlowPackets, shared: Sequence[FragmentKey]) -> None:
        """Let these wait too; each shares a key with its first fragment."""
        self._packets = packets if self._packets is None else _joined(self._packets, packets)
        self._keys += shared

    def ready(self, seen: OrderedDict[FragmentKey, Ports], now_us: int) -> FlowPackets | None:
        """Those that need not wait any more, in file order: with their ports, or with port 0 when it took too long."""
        packets = self._packets
        if packets is None:
            return None
        known = np.array([key in seen for key in self._keys], np.bool_)
        over = known | (packets.time_us + _PATIENCE_US < now_us)
        over[: max(0, len(over) - _MOST_OPEN)] = True
        return self._taken(packets, over, seen) if over.any() else None

    def all(self) -> FlowPackets | None:
        """All that wait, with port 0; none waits afterwards."""
        packets, self._packets = self._packets, None
        self._keys.clear()
        return packets

    def _taken(self, packets: FlowPackets, over: Flags, seen: OrderedDict[FragmentKey, Ports]) -> FlowPackets:
        nothing: Ports = (0, 0, 0)
        ports = np.array([seen.get(key, nothing) for key, taken in zip(self._keys, over, strict=True) if taken])
        self._keys = [key for key, taken in zip(self._keys, over, strict=True) if not taken]
        self._packets = packets.at(np.flatnonzero(~over)) if self._keys else None
        found = packets.at(np.flatnonzero(over))
        return found.between(*keys.with_ports(found.keys, found.sender, *ports.T))


def _joined(one: FlowPackets, other: FlowPackets) -> FlowPackets:
    columns = {
        column.name: np.concatenate([getattr(one, column.name), getattr(other, column.name)])
        for column in fields(FlowPackets)
        if column.name != "keys"
    }
    return FlowPackets(keys=np.concatenate([one.keys, other.keys], axis=1), **columns)
