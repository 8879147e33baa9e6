"""Links between two ends: PPP and what carries it, Cisco HDLC, frame relay."""

import numpy as np

from pipelines.capture.cursor import CISCO_HDLC, IPV4, IPV6, OTHER, PPP, Cursor, mapped
from pipelines.capture.labels import MPLS
from pipelines.capture.window import Ints

_PPP_LAYERS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: MPLS[0], 0x0283: MPLS[1]}


def pppoe(cursor: Cursor, rows: Ints) -> None:
    """Step over the header of a PPPoE session (RFC 2516)."""
    rows = cursor.holding(rows, 6)
    session = cursor.byte(rows, 1) == 0
    cursor.layer[rows[~session]] = OTHER
    cursor.move(rows[session], 6, PPP)


def ppp(cursor: Cursor, rows: Ints) -> None:
    """Step over the header of PPP (RFC 1661), with address and control or without (RFC 1662)."""
    rows = cursor.holding(rows, 4)
    cursor.offset[rows[cursor.short(rows, 0) == 0xFF03]] += 2
    rows = cursor.holding(rows, 2)
    # RFC 1661 §6.5: a compressed protocol field is one odd byte.
    compressed = cursor.byte(rows, 0) & 1 == 1
    protocol = np.where(compressed, cursor.byte(rows, 0), cursor.short(rows, 0))
    cursor.move(rows, np.where(compressed, 1, 2), mapped(protocol, _PPP_LAYERS))


def ppp_serial(cursor: Cursor, rows: Ints) -> None:
    """Tell PPP from Cisco's HDLC by the address byte."""
    rows = cursor.holding(rows, 4)
    cisco = np.isin(cursor.byte(rows, 0), (0x0F, 0x8F))
    cursor.layer[rows] = np.where(cisco, CISCO_HDLC, PPP)


def ppp_direction(cursor: Cursor, rows: Ints) -> None:
    """Step over the byte that says which side sent."""
    cursor.move(cursor.holding(rows, 1), 1, PPP)


def cisco_hdlc(cursor: Cursor, rows: Ints) -> None:
    """Step over the header of Cisco's HDLC, which names an EtherType."""
    rows = cursor.holding(rows, 4)
    cursor.move(rows, 4, cursor.ethertype(rows, 2))


def frame_relay(cursor: Cursor, rows: Ints) -> None:
    """Step over a two-byte Q.922 address to what its NLPID names (RFC 2427)."""
    rows = cursor.holding(rows, 10)
    plain = (cursor.byte(rows, 1) & 1 == 1) & (cursor.byte(rows, 2) == 3)
    ip, snap = plain & (cursor.byte(rows, 3) == 0xCC), plain & (cursor.short(rows, 3) == 0x0080)
    ipv6 = plain & (cursor.byte(rows, 3) == 0x8E)
    layer = np.select([ip, ipv6, snap], [IPV4, IPV6, cursor.short(rows, 8)], OTHER)
    cursor.move(rows, np.where(snap, 10, 4), layer)
