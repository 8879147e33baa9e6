"""NetFlow v5 and v9: one packet, one row, every column."""

import struct
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.pipelines.exports.packets import (
    PLAIN,
    SECONDS,
    Field,
    address,
    definition,
    fset,
    plain_record,
    read,
    row,
    v5,
    v5_record,
    v9,
    v9_options,
)

EXPORTED = datetime.fromtimestamp(SECONDS, UTC)
TEMPLATE = fset(0, definition(256, PLAIN))


def told(fields: tuple[Field, ...], content: bytes) -> dict[str, Any]:
    """The row of one v9 record of these fields behind addresses."""
    record = address("192.0.2.1") + address("198.51.100.2") + content
    return row(v9(fset(0, definition(300, ((8, 4), (12, 4), *fields))), fset(300, record)))


def test_a_record_of_v5_fills_the_columns() -> None:
    found = row(v5(v5_record()))
    assert found["event_time"] == EXPORTED + timedelta(milliseconds=250 - 5000)
    assert (found["source_ip"], found["source_port"]) == ("192.0.2.1", 40000)
    assert (found["destination_ip"], found["destination_port"]) == ("198.51.100.2", 443)
    assert (found["protocol"], found["duration_ms"]) == ("tcp", 4000)
    assert (found["packets_out"], found["ip_bytes_out"], found["bytes_out"]) == (3, 180, 0)
    assert (found["connection_state"], found["history"]) == ("", "")
    assert found["fields"] == {
        "observation_domain": "258",
        "tcp_flags": "fin,syn,psh,ack",
        "source_as": "64496",
        "destination_as": "64497",
        "ingress_interface": "7",
        "egress_interface": "9",
        "next_hop": "192.0.2.254",
    }


@pytest.mark.parametrize(
    ("sampling", "packets", "octets", "rate"),
    [(0, 3, 180, None), (1, 3, 180, None), (0x4000 | 100, 300, 18_000, "100"), (100, 300, 18_000, "100")],
)
def test_counts_are_multiplied_by_the_header_s_sampling(
    sampling: int, packets: int, octets: int, rate: str | None
) -> None:
    found = row(v5(v5_record(), sampling=sampling))
    assert (found["packets_out"], found["ip_bytes_out"]) == (packets, octets)
    assert found["fields"].get("sampling_rate") == rate


def test_icmp_of_v5_has_type_and_code_in_the_destination_port() -> None:
    found = row(v5(v5_record(ports=(0, 0x0801), protocol=1, flags=0)))
    assert (found["protocol"], found["source_port"], found["destination_port"]) == ("icmp", 8, 1)
    assert (found["fields"]["icmp_type"], found["fields"]["icmp_code"]) == ("8", "1")


def test_a_counter_of_milliseconds_that_came_round_still_gives_the_time() -> None:
    found = row(v5(v5_record(first=0xFFFF_F000, last=100), uptime=1000))
    assert found["event_time"] == EXPORTED + timedelta(milliseconds=250 - 1000 - 4096)
    assert found["duration_ms"] == 4196


def test_a_record_of_v9_is_as_its_template_says() -> None:
    found = row(v9(TEMPLATE, fset(256, plain_record())))
    assert found["event_time"] == EXPORTED - timedelta(seconds=5)
    assert (found["protocol"], found["duration_ms"], found["packets_out"], found["ip_bytes_out"]) == (
        "tcp",
        4000,
        3,
        180,
    )
    assert found["fields"] == {"observation_domain": "1", "template": "256", "tcp_flags": "fin,syn,psh,ack"}


_COLUMNS: dict[str, tuple[tuple[Field, ...], bytes, str, object]] = {
    "24-bit bytes": (((1, 3),), b"\x01\x00\x02", "ip_bytes_out", 65_538),
    "one byte of bytes": (((1, 1),), b"\x07", "ip_bytes_out", 7),
    "64-bit bytes": (((1, 8),), struct.pack(">Q", 1 << 40), "ip_bytes_out", 1 << 40),
    "five bytes": (((1, 5),), b"\x01\0\0\0\0", "ip_bytes_out", 1 << 32),
    "total bytes": (((85, 4),), struct.pack(">I", 99), "ip_bytes_out", 99),
    "only what left": (((23, 4),), struct.pack(">I", 98), "ip_bytes_out", 98),
    "payload of the initiator": (((231, 4),), struct.pack(">I", 55), "bytes_out", 55),
    "payload of the responder": (((232, 4),), struct.pack(">I", 56), "bytes_in", 56),
    "VLAN": (((58, 2),), b"\x00\x2a", "vlan_id", 42),
    "dot1q VLAN": (((243, 2),), b"\x60\x2a", "vlan_id", 42),
    "UDP by its ports": (((180, 2), (181, 2)), b"\x00\x35\x80\x00", "protocol", "udp"),
    "TCP by its ports": (((182, 2), (183, 2)), b"\x00\x35\x80\x00", "destination_port", 32_768),
    "SCTP": (((4, 1),), b"\x84", "protocol", "sctp"),
    "another protocol": (((4, 1),), b"\x2f", "protocol", "47"),
    "an unsaid protocol": (((1, 1),), b"\x2f", "protocol", ""),
    "an application of Palo Alto": (((56701, 8),), b"web-brow", "application", "web-brow"),
    "an application by name": (((96, 6),), b"HTTP\0\0", "application", "http"),
    "zero length": (((1, 4), (10, 0), (2, 4)), struct.pack(">II", 5, 6), "packets_out", 6),
}


