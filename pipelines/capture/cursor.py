"""Where the decoding of each packet of a window stands: its next layer, and what the outer layers said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from pipelines.capture.window import Bytes, Ints, PacketWindow, numbers_at

# A layer is an EtherType, or one of these for what has none.
IPV4: Final = 0x0800
IPV6: Final = 0x86DD
ETHERNET: Final = 0x1_0000
PPP: Final = 0x1_0001
RAW_IP: Final = 0x1_0002
LLC: Final = 0x1_0003
LOOPBACK: Final = 0x1_0004
COOKED: Final = 0x1_0005
COOKED_2: Final = 0x1_0006
RADIOTAP: Final = 0x1_0007
WIFI: Final = 0x1_0008
CISCO_HDLC: Final = 0x1_0009
PPP_SERIAL: Final = 0x1_000A
FRAME_RELAY: Final = 0x1_000B
PER_PACKET: Final = 0x1_000C
PPP_DIRECTION: Final = 0x1_000D
WIFI_PADDED: Final = 0x1_000E
# Final layers: not IP, too short to tell, of a link type that is not read.
OTHER: Final = -1
CUT: Final = -2
UNREAD: Final = -3

# Below this an EtherType is a length and LLC follows (IEEE 802.3).
SMALLEST_ETHERTYPE: Final = 1536


@dataclass
class Cursor:
    """The decoding of a window's packets, one row a packet.

    Attributes:
        buffer: the bytes the packets lie in.
        layer: what begins at `offset`.
        offset: where it begins in the buffer.
        end: where the captured bytes of the packet end.
        wire_end: where it would end had all of it been captured.
        vlan: outermost VLAN id, 0 for none.
        inner_vlan: the second one.
        network: what else tells address spaces apart, such as a VXLAN id.
        tunnel: the last tunnel entered, as an index of its name.
    """

    buffer: Bytes
    layer: Ints
    offset: Ints
    end: Ints
    wire_end: Ints
    vlan: Ints = field(init=False)
    inner_vlan: Ints = field(init=False)
    network: Ints = field(init=False)
    tunnel: Ints = field(init=False)

    def __post_init__(self) -> None:
        rows = len(self.layer)
        self.vlan, self.inner_vlan, self.network, self.tunnel = (np.zeros(rows, np.int64) for _ in range(4))

    @classmethod
    def over(cls, window: PacketWindow, layer: Ints) -> "Cursor":
        """A cursor at the first byte of every packet, whose link types stand for these layers."""
        return cls(
            buffer=window.buffer,
            layer=layer,
            offset=window.start.copy(),
            end=window.start + window.captured,
            wire_end=window.start + window.wire,
        )

    def holding(self, rows: Ints, count: int) -> Ints:
        """Those rows whose packets hold `count` more captured bytes; the others' layer becomes CUT."""
        whole = self.offset[rows] + count <= self.end[rows]
        if whole.all():
            return rows
        self.layer[rows[~whole]] = CUT
        return rows[whole]

    def byte(self, rows: Ints, at: int) -> Ints:
        """The byte at a distance from the offset of each row."""
        return self.buffer[self.offset[rows] + at].astype(np.int64)

    def short(self, rows: Ints, at: int) -> Ints:
        """The 16-bit number at a distance from the offset of each row."""
        return numbers_at(self.buffer, self.offset[rows] + at, ">u2")

    def long(self, rows: Ints, at: int) -> Ints:
        """The 32-bit number at a distance from the offset of each row."""
        return numbers_at(self.buffer, self.offset[rows] + at, ">u4")

    def ethertype(self, rows: Ints, at: int) -> Ints:
        """The layer that an EtherType at a distance from the offset of each row names."""
        kind = self.short(rows, at)
        return np.where(kind < SMALLEST_ETHERTYPE, LLC, kind)

    def move(self, rows: Ints, by: Ints | int, layer: Ints | int) -> None:
        """Step over `by` bytes, to what begins there."""
        self.offset[rows] += by
        self.layer[rows] = layer

    def move_to_ip(self, rows: Ints, by: Ints | int) -> None:
        """Step over `by` bytes to an IP packet of the version that its first four bits name."""
        self.offset[rows] += by
        rows = self.holding(rows, 1)
        version = self.byte(rows, 0) >> 4
        self.layer[rows] = np.select([version == 4, version == 6], [IPV4, IPV6], OTHER)


def mapped(values: Ints, layers: Mapping[int, int]) -> Ints:
    """The layer that each value stands for, OTHER where it stands for none."""
    layer = np.full(len(values), OTHER, np.int64)
    for value, kind in layers.items():
        layer[values == value] = kind
    return layer
