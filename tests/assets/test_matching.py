"""The address book: which asset an address or a host name belongs to."""

import ipaddress
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.matching import AddressBook
from tests.assets.sample import asset

BOOK = AddressBook.of(
    [
        asset("city", addresses=["10.0.0.0/8", "2001:db8::/32"], scope="fuzhou"),
        asset("county", addresses=["10.1.0.0/16"], scope="fuzhou/gulou"),
        asset("plc", addresses=["10.1.2.3", "2001:db8::7"], hosts=["PLC-7"], scope="fuzhou/dept-water"),
        asset("web", addresses=["192.0.2.10-192.0.2.19"], hosts=["web01.gulou.example.org", "portal.example.org"]),
        asset("mail", hosts=["mail.example.org.", "portal.example.com"]),
    ]
)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("10.9.9.9", "city", id="network"),
        pytest.param("10.1.9.9", "county", id="narrower-network-wins"),
        pytest.param("10.1.2.3", "plc", id="single-address-wins"),
        pytest.param("10.1.2.4", "county", id="just-after-the-single-address"),
        pytest.param("10.0.0.0", "city", id="first-of-network"),
        pytest.param("10.255.255.255", "city", id="last-of-network"),
        pytest.param("11.0.0.0", "", id="just-after-the-network"),
        pytest.param("9.255.255.255", "", id="just-before-the-network"),
        pytest.param("192.0.2.10", "web", id="first-of-range"),
        pytest.param("192.0.2.19", "web", id="last-of-range"),
        pytest.param("192.0.2.20", "", id="after-the-range"),
        pytest.param("::ffff:10.1.2.3", "plc", id="ipv4-mapped"),
        pytest.param("2001:db8::7", "plc", id="ipv6-address"),
        pytest.param("2001:0DB8:0:0::7", "plc", id="ipv6-other-spelling"),
        pytest.param("2001:db8:1::", "city", id="ipv6-network"),
        pytest.param("2001:db9::", "", id="ipv6-outside"),
        pytest.param("10.01.2.3", "", id="leading-zero-is-no-address"),
        pytest.param("10.1.2", "", id="three-octets"),
        pytest.param("10.1.2.3.4", "", id="five-octets"),
        pytest.param("10.1.2.300", "", id="octet-too-large"),
        pytest.param("-", "", id="dash"),
        pytest.param("", "", id="empty"),
        pytest.param("plc-7", "", id="host-name"),
        pytest.param(":::::", "", id="colons"),
    ],
)
def test_an_address_belongs_to_the_most_specific_range(address: str, expected: str) -> None:
    assert BOOK.asset_of_addresses(pl.Series([address])).to_list() == [expected]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        pytest.param("web01.gulou.example.org", "web", id="full-name"),
        pytest.param("WEB01.Gulou.Example.ORG.", "web", id="case-and-closing-dot"),
        pytest.param("WEB01", "web", id="short-for-one-full-name"),
        pytest.param("plc-7", "plc", id="short-name"),
        pytest.param("plc-7.water.example.org", "plc", id="full-for-a-short-name"),
        pytest.param("mail.example.org", "mail", id="closing-dot-in-the-inventory"),
        pytest.param("portal", "", id="short-for-two-assets-is-nobody"),
        pytest.param("web01.other.example.org", "", id="another-full-name"),
        pytest.param("10.1.2.3", "plc", id="address-as-host"),
        pytest.param("::ffff:10.1.2.3", "plc", id="mapped-address-as-host"),
        pytest.param("fe80::1%eth0", "", id="unknown-address-as-host"),
        pytest.param("", "", id="empty"),
        pytest.param(".", "", id="dot"),
    ],
)
def test_a_host_belongs_to_the_asset_that_names_it(host: str, expected: str) -> None:
    assert BOOK.asset_of_hosts(pl.Series([host])).to_list() == [expected]


