"""Network interfaces heard directly: a ring of packets that the kernel fills and this process empties, block by block.

The ring (AF_PACKET, TPACKET_V3) is all the memory that hearing takes; what the kernel had no room for in it is counted.
"""

import mmap
import re
import socket
import struct
import time
from dataclasses import dataclass, field
from typing import Final

from pipelines.capture.tpacket import BLOCK, TAG_BYTES, frames_in
from pipelines.errors import PipelineError
from pipelines.listening.segments import CLOCK, END, Feed
from pipelines.listening.spool import Spool

# Linux takes names of at most 15 bytes (IFNAMSIZ), and what begins with a dash would be an option of dumpcap.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:@-]{0,14}")
BLOCK_BYTES: Final = 512 * 1024
_BLOCKS: Final = 64
_FRAME_BYTES: Final = 2048
# A block that is not full is handed over after this long.
_RETIRE_MILLISECONDS: Final = 100
_CLOCK_SECONDS: Final = 5.0

# linux/if_packet.h and linux/if_ether.h: Python's socket module does not name them all.
_SOL_PACKET: Final = 263
_ADD_MEMBERSHIP, _RX_RING, _STATISTICS, _VERSION, _RESERVE = 1, 5, 6, 10, 12
_TPACKET_V3, _PROMISCUOUS = 2, 1
_EVERY_PROTOCOL: Final = 0x0003
_USER: Final = 1
_STATUS_AT: Final = 8


class InterfaceRefused(PipelineError):
    """An interface cannot be listened to; the message says why, and what to do."""


def checked_interface(name: str, setting: str) -> str:
    """The name of an interface that this machine has.

    Raises:
        InterfaceRefused: it is no name of one, or there is none of that name.
    """
    here = [known for _, known in socket.if_nameindex()]
    if not _NAME.fullmatch(name) or name not in here:
        raise InterfaceRefused(
            f"setting {setting}: no interface is called {name[:40]!r}; this machine has {', '.join(sorted(here))}"
        )
    return name


@dataclass
class PacketSocket:
    """A ring of one interface and the feed that it is.

    Attributes:
        kernel_dropped: packets that the kernel had no room for, since it was opened.
    """

    feed: Feed
    socket: socket.socket
    ring: mmap.mmap
    kernel_dropped: int = 0
    _next: int = 0
    _told: float = field(default_factory=time.monotonic)

    def drain(self, spool: Spool) -> None:
        """Put the blocks that the kernel has handed over into the spool, and give them back; once around at most."""
        moment = time.time_ns() // 1000
        for _ in range(_BLOCKS):
            at = self._next * BLOCK_BYTES
            if not struct.unpack_from("=I", self.ring, at + _STATUS_AT)[0] & _USER:
                return
            length = min(BLOCK.unpack_from(self.ring, at)[5], BLOCK_BYTES)
            block = self.ring[at : at + length]
            if packets := frames_in(block):
                spool.append(self.feed, block, peer=b"", time_us=moment, messages=packets)
                self._told = time.monotonic()
            struct.pack_into("=I", self.ring, at + _STATUS_AT, 0)
            self._next = (self._next + 1) % _BLOCKS

    def tick(self, spool: Spool) -> None:
        """Say what time it is where nothing is heard: flows end by silence."""
        if time.monotonic() - self._told >= _CLOCK_SECONDS:
            self._told = time.monotonic()
            spool.append(self.feed, b"", peer=CLOCK, messages=0)

    def count(self) -> int:
        """What the kernel has dropped so far: it forgets its own count when asked (PACKET_STATISTICS)."""
        if self.socket.fileno() < 0:
            return self.kernel_dropped
        self.kernel_dropped += struct.unpack("=3I", self.socket.getsockopt(_SOL_PACKET, _STATISTICS, 12))[1]
        return self.kernel_dropped

    def close(self, spool: Spool) -> None:
        """Hear no more; what is open ends here."""
        self.drain(spool)
        self.count()
        spool.append(self.feed, b"", peer=END, messages=0)
        self.ring.close()
        self.socket.close()


def packet_socket(name: str) -> PacketSocket:
    """An interface, heard from now on, also what is not addressed to it.

    Raises:
        InterfaceRefused: the right to do so is missing (CAP_NET_RAW), or it is no Linux, or the interface is gone.
    """
    if not hasattr(socket, "AF_PACKET"):
        raise InterfaceRefused(
            "interfaces are listened to on Linux only; elsewhere let dumpcap write files, "
            "and set RONGDUN_LISTEN_CAPTURES"
        )
    try:
        # No protocol yet: nothing is heard, of any interface, before the ring stands.
        bound = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    except PermissionError as error:
        raise InterfaceRefused(
            f"interface {name} cannot be listened to: the right is missing. Give the service CAP_NET_RAW "
            "(systemd: AmbientCapabilities=CAP_NET_RAW), or let dumpcap write files, and set RONGDUN_LISTEN_CAPTURES"
        ) from error
    try:
        return PacketSocket(Feed(f"interface://{name}", "capture"), bound, _ring(bound, name))
    except OSError as error:
        bound.close()
        raise InterfaceRefused(f"interface {name} cannot be listened to: {error.strerror or error}") from error


def _ring(bound: socket.socket, name: str) -> mmap.mmap:
    size = BLOCK_BYTES * _BLOCKS
    bound.setblocking(False)
    bound.setsockopt(_SOL_PACKET, _VERSION, struct.pack("=i", _TPACKET_V3))
    # Room for the VLAN tag that the kernel takes out of a frame.
    bound.setsockopt(_SOL_PACKET, _RESERVE, struct.pack("=I", TAG_BYTES))
    request = (BLOCK_BYTES, _BLOCKS, _FRAME_BYTES, size // _FRAME_BYTES, _RETIRE_MILLISECONDS, 0, 0)
    bound.setsockopt(_SOL_PACKET, _RX_RING, struct.pack("=7I", *request))
    ring = mmap.mmap(bound.fileno(), size)
    bound.bind((name, _EVERY_PROTOCOL))
    member = struct.pack("=iHH8s", socket.if_nametoindex(name), _PROMISCUOUS, 0, b"")
    bound.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, member)
    return ring
