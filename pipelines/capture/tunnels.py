"""From a tunnel's header to the packet inside: IP, GRE, ERSPAN, VXLAN, Geneve, GTP-U, MPLS in UDP, L2TP, Teredo."""

import numpy as np

from pipelines.capture.cursor import ETHERNET, IPV4, IPV6, PPP, RAW_IP, Cursor
from pipelines.capture.window import Ints

TUNNELS = ("", "ipip", "6in4", "gre", "vxlan", "geneve", "gtp-u", "erspan", "mpls", "l2tp", "teredo")

UDP = 17
_IPIP, _TCP_IPV6, _GRE = 4, 41, 47
# VXLAN, its port before it was given one, and its generic extension.
_VXLAN_PORTS = (4789, 8472, 4790)
_GENEVE_PORT, _GTP_PORT, _GRE_PORT, _MPLS_PORT = 6081, 2152, 4754, 6635
_MPLS = 0x8847
_L2TP_PORT, _TEREDO_PORT = 1701, 3544
_TUNNELLING = np.isin(
    np.arange(65536),
    (*_VXLAN_PORTS, _GENEVE_PORT, _GTP_PORT, _GRE_PORT, _MPLS_PORT, _L2TP_PORT, _TEREDO_PORT),
)
_BRIDGED, _PPP_IN_GRE, _WCCP = 0x6558, 0x880B, 0x883E
_ERSPAN, _ERSPAN_3 = 0x88BE, 0x22EB
_MOST_GTP_EXTENSIONS = 4


def enter_tunnels(cursor: Cursor, protocol: Ints, body: Ints, body_length: Ints, rows: Ints) -> Ints:
    """Put the cursor at the inner packet of each tunnelled row; gives those rows.

    `protocol`, `body` and `body_length` are columns over all packets; `rows` are whole, unfragmented IP packets.
    """
    kind = protocol[rows]
    candidates: Ints = rows[(kind == _IPIP) | (kind == _TCP_IPV6) | (kind == _GRE) | (kind == UDP)]
    if not len(candidates):
        return candidates
    cursor.offset[candidates] = body[candidates]
    kind = protocol[candidates]
    udp = candidates[kind == UDP]
    entered = [
        _ip_in_ip(cursor, candidates[kind == _IPIP], IPV4, 1),
        _ip_in_ip(cursor, candidates[kind == _TCP_IPV6], IPV6, 2),
        _gre(cursor, candidates[kind == _GRE]),
        _over_udp(cursor, udp, body_length[udp]),
    ]
    rows = np.concatenate(entered)
    rows.sort()
    return rows


def _ip_in_ip(cursor: Cursor, rows: Ints, layer: int, tunnel: int) -> Ints:
    cursor.layer[rows] = layer
    cursor.tunnel[rows] = tunnel
    return rows


def _gre(cursor: Cursor, rows: Ints) -> Ints:
    """GRE with its optional checksum, key and numbers (RFC 2784, 2890), and PPTP's version 1 (RFC 2637)."""
    rows = cursor.holding(rows, 4)
    flags, kind = cursor.short(rows, 0), cursor.short(rows, 2)
    length = 4 + sum(np.where(flags & bit, 4, 0) for bit in (0x8000, 0x2000, 0x1000))
    length = length + np.where((flags & 7 == 1) & (flags & 0x80 != 0), 4, 0)
    mirrored = np.isin(kind, (_ERSPAN, _ERSPAN_3))
    length = length + _erspan_header(cursor, rows, flags, kind, length)
    # Version 2 of WCCP puts a header of its own before the packet; version 1 puts none (draft-wilson-wrec-wccp-v2).
    redirected = kind == _WCCP
    length = length + np.where(redirected & (cursor.buffer[cursor.offset[rows] + length] >> 4 != 4), 4, 0)
    layers = [ETHERNET, PPP, RAW_IP]
    layer = np.select([(kind == _BRIDGED) | mirrored, kind == _PPP_IN_GRE, redirected], layers, kind)
    # A routing field (0x4000) has a length of its own and is long deprecated.
    sound = (flags & 0x4000 == 0) & (flags & 7 <= 1)
    rows = rows[sound]
    cursor.move(rows, length[sound], layer[sound])
    cursor.tunnel[rows] = np.where(mirrored[sound], 7, 3)
    return rows


def _erspan_header(cursor: Cursor, rows: Ints, flags: Ints, kind: Ints, at: Ints) -> Ints:
    """A mirror's header length (draft-foschiano-erspan): type I has none, type III may be eight bytes longer."""
    numbered = flags & 0x1000 != 0
    more = cursor.buffer[cursor.offset[rows] + at + 11].astype(np.int64) & 1
    return np.select([kind == _ERSPAN_3, (kind == _ERSPAN) & numbered], [12 + 8 * more, 8], 0)