@pytest.mark.parametrize(("fields", "content", "column", "expected"), _COLUMNS.values(), ids=_COLUMNS)
def test_a_field_fills_its_column(fields: tuple[Field, ...], content: bytes, column: str, expected: object) -> None:
    assert told(fields, content)[column] == expected


_NOTED: dict[str, tuple[tuple[Field, ...], bytes, dict[str, str]]] = {
    "interfaces of 32 bits": (((10, 4), (14, 4)), struct.pack(">II", 100_000, 7), {"ingress_interface": "100000"}),
    "IPv6 next hop": (((62, 16),), address("2001:db8::1"), {"next_hop": "2001:db8::1"}),
    "hardware address": (((56, 6),), b"\0\x1b\x21\0\0\x01", {"source_mac": "00:1b:21:00:00:01"}),
    "translated": (
        ((225, 4), (226, 4), (227, 2), (228, 2), (230, 1)),
        address("203.0.113.5") + address("203.0.113.6") + b"\x10\x00\x00\x50\x04",
        {
            "nat_source_ip": "203.0.113.5",
            "nat_destination_ip": "203.0.113.6",
            "nat_source_port": "4096",
            "nat_destination_port": "80",
            "nat_event": "nat44 session create",
        },
    ),
    "denied by an ASA": (
        ((40005, 1), (33002, 2)),
        b"\x03\x03\xe9",
        {"firewall_event": "denied", "firewall_extended_event": "1001"},
    ),
    "a user": (((40000, 8),), b"alice\0\0\0", {"user": "alice"}),
    "egress": (((61, 1),), b"\x01", {"direction": "egress"}),
    "what left differs": (((1, 2), (23, 2)), b"\x00\x10\x00\x20", {"out_bytes": "32"}),
    "sampled by its record": (((34, 4), (1, 4)), struct.pack(">II", 10, 7), {"sampling_rate": "10"}),
    "sampled by packets and space": (((305, 4), (306, 4)), struct.pack(">II", 1, 99), {"sampling_rate": "100"}),
    "a terminal's escape": (((40000, 4),), b"a\x1b[m", {"user": "a\\x1b[m"}),
}


@pytest.mark.parametrize(("fields", "content", "expected"), _NOTED.values(), ids=_NOTED)
def test_what_only_exporters_know_is_in_fields(
    fields: tuple[Field, ...], content: bytes, expected: dict[str, str]
) -> None:
    found = told(fields, content)["fields"]
    assert {name: found.get(name) for name in expected} == expected


_TIMES: dict[str, tuple[tuple[Field, ...], bytes, timedelta, int]] = {
    "seconds": (((150, 4), (151, 4)), struct.pack(">II", SECONDS - 9, SECONDS - 2), timedelta(seconds=-9), 7000),
    "milliseconds": (
        ((152, 8), (153, 8)),
        struct.pack(">QQ", SECONDS * 1000 - 1500, SECONDS * 1000 - 500),
        timedelta(milliseconds=-1500),
        1000,
    ),
    "microseconds of NTP": (
        ((154, 8), (155, 8)),
        struct.pack(">IIII", SECONDS + 2_208_988_800, 1 << 31, SECONDS + 2_208_988_801, 0),
        timedelta(milliseconds=500),
        500,
    ),
    "nanoseconds of NTP": (
        ((156, 8), (157, 8)),
        struct.pack(">IIII", SECONDS + 2_208_988_800, 1 << 30, SECONDS + 2_208_988_800, 3 << 30),
        timedelta(milliseconds=250),
        500,
    ),
    "before the export": (((158, 4), (159, 4)), struct.pack(">II", 2_500_000, 500_000), timedelta(seconds=-2.5), 2000),
    "a length in milliseconds": (
        ((152, 8), (161, 4)),
        struct.pack(">QI", SECONDS * 1000, 42),
        timedelta(0),
        42,
    ),
    "an event's moment": (((323, 8),), struct.pack(">Q", SECONDS * 1000 - 7), timedelta(milliseconds=-7), 0),
    "an end and a length": (
        ((153, 8), (162, 4)),
        struct.pack(">QI", SECONDS * 1000, 3_000_000),
        timedelta(seconds=-3),
        3000,
    ),
    "nothing but the export": (((1, 1),), b"\x05", timedelta(0), 0),
}


