"""What the receiver captures itself: interfaces, by a ring of its own or by dumpcap."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.listening.dumpcap import Dumpcap, start_dumpcap
from pipelines.listening.interfaces import PacketSocket, packet_socket
from pipelines.listening.spool import Spool


@dataclass
class Capturing:
    """Captures into the spool, and lets dumpcap capture into folders.

    Attributes:
        interfaces: captured at here.
        dumpcap: interfaces at which dumpcap captures, with the folder of its ring.
    """

    interfaces: Sequence[str]
    dumpcap: Mapping[str, Path]
    spool: Spool
    _sockets: list[PacketSocket] = field(default_factory=list)
    _dumpcaps: list[Dumpcap] = field(default_factory=list)

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Capture from now on.

        Raises:
            InterfaceRefused: an interface may not be listened to; the message says what to do.
        """
        for name in self.interfaces:
            packets = packet_socket(name)
            self._sockets.append(packets)
            self.spool.counts_of(packets.feed)
            loop.add_reader(packets.socket, packets.drain, self.spool)
        for name, folder in self.dumpcap.items():
            self._dumpcaps.append(start_dumpcap(name, folder, limit_bytes=self.spool.limit))

    def check(self) -> None:
        """Tell flows the time, and see that dumpcap is there.

        Raises:
            InterfaceRefused: a dumpcap has ended.
        """
        for packets in self._sockets:
            packets.tick(self.spool)
        for dumpcap in self._dumpcaps:
            dumpcap.check()

    def count(self) -> None:
        """Write to the counts what the kernel dropped."""
        for packets in self._sockets:
            self.spool.counts_of(packets.feed).kernel_dropped = packets.count()

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Capture no more."""
        for packets in self._sockets:
            loop.remove_reader(packets.socket)
            packets.close(self.spool)
        for dumpcap in self._dumpcaps:
            dumpcap.stop()