def _over_udp(cursor: Cursor, rows: Ints, length: Ints) -> Ints:
    """The tunnels in UDP, by their registered port and a header that makes sense."""
    # Extension headers may claim to end far behind what was captured.
    rows = rows[(cursor.offset[rows] + 8 <= cursor.end[rows]) & (length >= 16)]
    ports = cursor.long(rows, 0)
    # Most datagrams are of no tunnel.
    likely = _TUNNELLING[ports >> 16] | _TUNNELLING[ports & 0xFFFF]
    rows, ports = rows[likely], ports[likely]
    to, either = ports & 0xFFFF, np.stack([ports >> 16, ports & 0xFFFF])
    vxlan = rows[np.isin(either, _VXLAN_PORTS).any(axis=0)]
    one_port = (_GENEVE_PORT, _GTP_PORT, _L2TP_PORT, _TEREDO_PORT)
    geneve, gtp, l2tp, teredo = (rows[(either == port).any(axis=0)] for port in one_port)
    # These two name the receiver's port alone (RFC 8086, RFC 7510).
    gre, mpls = (rows[to == port] for port in (_GRE_PORT, _MPLS_PORT))
    entered = [_vxlan(cursor, vxlan), _geneve(cursor, geneve), _gtp(cursor, gtp), _mpls(cursor, mpls)]
    entered += [_l2tp(cursor, l2tp), _teredo(cursor, teredo)]
    cursor.offset[gre] += 8
    return np.concatenate([*entered, _gre(cursor, gre)])


def _vxlan(cursor: Cursor, rows: Ints) -> Ints:
    """VXLAN (RFC 7348): the I flag, then a network identifier; its generic extension says what follows (draft)."""
    rows = cursor.holding(rows, 16)
    rows = rows[cursor.byte(rows, 8) & 0x08 != 0]
    cursor.network[rows] = cursor.long(rows, 12) >> 8
    named = cursor.byte(rows, 8) & 0x04 != 0
    layer = np.select([cursor.byte(rows, 11) == 1, cursor.byte(rows, 11) == 2], [IPV4, IPV6], ETHERNET)
    cursor.move(rows, 16, np.where(named, layer, ETHERNET))
    cursor.tunnel[rows] = 4
    return rows


def _mpls(cursor: Cursor, rows: Ints) -> Ints:
    """MPLS in UDP (RFC 7510): a stack of labels at once."""
    rows = cursor.holding(rows, 12)
    cursor.move(rows, 8, _MPLS)
    cursor.tunnel[rows] = 8
    return rows


def _geneve(cursor: Cursor, rows: Ints) -> Ints:
    """Geneve (RFC 8926): version 0, options in words of four bytes, then what its EtherType says."""
    rows = cursor.holding(rows, 16)
    first, kind = cursor.byte(rows, 8), cursor.short(rows, 10)
    sound = first >> 6 == 0
    rows, first, kind = rows[sound], first[sound], kind[sound]
    cursor.network[rows] = cursor.long(rows, 12) >> 8
    cursor.move(rows, 16 + (first & 0x3F) * 4, np.where(kind == _BRIDGED, ETHERNET, kind))
    cursor.tunnel[rows] = 5
    return rows


def _gtp(cursor: Cursor, rows: Ints) -> Ints:
    """GTP-U (3GPP TS 29.281 §5): version 1, message 255, with its optional fields and extension headers."""
    rows = cursor.holding(rows, 17)
    flags = cursor.byte(rows, 8)
    user_data = (flags >> 4 == 3) & (cursor.byte(rows, 9) == 255)
    rows, flags = rows[user_data], flags[user_data]
    optional = flags & 7 != 0
    extended = cursor.holding(rows[optional & (flags & 4 != 0)], 20)
    more = extended[cursor.byte(extended, 19) != 0]
    cursor.offset[rows] += np.where(optional, 20, 16)
    for _ in range(_MOST_GTP_EXTENSIONS):
        more = cursor.holding(more, 1)
        length = cursor.byte(more, 0) * 4
        more, length = more[length > 0], length[length > 0]
        cursor.offset[more] += length
        more = more[cursor.offset[more] <= cursor.end[more]]
        more = more[cursor.byte(more, -1) != 0]
    cursor.move_to_ip(rows, 0)
    cursor.tunnel[rows] = 6
    return rows


def _l2tp(cursor: Cursor, rows: Ints) -> Ints:
    """L2TP (RFC 2661 §3.1): a data message of version 2, with its optional fields, then PPP."""
    # With the least that PPP and IP add, all optional fields are there.
    rows = cursor.holding(rows, 36)
    flags = cursor.short(rows, 8)
    carries = (flags & 0x800F) == 2
    rows, flags = rows[carries], flags[carries]
    cursor.offset[rows] += 14 + np.where(flags & 0x4000, 2, 0) + np.where(flags & 0x0800, 4, 0)
    cursor.move(rows, np.where(flags & 0x0200, 2 + cursor.short(rows, 0), 0), PPP)
    cursor.tunnel[rows] = 9
    return rows


def _teredo(cursor: Cursor, rows: Ints) -> Ints:
    """Teredo (RFC 4380 §5.1.1): IPv6 behind what may authenticate the sender and say where it stands."""
    rows = cursor.holding(rows, 12)
    signed = cursor.short(rows, 8) == 1
    signature = np.where(signed, 13 + cursor.byte(rows, 10) + cursor.byte(rows, 11), 0)
    cursor.offset[rows] += 8 + signature
    rows = cursor.holding(rows, 2)
    cursor.offset[rows] += np.where(cursor.short(rows, 0) == 0, 8, 0)
    rows = cursor.holding(rows, 40)
    rows = rows[cursor.byte(rows, 0) >> 4 == 6]
    cursor.move(rows, 0, IPV6)
    cursor.tunnel[rows] = 10
    return rows
