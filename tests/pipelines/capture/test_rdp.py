import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.rdp import parse_packet
from tests.pipelines.capture.frames import pcap_file, read_capture, storable, talk


def _packet(kind: int, content: bytes = b"") -> bytes:
    body = bytes([6 + len(content), kind]) + bytes(5) + content
    return struct.pack("!BBH", 3, 0, 4 + len(body)) + body


def _negotiation(kind: int, value: int) -> bytes:
    return struct.pack("<BBHI", kind, 0, 8, value)


_COOKIE = b"Cookie: mstshash=operator\r\n"


@pytest.mark.parametrize(
    ("content", "answer", "expected"),
    [
        (_COOKIE + _negotiation(1, 3), _negotiation(2, 2), ("operator", "SSL,HYBRID", "HYBRID", None, "success")),
        (_COOKIE + _negotiation(1, 0), _negotiation(2, 0), ("operator", "RDP", "RDP", None, "success")),
        (_COOKIE, b"", ("operator", "RDP", "RDP", None, "success")),
        (_negotiation(1, 11), _negotiation(2, 8), (None, "SSL,HYBRID,HYBRID_EX", "HYBRID_EX", None, "success")),
        (
            _COOKIE + _negotiation(1, 0),
            _negotiation(3, 5),
            ("operator", "RDP", None, "HYBRID_REQUIRED_BY_SERVER", "failure"),
        ),
    ],
    ids=["network level", "none", "old client", "no cookie", "refused"],
)
def test_who_asks_and_what_is_chosen_are_one_event(
    content: bytes, answer: bytes, expected: tuple[str | None, ...]
) -> None:
    found = read_capture(pcap_file(talk((True, _packet(0xE0, content)), (False, _packet(0xD0, answer)), to=3390)))
    (event,) = found.events
    names = ("cookie", "requested_protocols", "security_protocol", "result")
    assert (*(event["fields"].get(name) for name in names), event["outcome"]) == expected
    assert (event["category"], event["service"], event["action"]) == ("rdp", "rdp", "handshake")
    assert [flow["application"] for flow in found.flows] == ["rdp"]
    assert "is_write" not in event["fields"]


def test_an_unanswered_request_is_of_unknown_outcome() -> None:
    (event,) = read_capture(pcap_file(talk((True, _packet(0xE0, _COOKIE)), to=3389))).events
    assert event["outcome"] == "unknown"


def test_a_choice_alone_is_told_of_the_client() -> None:
    (event,) = read_capture(pcap_file(talk((False, _packet(0xD0, _negotiation(2, 1))), to=3389))).events
    assert (event["fields"]["security_protocol"], event["destination_port"]) == ("SSL", 3389)


def test_another_protocol_over_the_same_transport_is_not_taken_for_it() -> None:
    said = [(True, _packet(0xE0, b"\xc1\x02\x01\0")), (False, _packet(0xD0, b"\xc1\x02\x01\0"))]
    found = read_capture(pcap_file(talk(*said, to=1102)))
    assert found.events == []


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(content: bytes) -> None:
    for packet in (
        content,
        _packet(0xE0, content[:200]),
        _packet(0xD0, content[:200]),
        _packet(0xE0, _COOKIE + content[:200]),
    ):
        assert storable(parse_packet(packet))
