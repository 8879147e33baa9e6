"""Address ranges: what an inventory may write, and what it is told when it may not."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.addresses import AddressRange, parse_range
from assets.errors import AddressInvalid


def _v4(text: str) -> int:
    return int(ipaddress.IPv4Address(text))


def _v6(text: str) -> int:
    return int(ipaddress.IPv6Address(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("192.0.2.7", AddressRange(4, _v4("192.0.2.7"), _v4("192.0.2.7")), id="address"),
        pytest.param(" 192.0.2.0/24 ", AddressRange(4, _v4("192.0.2.0"), _v4("192.0.2.255")), id="cidr"),
        pytest.param("192.0.2.7/32", AddressRange(4, _v4("192.0.2.7"), _v4("192.0.2.7")), id="cidr-of-one"),
        pytest.param("192.0.2.1 - 192.0.2.9", AddressRange(4, _v4("192.0.2.1"), _v4("192.0.2.9")), id="first-last"),
        pytest.param("2001:db8::/127", AddressRange(6, _v6("2001:db8::"), _v6("2001:db8::1")), id="ipv6-cidr"),
        pytest.param(
            "2001:DB8::1-2001:db8::2", AddressRange(6, _v6("2001:db8::1"), _v6("2001:db8::2")), id="ipv6-range"
        ),
        pytest.param("::ffff:192.0.2.7", AddressRange(4, _v4("192.0.2.7"), _v4("192.0.2.7")), id="mapped"),
        pytest.param("::ffff:192.0.2.0/120", AddressRange(4, _v4("192.0.2.0"), _v4("192.0.2.255")), id="mapped-cidr"),
        pytest.param("::/0", AddressRange(6, 0, 2**128 - 1), id="all-ipv6-holds-no-ipv4"),
    ],
)
def test_a_range_is_read_as_written(text: str, expected: AddressRange) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "no IP address", id="empty"),
        pytest.param("web-01", "no IP address", id="host-name"),
        pytest.param("192.0.2.256", "no IP address", id="octet-too-large"),
        pytest.param("192.0.02.1", "no IP address", id="leading-zero"),
        pytest.param("192.0.2.5/24", "write 192.0.2.0/24", id="host-bits"),
        pytest.param("192.0.2.0/33", "no CIDR network", id="prefix-too-long"),
        pytest.param("192.0.2.9-192.0.2.1", "backwards", id="backwards"),
        pytest.param("192.0.2.1-2001:db8::1", "one version", id="mixed-versions"),
        pytest.param("fe80::1%eth0", "network interface", id="zone"),
        pytest.param("1" * 5000, "5000 characters", id="endless"),
    ],
)
def test_what_is_no_range_is_refused_with_advice(text: str, said: str) -> None:
    with pytest.raises(AddressInvalid, match=said):
        parse_range(text)


@given(st.text(max_size=60))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    try:
        found = parse_range(text)
    except AddressInvalid:
        return
    assert found.first <= found.last


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_holds_exactly_its_addresses(address: ipaddress.IPv4Address, prefix: int) -> None:
    network = ipaddress.IPv4Network((address, prefix), strict=False)
    assert parse_range(str(network)) == AddressRange(4, int(network[0]), int(network[-1]))
