"""IPFIX: messages, variable lengths, enterprises, both directions, withdrawals."""

import struct
from datetime import UTC, datetime

import pytest

from tests.pipelines.exports.packets import (
    SECONDS,
    Field,
    address,
    definition,
    fset,
    ipfix,
    read,
    row,
    variable,
)

ENDS: tuple[Field, ...] = ((8, 4), (12, 4))
ADDRESSES = address("192.0.2.1") + address("198.51.100.2")


def test_both_directions_of_a_flow_are_counted_apart() -> None:
    fields = (*ENDS, (1, 8), (2, 4), (1, 8, 29305), (2, 4, 29305), (6, 1), (6, 1, 29305), (4, 1))
    record = ADDRESSES + struct.pack(">QIQIBBB", 100, 2, 900, 3, 0x02, 0x12, 6)
    found = row(ipfix(fset(2, definition(256, fields)), fset(256, record)))
    assert (found["ip_bytes_out"], found["packets_out"], found["ip_bytes_in"], found["packets_in"]) == (100, 2, 900, 3)
    assert (found["fields"]["tcp_flags"], found["fields"]["tcp_flags_in"]) == ("syn", "syn,ack")


def test_what_left_a_middlebox_is_not_counted_again() -> None:
    record = ADDRESSES + struct.pack(">II", 100, 100)
    found = row(ipfix(fset(2, definition(256, (*ENDS, (1, 4), (23, 4)))), fset(256, record)))
    assert (found["ip_bytes_out"], found["ip_bytes_in"]) == (100, 0)


@pytest.mark.parametrize("long", [False, True], ids=["one byte of length", "three bytes of length"])
def test_fields_of_variable_length_are_walked(long: bool) -> None:
    fields = ((96, 65535), *ENDS, (999, 65535, 12345), (1, 4), (371, 65535))
    names = [b"dns", b"", b"tls" * 60]
    body = b"".join(
        variable(name, long=long) + ADDRESSES + variable(b"opaque") + struct.pack(">I", at) + variable(b"alice")
        for at, name in enumerate(names, start=1)
    )
    found = read(ipfix(fset(2, definition(256, fields)), fset(256, body)))
    assert [each["application"].encode() for each in found.rows] == names
    assert [each["ip_bytes_out"] for each in found.rows] == [1, 2, 3]
    assert {each["fields"]["user"] for each in found.rows} == {"alice"}
    assert found.reasons == []


def test_a_number_of_variable_length_is_a_number() -> None:
    body = ADDRESSES + variable(b"\x01\x00\x01")
    assert row(ipfix(fset(2, definition(256, (*ENDS, (1, 65535)))), fset(256, body)))["ip_bytes_out"] == 65_537


def test_records_before_one_that_runs_out_of_its_set_are_kept() -> None:
    whole = ADDRESSES + variable(b"dns")
    cut = ADDRESSES + b"\xc8dns"
    found = read(ipfix(fset(2, definition(256, (*ENDS, (96, 65535)))), fset(256, whole + cut), fset(256, whole)))
    assert [each["application"] for each in found.rows] == ["dns", "dns"]
    assert found.reasons == ["message 0: a record of template 256 runs out of its set"]


def test_a_template_that_is_withdrawn_is_not_used_any_more() -> None:
    data = fset(256, ADDRESSES)
    found = read(
        ipfix(fset(2, definition(256, ENDS)), data),
        ipfix(fset(2, struct.pack(">HH", 256, 0)), data, sequence=1),
    )
    assert len(found.rows) == 1
    assert found.reasons == [
        "no template 256 of observation domain 1 came in time: 1 data sets (8 bytes) cannot be read"
    ]


def test_all_templates_are_withdrawn_at_once() -> None:
    templates = [fset(2, definition(number, ENDS)) for number in (256, 257)]
    found = read(ipfix(*templates, fset(2, struct.pack(">HH", 2, 0)), fset(256, ADDRESSES), fset(257, ADDRESSES)))
    assert found.rows == []
    assert len(found.reasons) == 2


def test_a_template_that_changes_holds_from_then_on() -> None:
    found = read(
        ipfix(fset(2, definition(256, (*ENDS, (1, 4)))), fset(256, ADDRESSES + struct.pack(">I", 7))),
        ipfix(fset(2, definition(256, (*ENDS, (1, 2)))), fset(256, ADDRESSES + struct.pack(">H", 8)), sequence=1),
    )
    assert [each["ip_bytes_out"] for each in found.rows] == [7, 8]
    assert found.reasons == []