@pytest.mark.parametrize(("fields", "content", "since_export", "lasted"), _TIMES.values(), ids=_TIMES)
def test_a_flow_is_dated_by_any_form_of_time(
    fields: tuple[Field, ...], content: bytes, since_export: timedelta, lasted: int
) -> None:
    found = told(fields, content)
    assert (found["event_time"] - EXPORTED, found["duration_ms"]) == (since_export, lasted)


def test_both_versions_of_addresses_in_one_template_give_the_one_that_is_there() -> None:
    fields = ((8, 4), (12, 4), (27, 16), (28, 16))
    old = address("192.0.2.1") + address("192.0.2.2") + bytes(32)
    new = bytes(8) + address("2001:db8::1") + address("2001:db8::2")
    found = read(v9(fset(0, definition(256, fields)), fset(256, old + new)))
    assert [(each["source_ip"], each["destination_ip"]) for each in found.rows] == [
        ("192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::2"),
    ]


def test_options_name_samplers_interfaces_and_applications() -> None:
    options = [
        fset(1, v9_options(257, [(1, 4)], [(48, 1), (50, 4)]), length=None),
        fset(257, struct.pack(">IBI", 1, 3, 1000)),
        fset(1, v9_options(258, [(2, 4)], [(82, 6)])),
        fset(258, struct.pack(">I6s", 7, b"Gi0/7")),
        fset(1, v9_options(259, [(1, 4)], [(95, 4), (96, 8)])),
        fset(259, struct.pack(">II8s", 1, 13 << 24 | 453, b"BITTORR")),
    ]
    fields = (*PLAIN, (48, 1), (10, 2), (95, 4))
    record = plain_record() + struct.pack(">BHI", 3, 7, 13 << 24 | 453)
    found = row(v9(*options), v9(fset(0, definition(256, fields)), fset(256, record), sequence=1))
    assert (found["packets_out"], found["ip_bytes_out"], found["application"]) == (3000, 180_000, "bittorr")
    assert {name: found["fields"][name] for name in ("sampling_rate", "ingress_interface_name", "application_id")} == {
        "sampling_rate": "1000",
        "ingress_interface_name": "Gi0/7",
        "application_id": "13:453",
    }


def test_a_rate_for_the_whole_exporter_holds_for_its_records() -> None:
    options = v9(fset(1, v9_options(257, [(1, 4)], [(34, 4), (35, 1)])), fset(257, struct.pack(">IIB", 1, 64, 2)))
    found = row(options, v9(TEMPLATE, fset(256, plain_record()), sequence=1))
    assert (found["packets_out"], found["fields"]["sampling_rate"]) == (192, "64")


@pytest.mark.parametrize(
    ("interface", "packets"), [(3, 300), (4, 3000), (5, 3)], ids=["its own rate", "another", "one that samples nothing"]
)
def test_a_rate_of_an_interface_holds_for_what_came_by_it(interface: int, packets: int) -> None:
    rates = b"".join(struct.pack(">IIB", number, rate, 1) for number, rate in ((3, 100), (4, 1000)))
    options = v9(fset(1, v9_options(257, [(2, 4)], [(34, 4), (35, 1)])), fset(257, rates))
    record = plain_record() + struct.pack(">H", interface)
    found = row(options, v9(fset(0, definition(256, (*PLAIN, (10, 2)))), fset(256, record), sequence=1))
    assert found["packets_out"] == packets


@pytest.mark.parametrize(("other", "packets"), [(100, 300), (1000, 3)], ids=["all alike", "each its own"])
def test_records_that_name_no_interface_have_the_rate_that_all_have(other: int, packets: int) -> None:
    rates = b"".join(struct.pack(">IIB", number, rate, 1) for number, rate in ((3, 100), (4, other)))
    options = v9(fset(1, v9_options(257, [(2, 4)], [(34, 4), (35, 1)])), fset(257, rates))
    assert row(options, v9(TEMPLATE, fset(256, plain_record()), sequence=1))["packets_out"] == packets


def test_a_product_that_does_not_fit_stands_at_the_most_that_does() -> None:
    found = told(((1, 8), (34, 4)), struct.pack(">QI", 2**64 - 1, 1000))
    assert found["ip_bytes_out"] >= 2**64 - 1000
