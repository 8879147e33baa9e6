import ipaddress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.community_id import community_ids

_WORD = 2**64 - 1

# The published baseline of the Community ID specification, one of each protocol.
_PUBLISHED = [
    # ruff: noqa: E501 - addresses and ids are longer than a line
    ("icmp", 1, "192.168.0.89", "192.168.0.1", (8, 0), False, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
    ("icmp one way", 1, "10.0.0.1", "10.0.0.2", (11, 0), True, "1:YHxtAirCG//0OzkcVAukqKQN9xM="),
    ("icmp6", 58, "fe80::200:86ff:fe05:80da", "fe80::260:97ff:fe07:69ea", (135, 136), False, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
    ("icmp6 one way", 58, "3ffe:501:1800:2345::2", "3ffe:507:0:1:200:86ff:fe05:80da", (3, 0), True, "1:2ObVBgIn28oZvibYZhZMBgh7WdQ="),
    ("tcp", 6, "128.232.110.120", "66.35.250.204", (34855, 80), False, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    ("tcp over IPv6", 6, "2001:470:e5bf:dead:4957:2174:e82c:4887", "2607:f8b0:400c:c03::1a", (63943, 25), False, "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="),
    ("udp", 17, "192.168.1.52", "8.8.8.8", (54585, 53), False, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    ("sctp", 132, "192.168.170.8", "192.168.170.56", (7, 7), False, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="),
    ("no ports", 46, "10.1.12.1", "10.1.12.2", (0, 0), False, "1:KHlLkgoJW7ifUTyTSgyVfkFHzKw="),
]  # fmt: skip


def _id(source: str, destination: str, protocol: int, ports: tuple[int, int], *, one_way: bool = False) -> str:
    """The id of one flow, whose key holds the lower endpoint first unless it goes one way."""
    ends = [(int(ipaddress.ip_address(text)), port) for text, port in zip((source, destination), ports, strict=True)]
    (low, low_port), (high, high_port) = ends if one_way else sorted(ends)
    version = ipaddress.ip_address(source).version
    rest = (low_port << 32) | (high_port << 16) | (protocol << 8) | version
    words = [low >> 64, low & _WORD, high >> 64, high & _WORD, rest, 0]
    (found,) = community_ids(np.array([[word] for word in words], np.uint64))
    return str(found)


@pytest.mark.parametrize(
    ("protocol", "source", "destination", "ports", "one_way", "expected"),
    [row[1:] for row in _PUBLISHED],
    ids=[row[0] for row in _PUBLISHED],
)
def test_published_ids(
    protocol: int, source: str, destination: str, ports: tuple[int, int], one_way: bool, expected: str
) -> None:
    assert _id(source, destination, protocol, ports, one_way=one_way) == expected


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 65535), st.integers(0, 65535))
def test_both_directions_have_one_id(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address, port: int, other_port: int
) -> None:
    there = _id(str(one), str(other), 6, (port, other_port))
    assert there == _id(str(other), str(one), 6, (other_port, port))


def test_flows_of_both_versions_have_their_ids_side_by_side() -> None:
    assert community_ids(np.zeros((6, 0), np.uint64)).to_list() == []
