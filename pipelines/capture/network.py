"""IP headers as columns: addresses, lengths, fragments, extension headers, and the inner packet of a tunnel."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pipelines.capture.cursor import CUT, IPV4, IPV6, Cursor
from pipelines.capture.links import descend
from pipelines.capture.tunnels import TUNNELS, UDP, enter_tunnels
from pipelines.capture.window import Ints, Words, numbers_at, words_at

Flags = NDArray[np.bool_]

# Source, destination, protocol and identifier of a packet in fragments; its ports, and whether nothing answers them.
FragmentKey = tuple[int, int, int, int, int, int]
Ports = tuple[int, int, int]

_DEEPEST_TUNNEL = 4
_MOST_EXTENSIONS = 8
_FRAGMENT, _AUTHENTICATION = 44, 51
# Hop-by-hop, routing, fragment, AH, destination options, HIP, shim6 (RFC 8200, RFC 4302).
_EXTENSIONS = np.isin(np.arange(256), (0, 43, _FRAGMENT, _AUTHENTICATION, 60, 139, 140))

# Why an IP packet is not counted; index 0 is for those that are.
COMPLAINTS = (
    "",
    "the IPv4 header is cut",
    "the IPv4 header is damaged: version or header length",
    "the IPv4 total length is shorter than the header",
    "the IPv6 header is cut",
    "the IPv6 header is damaged: version",
    "an IPv6 extension header is cut or longer than the packet",
)


@dataclass
class Datagrams:
    """The innermost IP header of each packet of a window, one row a packet.

    Attributes:
        version: 4 or 6; 0 where the packet holds no IP that can be counted.
        complaint: index into `COMPLAINTS`.
        source: two words of the source address; IPv4 in the lower 32 bits of the second.
        destination: likewise.
        protocol: the number of what the packet carries.
        length: bytes of the IP packet, headers included, by its own header.
        body: where in the buffer its payload begins.
        body_length: bytes of payload, by its own header.
        fragment: offset of a fragment in bytes, 0 for the first.
        more: whether more fragments follow.
        identifier: what fragments of one packet share.
        tunnel: index into `TUNNELS`, of the innermost tunnel; 0 for none.
        outer_version: version of the IP packet that the tunnel runs in.
        outer_source: its source.
        outer_destination: its destination.
        carriers: by row, the first fragment of an outer packet whose inner packet stands here: what names the other
            fragments, and the ports that they share.
    """

    count: int
    carriers: dict[int, tuple["FragmentKey", "Ports"]] = field(default_factory=dict)
    version: Ints = field(init=False)
    complaint: Ints = field(init=False)
    source: Words = field(init=False)
    destination: Words = field(init=False)
    protocol: Ints = field(init=False)
    length: Ints = field(init=False)
    body: Ints = field(init=False)
    body_length: Ints = field(init=False)
    fragment: Ints = field(init=False)
    more: Flags = field(init=False)
    identifier: Ints = field(init=False)
    tunnel: Ints = field(init=False)
    outer_version: Ints = field(init=False)
    outer_source: Words = field(init=False)
    outer_destination: Words = field(init=False)

    def __post_init__(self) -> None:
        for name in ("version", "complaint", "protocol", "length", "body", "body_length", "fragment"):
            setattr(self, name, np.zeros(self.count, np.int64))
        for name in ("identifier", "tunnel", "outer_version"):
            setattr(self, name, np.zeros(self.count, np.int64))
        for name in ("source", "destination", "outer_source", "outer_destination"):
            setattr(self, name, np.zeros((self.count, 2), np.uint64))
        self.more = np.zeros(self.count, np.bool_)


def decode_network(cursor: Cursor) -> Datagrams:
    """The innermost IP header of each packet; a tunnel whose inner packet cannot be read stays its outer packet."""
    found = Datagrams(len(cursor.layer))
    rows = np.arange(found.count)
    for level in range(_DEEPEST_TUNNEL + 1):
        tags = cursor.vlan[rows], cursor.inner_vlan[rows]
        descend(cursor, rows)
        if level:
            _keep_outer(found, cursor, rows)
            # What cannot be read on stays a packet of the outer network.
            closed = ~np.isin(cursor.layer[rows], (IPV4, IPV6))
            cursor.vlan[rows[closed]], cursor.inner_vlan[rows[closed]] = (tag[closed] for tag in tags)
        read = np.concatenate([_ipv4(cursor, found, rows), _ipv6(cursor, found, rows)])
        read.sort()
        rows = enter_tunnels(cursor, found.protocol, found.body, found.body_length, read[found.fragment[read] == 0])
        if not len(rows):
            break
    return found


def fragment_key(found: Datagrams, row: int) -> FragmentKey:
    """What all fragments of a packet share (RFC 791)."""
    source, destination = found.source[row].tolist(), found.destination[row].tolist()
    return (*source, *destination, int(found.protocol[row]), int(found.identifier[row]))


def _keep_outer(found: Datagrams, cursor: Cursor, rows: Ints) -> None:
    """Remember the addresses around an inner IP packet before its own take their place."""
    inner = rows[np.isin(cursor.layer[rows], (IPV4, IPV6))]
    carried = inner[found.more[inner]]
    for row in carried[found.body[carried] + 4 <= cursor.end[carried]].tolist():
        ports = numbers_at(cursor.buffer, found.body[row] + np.array([0, 2]), ">u2") * (found.protocol[row] == UDP)
        found.carriers[row] = (fragment_key(found, row), (int(ports[0]), int(ports[1]), 0))
    found.outer_version[inner] = found.version[inner]
    found.outer_source[inner] = found.source[inner]
    found.outer_destination[inner] = found.destination[inner]
    found.tunnel[inner] = cursor.tunnel[inner]


def _refuse(found: Datagrams, rows: Ints, complaint: int) -> None:
    """Note why a packet is not counted, unless an outer packet of it already is."""
    found.complaint[rows[found.version[rows] == 0]] = complaint


def _ipv4(cursor: Cursor, found: Datagrams, rows: Ints) -> Ints:
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


def _ipv6(cursor: Cursor, found: Datagrams, rows: Ints) -> Ints:
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


def tunnel_name(index: int) -> str:
    """The name of a tunnel, '' for none."""
    return TUNNELS[index]
