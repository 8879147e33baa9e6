import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.modbus import parse_unit, request_fields
from tests.pipelines.capture.frames import back, out, pcap_file, read_capture, talk, udp


def _unit(function: int, body: bytes, *, transaction: int = 1, device: int = 3) -> bytes:
    return struct.pack("!HHHBB", transaction, 0, len(body) + 2, device, function) + body


@pytest.mark.parametrize(
    ("function", "body", "expected"),
    [
        (1, "0000000a", {"func": "READ_COILS", "is_write": "false", "address": "0", "quantity": "10"}),
        (3, "00640002", {"func": "READ_HOLDING_REGISTERS", "is_write": "false", "address": "100", "quantity": "2"}),
        (5, "0001ff00", {"func": "WRITE_SINGLE_COIL", "is_write": "true", "address": "1", "value": "65280"}),
        (6, "00640007", {"func": "WRITE_SINGLE_REGISTER", "is_write": "true", "address": "100", "value": "7"}),
        (16, "0064000204000a000b", {"func": "WRITE_MULTIPLE_REGISTERS", "is_write": "true", "value": "10,11"}),
        (23, "0001000100640001020009", {"func": "READ_WRITE_MULTIPLE_REGISTERS", "address": "100", "value": "9"}),
        (8, "0002ffff", {"func": "DIAGNOSTICS", "is_write": "false"}),
        (8, "00040000", {"func": "DIAGNOSTICS", "is_write": "true"}),
        (90, "0002", {"func": "PROGRAM_UNITY", "is_write": "false"}),
        (90, "4c41ff00", {"func": "PROGRAM_UNITY", "is_write": "true"}),
        (90, "", {"func": "PROGRAM_UNITY", "is_write": "false"}),
        (43, "0e0100", {"func": "ENCAP_INTERFACE_TRANSPORT", "is_write": "false"}),
        (99, "", {"func": "unknown-99", "is_write": "false"}),
    ],
)
def test_requests_say_what_they_ask(function: int, body: str, expected: dict[str, str]) -> None:
    unit = parse_unit(_unit(function, bytes.fromhex(body)))
    assert unit is not None
    assert expected.items() <= request_fields(unit).items()


def test_a_request_and_its_response_are_one_event() -> None:
    write, echo = _unit(6, bytes.fromhex("00640007")), _unit(6, bytes.fromhex("00640007"))
    found = read_capture(pcap_file(talk((True, write), (False, echo), to=502)))
    (event,) = found.events
    assert (event["category"], event["service"], event["action"], event["outcome"]) == (
        "ics",
        "modbus",
        "write",
        "success",
    )
    assert (event["fields"]["unit_id"], event["fields"]["is_write"]) == ("3", "true")
    assert [flow["application"] for flow in found.flows] == ["modbus"]


def test_datagrams_carry_units_too() -> None:
    write = _unit(6, bytes.fromhex("00640007"))
    packets = [(1.0, out(udp(40000, 502, write), 17)), (1.1, back(udp(502, 40000, write), 17))]
    (event,) = read_capture(pcap_file(packets)).events
    assert (event["action"], event["outcome"], event["fields"]["address"]) == ("write", "success", "100")


def test_a_refusal_is_a_failure_with_its_name() -> None:
    packets = talk((True, _unit(3, bytes.fromhex("ffff0001"))), (False, _unit(0x83, b"\x02")), to=502)
    (event,) = read_capture(pcap_file(packets)).events
    assert (event["outcome"], event["fields"]["exception"]) == ("failure", "ILLEGAL_DATA_ADDRESS")


def test_every_unit_of_a_stream_is_read_however_segments_cut_it() -> None:
    stream = b"".join(_unit(6, bytes(4), transaction=number) for number in range(5))
    for size in (1, 5, 12, 30):
        pieces = [(True, stream[at : at + size]) for at in range(0, len(stream), size)]
        events = read_capture(pcap_file(talk(*pieces, to=502))).events
        assert [event["fields"]["tid"] for event in events] == ["0", "1", "2", "3", "4"]


@pytest.mark.parametrize("payload", [b"", bytes(7), b"GET / HTTP/1.1\r\n\r\n", _unit(3, bytes(4))[:-1]])
def test_what_is_no_whole_unit_gives_none(payload: bytes) -> None:
    assert parse_unit(payload) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(payload: bytes) -> None:
    unit = parse_unit(payload)
    if unit is not None:
        request_fields(unit)
    second = parse_unit(_unit(payload[0] if payload else 0, payload[:200]))
    assert second is not None
    request_fields(second)
