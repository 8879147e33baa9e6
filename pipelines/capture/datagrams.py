"""The innermost IP header of each packet of a window, as columns."""

from dataclasses import dataclass, field

import numpy as np

from pipelines.capture.window import Flags, Ints, Words

# Source, destination, protocol and identifier of a packet in fragments; its ports, and whether nothing answers them.
FragmentKey = tuple[int, int, int, int, int, int]
Ports = tuple[int, int, int]

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
    carriers: dict[int, tuple[FragmentKey, Ports]] = field(default_factory=dict)
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


def fragment_key(found: Datagrams, row: int) -> FragmentKey:
    """What all fragments of a packet share (RFC 791)."""
    source, destination = found.source[row].tolist(), found.destination[row].tolist()
    return (*source, *destination, int(found.protocol[row]), int(found.identifier[row]))
