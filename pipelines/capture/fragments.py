"""The ports of later IP fragments, taken from the first fragment of the same packet."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np

from pipelines.capture.network import Datagrams
from pipelines.capture.transport import Segments
from pipelines.capture.window import Ints

_MOST_OPEN = 8192

_Key = tuple[int, int, int, int, int, int]
_Ports = tuple[int, int, int]


@dataclass
class FragmentPorts:
    """Ports of first fragments whose followers may still come; the oldest are forgotten first."""

    seen: OrderedDict[_Key, _Ports] = field(default_factory=OrderedDict)

    def fill(self, packets: Datagrams, rows: Ints, segments: Segments) -> None:
        """Give every later fragment the ports of its first one, wherever in the window that lies.

        A fragment whose first one was never seen keeps port 0 on both sides.
        """
        parts = np.flatnonzero((packets.fragment[rows] > 0) | packets.more[rows])
        orphans: list[int] = []
        for index in parts.tolist():
            row = int(rows[index])
            key = _key(packets, row)
            if packets.fragment[row] == 0:
                self._remember(key, segments, index)
            elif not self._apply(key, segments, index):
                orphans.append(index)
        for index in orphans:
            self._apply(_key(packets, int(rows[index])), segments, index)

    def _remember(self, key: _Key, segments: Segments, index: int) -> None:
        ports = (segments.source_port[index], segments.destination_port[index], segments.one_way[index])
        self.seen[key] = (int(ports[0]), int(ports[1]), int(ports[2]))
        self.seen.move_to_end(key)
        if len(self.seen) > _MOST_OPEN:
            self.seen.popitem(last=False)

    def _apply(self, key: _Key, segments: Segments, index: int) -> bool:
        ports = self.seen.get(key)
        if ports is None:
            return False
        segments.source_port[index], segments.destination_port[index], segments.one_way[index] = ports
        return True


def _key(packets: Datagrams, row: int) -> _Key:
    source, destination = packets.source[row].tolist(), packets.destination[row].tolist()
    return (*source, *destination, int(packets.protocol[row]), int(packets.identifier[row]))
