"""The ports of later IP fragments, taken from the first fragment of the same packet."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from pipelines.capture.network import Datagrams, FragmentKey, Ports, fragment_key
from pipelines.capture.transport import Segments
from pipelines.capture.window import Ints

_MOST_OPEN = 8192


@dataclass
class FragmentPorts:
    """Ports of first fragments whose followers may still come; the oldest are forgotten first."""

    seen: OrderedDict[FragmentKey, Ports] = field(default_factory=OrderedDict)

    def fill(self, packets: Datagrams, rows: Ints, segments: Segments) -> None:
        """Give every later fragment the ports of its first one, wherever in the window that lies.

        A fragment whose first one was never seen, or comes only in a later window, keeps port 0 on both sides. Where
        the first one holds a tunnelled packet, which counts by itself, the others make a flow of the tunnel's ends.
        """
        split = (packets.fragment[rows] > 0) | packets.more[rows]
        split |= np.isin(rows, np.fromiter(packets.carriers, np.int64, len(packets.carriers)))
        orphans: list[int] = []
        for index in np.flatnonzero(split).tolist():
            row = int(rows[index])
            if row in packets.carriers:
                self._remember(*packets.carriers[row])
            elif packets.fragment[row] == 0:
                ports = (segments.source_port[index], segments.destination_port[index], segments.one_way[index])
                self._remember(fragment_key(packets, row), (int(ports[0]), int(ports[1]), int(ports[2])))
            elif not self._apply(fragment_key(packets, row), segments, index):
                orphans.append(index)
        for index in orphans:
            self._apply(fragment_key(packets, int(rows[index])), segments, index)

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
