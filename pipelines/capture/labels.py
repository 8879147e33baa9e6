"""Labels between a link and what it carries: VLAN tags, MPLS, the service instance of a provider's backbone."""

import numpy as np

from pipelines.capture.cursor import ETHERNET, IPV4, IPV6, OTHER, Cursor
from pipelines.capture.window import Flags, Ints

VLAN = (0x8100, 0x88A8, 0x9100, 0x9200)
MPLS = (0x8847, 0x8848)
PPPOE = 0x8864
BACKBONE = 0x88E7

_IN_FRAMES = (IPV4, IPV6, 0x0806, *VLAN, *MPLS, PPPOE)


def vlan(cursor: Cursor, rows: Ints) -> None:
    """Step over a tag of IEEE 802.1Q or 802.1ad, whose number is kept."""
    rows = cursor.holding(rows, 4)
    tag = cursor.short(rows, 0) & 0xFFF
    outer = cursor.vlan[rows] == 0
    cursor.inner_vlan[rows[~outer]] = tag[~outer]
    cursor.vlan[rows[outer]] = tag[outer]
    cursor.move(rows, 4, cursor.ethertype(rows, 2))


def mpls(cursor: Cursor, rows: Ints) -> None:
    """Step over a label of MPLS (RFC 3032); behind the last one lies IP, or a frame."""
    rows = cursor.holding(rows, 4)
    bottom = cursor.byte(rows, 2) & 1 == 1
    cursor.offset[rows] += 4
    last = cursor.holding(rows[bottom], 1)
    version = cursor.byte(last, 0) >> 4
    # A first nibble of 0 is the control word of a pseudo-wire (RFC 4385), here taken to carry Ethernet; one that does
    # without it begins with an address, whose first nibble may be any (RFC 4928).
    at_once = _frames(cursor, last, 0)
    controlled = (version == 0) & (_frames(cursor, last, 4) | ~at_once)
    framed = controlled | (at_once & ~_fits(cursor, last, version))
    cursor.layer[last] = np.select([framed, version == 4, version == 6], [ETHERNET, IPV4, IPV6], OTHER)
    cursor.offset[last[controlled]] += 4


def _fits(cursor: Cursor, rows: Ints, version: Ints) -> Flags:
    """Whether an IP packet of the version whose nibble begins here is no longer than its frame."""
    whole = cursor.offset[rows] + 6 <= cursor.end[rows]
    long, length = np.zeros(len(rows), np.int64), cursor.wire_end[rows] - cursor.offset[rows]
    here, of_four = rows[whole], version[whole] == 4
    long[whole] = np.where(of_four, cursor.short(here, 2), cursor.short(here, 4) + 40)
    return np.isin(version, (4, 6)) & (long <= length)


def _frames(cursor: Cursor, rows: Ints, at: int) -> Flags:
    """Whether an Ethernet frame of a well-known type seems to begin at a distance from the offset."""
    there = cursor.offset[rows] + at + 14 <= cursor.end[rows]
    kind = np.zeros(len(rows), np.int64)
    kind[there] = cursor.short(rows[there], at + 12)
    return np.isin(kind, _IN_FRAMES)


def backbone(cursor: Cursor, rows: Ints) -> None:
    """Step over the service instance tag of IEEE 802.1ah to the customer's frame."""
    rows = cursor.holding(rows, 4)
    cursor.move(rows, 4, ETHERNET)
