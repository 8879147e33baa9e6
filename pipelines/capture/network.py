"""The innermost IP header of each packet: down through links and tunnels, one after the other."""

import numpy as np

from pipelines.capture.cursor import IPV4, IPV6, Cursor
from pipelines.capture.datagrams import Datagrams, fragment_key
from pipelines.capture.ip_headers import ipv4, ipv6
from pipelines.capture.links import descend
from pipelines.capture.tunnels import TUNNELS, UDP, enter_tunnels
from pipelines.capture.window import Ints, numbers_at

_DEEPEST_TUNNEL = 4


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
        read = np.concatenate([ipv4(cursor, found, rows), ipv6(cursor, found, rows)])
        read.sort()
        rows = enter_tunnels(cursor, found.protocol, found.body, found.body_length, read[found.fragment[read] == 0])
        if not len(rows):
            break
    return found


def tunnel_name(index: int) -> str:
    """The name of a tunnel, '' for none."""
    return TUNNELS[index]


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
