"""Export packets on their way through a capture: UDP on the ports of collectors, with a header that can be one."""

import numpy as np

from pipelines.batch import Batch
from pipelines.capture.datagrams import Datagrams
from pipelines.capture.rows import address_text, packed
from pipelines.capture.transport import UDP, Segments
from pipelines.capture.window import Ints, PacketWindow
from pipelines.exports.collector import PORTS, Collector
from pipelines.exports.known import KnownExporters
from pipelines.exports.packet_ends import is_plausible


class CapturedExports:
    """Gives the flows that exporters tell of, beside the flow that their telling is."""

    def __init__(self, known: KnownExporters | None = None) -> None:
        self._collector = Collector(known)

    def listen(self, window: PacketWindow, found: Datagrams, rows: Ints, segments: Segments) -> list[Batch]:
        """The flows told in a window.

        Args:
            window: its packets.
            found: their IP headers.
            rows: those that have a transport header.
            segments: the transport headers of these rows.
        """
        udp = (found.protocol[rows] == UDP) & (found.fragment[rows] == 0)
        for index in np.flatnonzero(udp & np.isin(segments.destination_port, PORTS)).tolist():
            start = int(segments.payload_at[index])
            content = window.buffer[start : start + int(segments.payload_captured[index])].tobytes()
            if not is_plausible(content):
                continue
            row = int(rows[index])
            high, low = found.source[row].tolist()
            self._collector.add(
                content,
                number=window.first_number + row,
                exporter=address_text(packed(int(found.version[row]), high, low)),
                received_us=int(window.time_us[row]),
            )
        return self._collector.take()

    def finish(self) -> list[Batch]:
        """What can be said only at the end: packets that were lost, data whose template never came."""
        return self._collector.finish()
