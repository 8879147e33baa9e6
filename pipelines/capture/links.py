"""From a captured frame to the IP packet in it: link types, VLAN, MPLS, PPPoE, LLC."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.cursor import (
    CISCO_HDLC,
    COOKED,
    COOKED_2,
    ETHERNET,
    FRAME_RELAY,
    IPV4,
    IPV6,
    LLC,
    LOOPBACK,
    OTHER,
    PER_PACKET,
    PPP,
    PPP_DIRECTION,
    PPP_SERIAL,
    RADIOTAP,
    RAW_IP,
    UNREAD,
    WIFI,
    WIFI_PADDED,
    Cursor,
)
from pipelines.capture.window import Ints
from pipelines.capture.wireless import radiotap, wifi, wifi_padded

Flags = NDArray[np.bool_]

_VLAN = (0x8100, 0x88A8, 0x9100, 0x9200)
_MPLS = (0x8847, 0x8848)
_PPPOE = 0x8864
_BACKBONE = 0x88E7
_IN_FRAMES = (IPV4, IPV6, 0x0806, *_VLAN, *_MPLS, _PPPOE)

# LINKTYPE registry of tcpdump.org, with the BSD numbers of raw IP.
LAYERS = {
    0: LOOPBACK,
    1: ETHERNET,
    9: PPP,
    12: RAW_IP,
    14: RAW_IP,
    50: PPP_SERIAL,
    51: _PPPOE,
    101: RAW_IP,
    104: CISCO_HDLC,
    105: WIFI,
    107: FRAME_RELAY,
    108: LOOPBACK,
    113: COOKED,
    127: RADIOTAP,
    192: PER_PACKET,
    204: PPP_DIRECTION,
    228: IPV4,
    229: IPV6,
    276: COOKED_2,
}

# Below this an EtherType is a length and LLC follows (IEEE 802.3).
_SMALLEST_ETHERTYPE = 1536
_MOST_LAYERS = 16

_PPP_LAYERS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: _MPLS[0], 0x0283: _MPLS[1]}
# AF_INET is 2 everywhere; AF_INET6 differs by system.
_FAMILIES = {2: IPV4, 10: IPV6, 23: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}


def layers_of(links: Ints) -> Ints:
    """The first layer of each packet by its link type; UNREAD for a link type that is not read."""
    layer = np.full(len(links), UNREAD, np.int64)
    for link in np.unique(links).tolist():
        layer[links == link] = LAYERS.get(link, UNREAD)
    return layer


def descend(cursor: Cursor, rows: Ints) -> None:
    """Step the cursor down to an IP header, or to OTHER or CUT where there is none."""
    for _ in range(_MOST_LAYERS):
        layer = cursor.layer[rows]
        unsettled = (layer >= 0) & (layer != IPV4) & (layer != IPV6)
        if not unsettled.any():
            return
        rows, layer = rows[unsettled], layer[unsettled]
        for kind in np.unique(layer).tolist():
            _STEPS.get(kind, _stop)(cursor, rows[layer == kind])
    cursor.layer[rows] = OTHER


def _stop(cursor: Cursor, rows: Ints) -> None:
    cursor.layer[rows] = OTHER


def _ethertype(cursor: Cursor, rows: Ints, at: int) -> Ints:
    kind = cursor.short(rows, at)
    return np.where(kind < _SMALLEST_ETHERTYPE, LLC, kind)


def _ethernet(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 14)
    cursor.move(rows, 14, _ethertype(cursor, rows, 12))


def _vlan(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 4)
    tag = cursor.short(rows, 0) & 0xFFF
    outer = cursor.vlan[rows] == 0
    cursor.inner_vlan[rows[~outer]] = tag[~outer]
    cursor.vlan[rows[outer]] = tag[outer]
    cursor.move(rows, 4, _ethertype(cursor, rows, 2))


def _mpls(cursor: Cursor, rows: Ints) -> None:
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


def _backbone(cursor: Cursor, rows: Ints) -> None:
    """Step over the service instance tag of IEEE 802.1ah to the customer's frame."""
    rows = cursor.holding(rows, 4)
    cursor.move(rows, 4, ETHERNET)


def _pppoe(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 6)
    session = cursor.byte(rows, 1) == 0
    cursor.layer[rows[~session]] = OTHER
    cursor.move(rows[session], 6, PPP)