def test_columns_keep_order_name_and_length() -> None:
    addresses = pl.Series("source_ip", ["10.1.2.3", None, "x", "10.1.2.3"])
    found = BOOK.asset_of_addresses(addresses)
    assert found.name == "source_ip"
    assert found.to_list() == ["plc", "", "", "plc"]
    assert BOOK.asset_of_addresses(addresses.cast(pl.Categorical)).to_list() == found.to_list()


def test_scope_follows_the_asset_and_falls_back() -> None:
    assets = pl.Series(["plc", "county", "", "nobody", None])
    assert BOOK.scope_of(assets, default="fuzhou/lianjiang").to_list() == [
        "fuzhou/dept-water",
        "fuzhou/gulou",
        *["fuzhou/lianjiang"] * 3,
    ]


@pytest.mark.parametrize("values", [["192.0.2.1", "::1", "x", ""], [], [None]], ids=["some", "none", "null"])
def test_an_empty_book_knows_nobody(values: list[str | None]) -> None:
    column = pl.Series(values, dtype=pl.String)
    book = AddressBook()
    assert book.asset_of_addresses(column).to_list() == [""] * len(values)
    assert book.asset_of_hosts(column).to_list() == [""] * len(values)
    assert book.scope_of(column, default="fuzhou").to_list() == ["fuzhou"] * len(values)
    assert AddressBook.of([]).asset_of_addresses(column).to_list() == [""] * len(values)


@given(st.lists(st.text(max_size=40)))
def test_any_text_can_be_looked_up(values: list[str]) -> None:
    column = pl.Series(values, dtype=pl.String)
    assert BOOK.asset_of_addresses(column).len() == len(values)
    assert BOOK.asset_of_hosts(column).len() == len(values)


_SMALL = st.integers(0, 63)


@given(st.lists(st.tuples(_SMALL, st.integers(26, 32)), max_size=12), st.sampled_from([4, 6]))
def test_lookup_agrees_with_trying_every_network(entries: list[tuple[int, int]], version: int) -> None:
    bits, base = (0, "192.0.2.0") if version == 4 else (96, "2001:db8::")
    start = int(ipaddress.ip_address(base))
    kind = ipaddress.IPv4Network if version == 4 else ipaddress.IPv6Network
    networks = sorted(
        {kind((start + offset, prefix + bits), strict=False) for offset, prefix in entries}, key=lambda n: -n.prefixlen
    )
    book = AddressBook.of(asset(str(network), addresses=[str(network)]) for network in networks)
    addresses = [type(networks[0][0] if networks else kind((start, 32))[0])(start + i) for i in range(64)]
    expected = [next((str(n) for n in networks if address in n), "") for address in addresses]
    assert book.asset_of_addresses(pl.Series([str(a) for a in addresses])).to_list() == expected


def test_a_million_addresses_find_their_networks() -> None:
    numbers = pl.Series(range(1_000_000))
    addresses = pl.select(pl.format("10.{}.{}.{}", numbers // 65536, numbers // 256 % 256, numbers % 256)).to_series()
    book = AddressBook.of(asset(f"net-{i}", addresses=[f"10.{i // 256}.{i % 256}.0/24"]) for i in range(2000))
    found = book.asset_of_addresses(addresses)
    assert found[256 * 1999] == "net-1999"
    assert found[256 * 2000] == ""


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ("/srv/exports/dept-civil/residents.csv", "civil"),
        ("/srv/exports/dept-civil/archive/residents.csv", "archive"),
        ("/srv/exports/dept-health/visits.csv", ""),
        ("log_events", "platform"),
        ("", ""),
    ],
)
def test_a_data_set_belongs_to_the_asset_with_the_longest_pattern_that_fits(dataset: str, expected: str) -> None:
    patterns = {"civil": "*/dept-civil/*", "archive": "*/dept-civil/archive/*", "platform": "log_events"}
    book = AddressBook.of(replace(asset(name), datasets=(pattern,)) for name, pattern in patterns.items())
    assert book.asset_of_dataset(dataset) == expected
