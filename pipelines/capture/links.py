"""From a captured frame to the IP packet in it: what each link type begins with."""

from collections.abc import Callable

import numpy as np

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
    SMALLEST_ETHERTYPE,
    UNREAD,
    WIFI,
    WIFI_PADDED,
    Cursor,
    mapped,
)
from pipelines.capture.labels import BACKBONE, MPLS, PPPOE, VLAN, backbone, mpls, vlan
from pipelines.capture.serial_links import cisco_hdlc, frame_relay, ppp, ppp_direction, ppp_serial, pppoe
from pipelines.capture.window import Ints
from pipelines.capture.wireless import radiotap, wifi, wifi_padded

# LINKTYPE registry of tcpdump.org, with the BSD numbers of raw IP.
LAYERS = {
    0: LOOPBACK,
    1: ETHERNET,
    9: PPP,
    12: RAW_IP,
    14: RAW_IP,
    50: PPP_SERIAL,
    51: PPPOE,
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

_MOST_LAYERS = 16

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


def _ethernet(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 14)
    cursor.move(rows, 14, cursor.ethertype(rows, 12))


def _llc(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 3)
    snap = (cursor.short(rows, 0) == 0xAAAA) & (cursor.byte(rows, 2) == 3)
    cursor.layer[rows[~snap]] = OTHER
    rows = cursor.holding(rows[snap], 8)
    kind = cursor.short(rows, 6)
    cursor.move(rows, 8, np.where(kind < SMALLEST_ETHERTYPE, OTHER, kind))


def _loopback(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 4)
    family = cursor.long(rows, 0)
    # The number is in the byte order of the machine that captured, which may not be the file's.
    swapped = (family >> 24) | ((family >> 8) & 0xFF00)
    cursor.move(rows, 4, mapped(np.where(family > 0xFFFF, swapped, family), _FAMILIES))


def _cooked(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 16)
    cursor.move(rows, 16, cursor.ethertype(rows, 14))


def _cooked_2(cursor: Cursor, rows: Ints) -> None:
    rows = cursor.holding(rows, 20)
    cursor.move(rows, 20, cursor.ethertype(rows, 0))


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
    cursor.move(rows[fits], length[fits], mapped(link[fits], LAYERS))


_STEPS: dict[int, Callable[[Cursor, Ints], None]] = {
    ETHERNET: _ethernet,
    PPP: ppp,
    RAW_IP: _raw,
    LLC: _llc,
    LOOPBACK: _loopback,
    COOKED: _cooked,
    COOKED_2: _cooked_2,
    RADIOTAP: radiotap,
    WIFI: wifi,
    WIFI_PADDED: wifi_padded,
    CISCO_HDLC: cisco_hdlc,
    PPP_SERIAL: ppp_serial,
    FRAME_RELAY: frame_relay,
    PER_PACKET: _per_packet,
    PPP_DIRECTION: ppp_direction,
    PPPOE: pppoe,
    BACKBONE: backbone,
    **dict.fromkeys(VLAN, vlan),
    **dict.fromkeys(MPLS, mpls),
}
