import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.bacnet import parse_datagram
from tests.pipelines.capture.frames import Timed, back, out, pcap_file, read_capture, storable, udp

_PORT = 47808


def _link(function: int, body: bytes) -> bytes:
    return struct.pack("!BBH", 0x81, function, 4 + len(body)) + body


def _sent(message: bytes, *, header: bytes = b"\x01\x04", function: int = 10) -> bytes:
    return _link(function, header + message)


def _request(service: int, body: bytes = b"", *, invoke: int = 1) -> bytes:
    return _sent(bytes([0x00, 0x05, invoke, service]) + body)


def _object(kind: int, instance: int, prop: bytes = b"\x19\x55") -> bytes:
    return b"\x0c" + struct.pack("!I", kind << 22 | instance) + prop


def _exchange(*said: tuple[bool, bytes]) -> list[Timed]:
    frames = [(out if asks else back)(udp(_PORT, _PORT, content), 17) for asks, content in said]
    return [(1.0 + at, frame) for at, frame in enumerate(frames)]


_WHO_IS = _sent(b"\x10\x08", header=b"\x01\x20\xff\xff\x00\xff", function=11)


@pytest.mark.parametrize(
    ("datagram", "expected"),
    [
        (
            _WHO_IS,
            {"pdu_service": "who_is", "pdu_type": "UNCONFIRMED_REQUEST", "bvlc_function": "Original_Broadcast_NPDU"},
        ),
        (_sent(b"\x10\x06\xa4"), {"pdu_service": "time_synchronization", "is_write": "true"}),
        (
            _request(12, _object(0, 7)),
            {
                "pdu_service": "read_property",
                "object_type": "analog-input",
                "instance_number": "7",
                "property": "present-value",
                "is_write": "false",
            },
        ),
        (
            _request(15, _object(5, 9, b"\x1a\x02\x00")),
            {"pdu_service": "write_property", "property": "512", "is_write": "true"},
        ),
        (_request(14, _object(8, 1, b"\x1e\x09\x08")), {"pdu_service": "read_property_multiple", "property": "all"}),
        (_request(7), {"pdu_service": "atomic_write_file", "is_write": "true"}),
        (_request(17), {"pdu_service": "device_communication_control", "is_write": "true"}),
        (_request(20), {"pdu_service": "reinitialized_device", "invoke_id": "1", "is_write": "true"}),
        (_request(200), {"pdu_service": "unknown-200"}),
        (_link(4, bytes(6) + b"\x01\0\x10\x08"), {"bvlc_function": "Forwarded_NPDU", "pdu_service": "who_is"}),
        (_link(5, b"\0\x3c"), {"bvlc_function": "Register_Foreign_Device", "is_write": "true"}),
        (_link(2, b""), {"bvlc_function": "Read_Broadcast_Table", "is_write": "false"}),
        (_sent(b"\x01\0\0", header=b"\x01\x80"), {"bvlc_function": "Original_Unicast_NPDU"}),
    ],
)
def test_requests_say_what_they_ask(datagram: bytes, expected: dict[str, str]) -> None:
    found = read_capture(pcap_file(_exchange((True, datagram))))
    (event,) = found.events
    assert expected.items() <= event["fields"].items()
    assert (event["category"], event["service"], event["outcome"]) == ("ics", "bacnet", "unknown")
    assert [flow["application"] for flow in found.flows] == ["bacnet"]


@pytest.mark.parametrize(
    ("answer", "outcome", "response"),
    [
        (_sent(b"\x20\x01\x0f"), "success", "SIMPLE_ACK"),
        (_sent(b"\x30\x01\x0f\x0c"), "success", "COMPLEX_ACK"),
        (_sent(b"\x50\x01\x0f\x91\x02\x91\x20"), "failure", "ERROR_PDU"),
        (_sent(b"\x60\x01\x09"), "failure", "REJECT_PDU"),
        (_sent(b"\x71\x01\x04"), "failure", "ABORT_PDU"),
    ],
)
def test_a_request_and_its_answer_are_one_event(answer: bytes, outcome: str, response: str) -> None:
    (event,) = read_capture(pcap_file(_exchange((True, _request(15)), (False, answer)))).events
    assert (event["outcome"], event["fields"]["response_type"]) == (outcome, response)
    assert (event["action"], event["fields"]["pdu_type"]) == ("write", "CONFIRMED_REQUEST")


def test_both_sides_may_ask_under_the_same_number() -> None:
    said = [
        (True, _request(12)),
        (False, _request(15)),
        (True, _sent(b"\x20\x01\x0f")),
        (False, _sent(b"\x60\x01\x09")),
    ]
    events = read_capture(pcap_file(_exchange(*said))).events
    assert [(event["fields"]["pdu_service"], event["outcome"]) for event in events] == [
        ("read_property", "failure"),
        ("write_property", "success"),
    ]
    assert events[0]["source_ip"] == events[1]["destination_ip"]


@pytest.mark.parametrize(
    "datagram", [b"", b"\x81\x0a\0\x03", b"\x81\x0a\0\xff", b"\x81\x63\0\x04", b"\x82\x0a\0\x04", _sent(b"\x40\0\0\0")]
)
def test_what_asks_nothing_gives_none(datagram: bytes) -> None:
    assert parse_datagram(datagram) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(content: bytes) -> None:
    for datagram in (content, _sent(content), _link(4, content), _request(14, content)):
        assert storable(parse_datagram(datagram))


def test_every_network_of_a_building_is_heard() -> None:
    frame = out(udp(47823, 47823, _request(15, _object(5, 9, b"\x1a\x02\x00"))), 17)
    (event,) = read_capture(pcap_file([(1.0, frame)])).events
    assert (event["service"], event["fields"]["pdu_service"]) == ("bacnet", "write_property")