def _ppp(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 4)
    cursor.offset[rows[cursor.short(rows, 0) == 0xFF03]] += 2
    rows = cursor.holding(rows, 2)
    # RFC 1661 §6.5: a compressed protocol field is one odd byte.
    compressed = cursor.byte(rows, 0) & 1 == 1
    protocol = np.where(compressed, cursor.byte(rows, 0), cursor.short(rows, 0))
    cursor.move(rows, np.where(compressed, 1, 2), _mapped(protocol, _PPP_LAYERS))


def _ppp_serial(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 4)
    cisco = np.isin(cursor.byte(rows, 0), (0x0F, 0x8F))
    cursor.layer[rows] = np.where(cisco, CISCO_HDLC, PPP)


def _cisco_hdlc(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 4)
    cursor.move(rows, 4, _ethertype(cursor, rows, 2))


def _frame_relay(cursor: Cursor, rows: Ints) -> None:
    """Step over a two-byte Q.922 address to what its NLPID names (RFC 2427)."""
    rows = cursor.holding(rows, 10)
    plain = (cursor.byte(rows, 1) & 1 == 1) & (cursor.byte(rows, 2) == 3)
    ip, snap = plain & (cursor.byte(rows, 3) == 0xCC), plain & (cursor.short(rows, 3) == 0x0080)
    ipv6 = plain & (cursor.byte(rows, 3) == 0x8E)
    layer = np.select([ip, ipv6, snap], [IPV4, IPV6, cursor.short(rows, 8)], OTHER)
    cursor.move(rows, np.where(snap, 10, 4), layer)


def _llc(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 3)
    snap = (cursor.short(rows, 0) == 0xAAAA) & (cursor.byte(rows, 2) == 3)
    cursor.layer[rows[~snap]] = OTHER
    rows = cursor.holding(rows[snap], 8)
    kind = cursor.short(rows, 6)
    cursor.move(rows, 8, np.where(kind < _SMALLEST_ETHERTYPE, OTHER, kind))


def _loopback(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 4)
    family = cursor.long(rows, 0)
    # The number is in the byte order of the machine that captured, which may not be the file's.
    swapped = (family >> 24) | ((family >> 8) & 0xFF00)
    cursor.move(rows, 4, _mapped(np.where(family > 0xFFFF, swapped, family), _FAMILIES))


def _cooked(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 16)
    cursor.move(rows, 16, _ethertype(cursor, rows, 14))


def _cooked_2(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 20)
    cursor.move(rows, 20, _ethertype(cursor, rows, 0))


def _raw(cursor: Cursor, rows: Ints) -> None:
    cursor.move_to_ip(rows, 0)


def _per_packet(cursor: Cursor, rows: Ints) -> None:
    """Step over CACE's per-packet information, which names the link type behind it."""
    rows = cursor.holding(rows, 8)
    length = cursor.byte(rows, 2) | (cursor.byte(rows, 3) << 8)
    fits = (length >= 8) & (cursor.offset[rows] + length <= cursor.end[rows])
    cursor.layer[rows[~fits]] = OTHER
    # Little-endian, whatever the file is.
    link = cursor.byte(rows, 4) | (cursor.byte(rows, 5) << 8)
    cursor.move(rows[fits], length[fits], _mapped(link[fits], LAYERS))


def _ppp_direction(cursor: Cursor, rows: Ints) -> None:
    """Step over the byte that says which side sent."""
    cursor.move(cursor.holding(rows, 1), 1, PPP)


def _mapped(values: Ints, layers: dict[int, int]) -> Ints:
    layer = np.full(len(values), OTHER, np.int64)
    for value, kind in layers.items():
        layer[values == value] = kind
    return layer


_STEPS: dict[int, Callable[[Cursor, Ints], None]] = {
    ETHERNET: _ethernet,
    PPP: _ppp,
    RAW_IP: _raw,
    LLC: _llc,
    LOOPBACK: _loopback,
    COOKED: _cooked,
    COOKED_2: _cooked_2,
    RADIOTAP: radiotap,
    WIFI: wifi,
    WIFI_PADDED: wifi_padded,
    CISCO_HDLC: _cisco_hdlc,
    PPP_SERIAL: _ppp_serial,
    FRAME_RELAY: _frame_relay,
    PER_PACKET: _per_packet,
    PPP_DIRECTION: _ppp_direction,
    _PPPOE: _pppoe,
    _BACKBONE: _backbone,
    **dict.fromkeys(_VLAN, _vlan),
    **dict.fromkeys(_MPLS, _mpls),
}
