"""What scapy sees in a capture, packet by packet: slow, plain, and written without the code it judges."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from scapy.config import conf
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.packet import NoPayload, Packet
from scapy.utils import RawPcapNgReader, RawPcapReader

# An address and a port of either side, and the protocol.
Way = tuple[str, int, str, int, str]

_TUNNEL_PORTS = frozenset({2152, 4789, 6081})


@dataclass
class Sent:
    """What went one way: packets, transport payload bytes, IP bytes."""

    packets: int = 0
    payload: int = 0
    ip_bytes: int = 0


@dataclass
class Seen:
    """What scapy saw.

    Attributes:
        ways: what went each way.
        unclear: pairs of addresses with a packet that scapy does not take apart, or that contradicts itself.
    """

    ways: dict[Way, Sent]
    unclear: set[frozenset[str]]

    def clear(self, ways: dict[Way, Sent]) -> dict[Way, Sent]:
        """Those ways whose addresses are not unclear."""
        return {way: sent for way, sent in ways.items() if frozenset((way[0], way[2])) not in self.unclear}


def seen_by_scapy(path: Path) -> Seen:
    """What went each way in a capture of unfragmented TCP and UDP, by scapy's dissection."""
    sent: dict[Way, Sent] = defaultdict(Sent)
    unclear: set[frozenset[str]] = set()
    for packet, wire in dissected(path):
        for network in _outer_networks(packet):
            unclear.add(frozenset((network.src, network.dst)))
        inner = _innermost(packet)
        if inner is None:
            continue
        found = None if _is_fragment(inner) else _measured(packet, inner, wire)
        if found is None:
            unclear.add(frozenset((inner.src, inner.dst)))
            continue
        way, payload, ip_bytes = found
        sent[way].packets += 1
        sent[way].payload += payload
        sent[way].ip_bytes += ip_bytes
    return Seen(dict(sent), unclear)


def ways_of_flows(flows: pl.DataFrame) -> dict[Way, Sent]:
    """What went each way in TCP and UDP, by flow rows."""
    sent: dict[Way, Sent] = defaultdict(Sent)
    for row in flows.filter(pl.col("protocol").is_in(["tcp", "udp"])).drop("fields").iter_rows(named=True):
        source, destination = (row["source_ip"], row["source_port"]), (row["destination_ip"], row["destination_port"])
        for ends, side in (((*source, *destination), "out"), ((*destination, *source), "in")):
            way = sent[(*ends, row["protocol"])]
            way.packets += row[f"packets_{side}"]
            way.payload += row[f"bytes_{side}"]
            way.ip_bytes += row[f"ip_bytes_{side}"]
    return {way: counts for way, counts in sent.items() if counts.packets}


def dissected(path: Path) -> list[tuple[Packet, int]]:
    """The packets of a capture as scapy dissects them, each with its length on the wire."""
    with path.open("rb") as stream:
        is_next_generation = stream.read(4) == b"\n\r\r\n"
    reader = RawPcapNgReader(str(path)) if is_next_generation else RawPcapReader(str(path))
    packets: list[tuple[Packet, int]] = []
    with reader:
        for content, metadata in reader:
            link = getattr(metadata if is_next_generation else reader, "linktype")  # noqa: B009 - untyped
            kind = conf.l2types.num2layer.get(link)
            if kind is not None:
                packets.append((kind(content), max(metadata.wirelen, len(content))))
    return packets


def _innermost(packet: Packet) -> Packet | None:
    network, layer = None, packet
    while not isinstance(layer, NoPayload):
        network = layer if isinstance(layer, (IP, IPv6)) else network
        layer = layer.payload
    return network


def _is_fragment(network: Packet) -> bool:
    if isinstance(network, IP):
        return bool(network.frag) or bool(network.flags.MF)
    return network.getlayer(IPv6ExtHdrFragment) is not None


def _outer_networks(packet: Packet) -> list[Packet]:
    """The IP packets around the innermost one, and those whose tunnel scapy does not enter."""
    networks: list[Packet] = []
    layer = packet
    while not isinstance(layer, NoPayload):
        if isinstance(layer, (IP, IPv6)):
            networks.append(layer)
        layer = layer.payload
    header = networks[-1].getlayer(UDP) if networks else None
    is_closed = header is not None and _TUNNEL_PORTS & {header.sport, header.dport}
    return networks if is_closed else networks[:-1]


def _measured(packet: Packet, network: Packet, wire: int) -> tuple[Way, int, int] | None:
    header = network.getlayer(TCP) or network.getlayer(UDP)
    if header is None:
        return None
    claimed = network.len if isinstance(network, IP) else network.plen and network.plen + 40
    room = wire - (len(packet.original) - len(network.original))
    # Segmentation offload leaves the length 0: the frame knows it.
    total = claimed or room
    before = network.ihl * 4 if isinstance(network, IP) else 40
    layer = network.payload
    while layer is not header:
        before += len(layer.original) - len(layer.payload.original)
        layer = layer.payload
    is_tcp = isinstance(header, TCP)
    payload = total - before - header.dataofs * 4 if is_tcp else header.len - 8
    if total > room or not 0 <= payload <= total - before:
        return None
    way = (network.src, header.sport, network.dst, header.dport, "tcp" if is_tcp else "udp")
    return way, payload, total