def test_domains_do_not_share_templates() -> None:
    found = read(ipfix(fset(2, definition(256, ENDS)), domain=1), ipfix(fset(256, ADDRESSES), domain=2))
    assert found.reasons == [
        "no template 256 of observation domain 2 came in time: 1 data sets (8 bytes) cannot be read"
    ]


def test_uptimes_count_from_the_start_that_options_tell() -> None:
    options = fset(3, definition(257, ((149, 4), (160, 8)), scopes=1))
    told = fset(257, struct.pack(">IQ", 1, (SECONDS - 100) * 1000))
    record = ADDRESSES + struct.pack(">II", 40_000, 41_000)
    found = row(
        ipfix(options, told), ipfix(fset(2, definition(256, (*ENDS, (22, 4), (21, 4)))), fset(256, record), sequence=1)
    )
    assert found["event_time"] == datetime.fromtimestamp(SECONDS - 60, UTC)
    assert found["duration_ms"] == 1000


def test_uptimes_that_count_from_nowhere_still_say_how_long() -> None:
    record = ADDRESSES + struct.pack(">II", 40_000, 41_000)
    found = row(ipfix(fset(2, definition(256, (*ENDS, (22, 4), (21, 4)))), fset(256, record)))
    assert found["event_time"] == datetime.fromtimestamp(SECONDS - 1, UTC)
    assert (found["duration_ms"], found["fields"]["time_basis"]) == (1000, "export")


def test_records_about_something_else_are_counted_not_stored() -> None:
    found = read(ipfix(fset(2, definition(256, ((144, 4), (41, 8)))), fset(256, bytes(36))))
    assert found.rows == []
    assert found.reasons == ["template 256 of observation domain 1 tells of no flow: 3 records are passed over"]


_DAMAGED: dict[str, tuple[bytes, str]] = {
    "no field": (fset(3, definition(256, (), scopes=0)), "holds export packets without data, and no flow"),
    "more fields than bytes": (
        fset(2, struct.pack(">HHHH", 256, 50, 8, 4)),
        "claims 50 fields, more than its set holds",
    ),
    "no bytes": (fset(2, definition(256, ((8, 0), (12, 0)))), "fields of no length only"),
    "more scopes than fields": (fset(3, definition(256, ENDS, scopes=9)), "claims 9 scopes among 2 fields"),
    "a number of a set": (fset(2, definition(7, ENDS)), "has a number below 256"),
    "a set of no known kind": (fset(77, ADDRESSES), "set 77 is of no known kind"),
    "a set shorter than its header": (fset(2, b"\1\2\3\4", length=2), "set 2 claims 2 bytes, less than its own header"),
    "a set longer than its message": (
        fset(2, definition(256, ENDS), length=400),
        "set 2 claims 400 bytes, 16 are left",
    ),
}


@pytest.mark.parametrize(("content", "expected"), _DAMAGED.values(), ids=_DAMAGED)
def test_what_is_damaged_has_a_reason_and_hides_nothing_else(content: bytes, expected: str) -> None:
    good = ipfix(fset(2, definition(300, ENDS)), fset(300, ADDRESSES), domain=2)
    assert any(expected in reason for reason in read(ipfix(content)).reasons)
    assert len(read(ipfix(content), good).rows) == 1


def test_a_message_that_is_cut_gives_its_whole_records() -> None:
    message = ipfix(fset(2, definition(256, ENDS)), fset(256, ADDRESSES * 4))
    found = read(message[:-10])
    assert len(found.rows) == 2
    assert "IPFIX: 10 of 68 bytes are cut off" in found.reasons[0]


@pytest.mark.parametrize(
    ("probability", "packets"),
    [
        (struct.pack(">d", 0.01), 700),
        (struct.pack(">f", 0.125), 56),
        (struct.pack(">d", 0.0), 7),
        (struct.pack(">d", -0.5), 7),
        (struct.pack(">d", float("nan")), 7),
        (struct.pack(">d", 2.0), 7),
    ],
    ids=["long", "short", "none", "negative", "no number", "above one"],
)
def test_a_probability_is_a_rate(probability: bytes, packets: int) -> None:
    record = ADDRESSES + struct.pack(">I", 7) + probability
    found = row(ipfix(fset(2, definition(256, (*ENDS, (2, 4), (311, len(probability))))), fset(256, record)))
    assert found["packets_out"] == packets
