"""Headers of IPv4 and IPv6 with what may stand behind them, whole windows at once."""

import numpy as np

from pipelines.capture.cursor import CUT, IPV4, IPV6, Cursor
from pipelines.capture.datagrams import Datagrams
from pipelines.capture.window import Flags, Ints, words_at

_MOST_EXTENSIONS = 8
_FRAGMENT, _AUTHENTICATION = 44, 51
# Hop-by-hop, routing, fragment, AH, destination options, HIP, shim6 (RFC 8200, RFC 4302).
_EXTENSIONS = np.isin(np.arange(256), (0, 43, _FRAGMENT, _AUTHENTICATION, 60, 139, 140))


def ipv4(cursor: Cursor, found: Datagrams, rows: Ints) -> Ints:
    """Fill the columns from IPv4 headers (RFC 791); gives the rows that were whole."""
    rows = rows[cursor.layer[rows] == IPV4]
    whole = cursor.holding(rows, 20)
    _refuse(found, rows[cursor.layer[rows] == CUT], 1)
    first = cursor.byte(whole, 0)
    header = (first & 0x0F) * 4
    sound = (first >> 4 == 4) & (header >= 20)
    _refuse(found, whole[~sound], 2)
    rows, header = whole[sound], header[sound]
    total = cursor.short(rows, 2)
    # Segmentation offload leaves the length 0 in packets captured on their way out.
    total = np.where(total == 0, cursor.wire_end[rows] - cursor.offset[rows], total)
    fits = total >= header
    _refuse(found, rows[~fits], 3)
    rows, header, total = rows[fits], header[fits], total[fits]
    offset = cursor.offset[rows]
    place = cursor.short(rows, 6)
    protocol, header = _authenticated(cursor, rows, (place & 0x1FFF) == 0, header, total)
    _fill(found, rows, version=4, protocol=protocol, length=total, header=header, offset=offset)
    addresses = words_at(cursor.buffer, offset + 12)
    found.source[rows, 0] = found.destination[rows, 0] = 0
    found.source[rows, 1] = addresses >> np.uint64(32)
    found.destination[rows, 1] = addresses & np.uint64(0xFFFF_FFFF)
    found.fragment[rows] = (place & 0x1FFF) * 8
    found.more[rows] = place & 0x2000 != 0
    found.identifier[rows] = cursor.short(rows, 4)
    return rows


def ipv6(cursor: Cursor, found: Datagrams, rows: Ints) -> Ints:
    """Fill the columns from IPv6 headers and their extensions (RFC 8200); gives the rows that were whole."""
    rows = rows[cursor.layer[rows] == IPV6]
    if not len(rows):
        return rows
    whole = cursor.holding(rows, 40)
    _refuse(found, rows[cursor.layer[rows] == CUT], 4)
    sound = cursor.byte(whole, 0) >> 4 == 6
    _refuse(found, whole[~sound], 5)
    rows = whole[sound]
    offset = cursor.offset[rows]
    total = cursor.short(rows, 4) + 40
    # A jumbogram (RFC 2675) or segmentation offload: the frame knows the length.
    total = np.where(total == 40, np.maximum(cursor.wire_end[rows] - offset, 40), total)
    protocol, header, place = _extensions(cursor, rows, cursor.byte(rows, 6), total)
    fits = header <= total
    _refuse(found, rows[~fits], 6)
    rows, total, offset = rows[fits], total[fits], offset[fits]
    _fill(found, rows, version=6, protocol=protocol[fits], length=total, header=header[fits], offset=offset)
    for half in (0, 1):
        found.source[rows, half] = words_at(cursor.buffer, offset + 8 + 8 * half)
        found.destination[rows, half] = words_at(cursor.buffer, offset + 24 + 8 * half)
    found.fragment[rows] = place[0][fits] & ~7
    found.more[rows] = place[0][fits] & 1 == 1
    found.identifier[rows] = place[1][fits]
    return rows


def _refuse(found: Datagrams, rows: Ints, complaint: int) -> None:
    """Note why a packet is not counted, unless an outer packet of it already is."""
    found.complaint[rows[found.version[rows] == 0]] = complaint


def _authenticated(cursor: Cursor, rows: Ints, first: Flags, header: Ints, total: Ints) -> tuple[Ints, Ints]:
    """What an IPv4 header carries and the bytes up to it, behind an authentication header (RFC 4302) that is whole."""
    protocol = cursor.byte(rows, 9)
    here = np.flatnonzero((protocol == _AUTHENTICATION) & first)
    if len(here):
        start = cursor.offset[rows[here]] + header[here]
        size = (cursor.buffer[start + 1].astype(np.int64) + 2) * 4
        whole = (start + size <= cursor.end[rows[here]]) & (header[here] + size <= total[here])
        here, start, size = here[whole], start[whole], size[whole]
        protocol[here] = cursor.buffer[start]
        header[here] += size
    return protocol, header


def _fill(
    found: Datagrams, rows: Ints, *, version: int, protocol: Ints, length: Ints, header: Ints, offset: Ints
) -> None:
    found.version[rows] = version
    found.complaint[rows] = 0
    found.protocol[rows] = protocol
    found.length[rows] = length
    found.body[rows] = offset + header
    found.body_length[rows] = length - header


def _extensions(cursor: Cursor, rows: Ints, protocol: Ints, total: Ints) -> tuple[Ints, Ints, tuple[Ints, Ints]]:
    """What follows the extension headers, the bytes up to there, and a fragment's place and identifier.

    Where a header is cut or longer than its packet, the bytes are more than `total`.
    """
    header = np.full(len(rows), 40, np.int64)
    place, identifier = np.zeros(len(rows), np.int64), np.zeros(len(rows), np.int64)
    going = np.flatnonzero(_EXTENSIONS[protocol])
    for _ in range(_MOST_EXTENSIONS):
        if not len(going):
            break
        start = cursor.offset[rows[going]] + header[going]
        readable = (start + 8 <= cursor.end[rows[going]]) & (header[going] + 8 <= total[going])
        header[going[~readable]] = 1 << 20
        going, start = going[readable], start[readable]
        kind = protocol[going]
        units = cursor.buffer[start + 1].astype(np.int64)
        size = np.where(kind == _AUTHENTICATION, (units + 2) * 4, (units + 1) * 8)
        fragment = kind == _FRAGMENT
        here = start[fragment]
        place[going[fragment]] = (cursor.buffer[here + 2].astype(np.int64) << 8) | cursor.buffer[here + 3]
        identifier[going[fragment]] = (words_at(cursor.buffer, here) & np.uint64(0xFFFF_FFFF)).view(np.int64)
        header[going] += np.where(fragment, 8, size)
        protocol[going] = cursor.buffer[start]
        # Behind a later fragment's header lies the middle of something, not another header.
        going = going[_EXTENSIONS[protocol[going]] & ~(place[going] >= 8)]
    return protocol, header, (place, identifier)
