import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.s7comm import packet_length, parse_packet
from tests.pipelines.capture.frames import pcap_file, read_capture, talk


def _packet(body: bytes) -> bytes:
    return struct.pack("!BBH", 3, 0, 7 + len(body)) + b"\x02\xf0\x80" + body


def _job(parameter: bytes, data: bytes = b"", *, reference: int = 7) -> bytes:
    return _packet(struct.pack("!BBHHHH", 0x32, 1, 0, reference, len(parameter), len(data)) + parameter + data)


def _answer(parameter: bytes, data: bytes = b"", *, reference: int = 7, error: bytes = b"\0\0") -> bytes:
    head = struct.pack("!BBHHHH", 0x32, 3, 0, reference, len(parameter), len(data))
    return _packet(head + error + parameter + data)


def _user(group: int, subfunction: int, *, method: int = 4, reference: int = 9, error: bytes = b"") -> bytes:
    kind = bytes([method << 4 | group, subfunction, 0])
    parameter = b"\0\x01\x12" + (b"\x04\x11" if method == 4 else b"\x08\x12") + kind
    parameter += b"\0\0" + error if error else b""
    head = struct.pack("!BBHHHH", 0x32, 7, 0, reference, len(parameter), 4)
    return _packet(head + parameter + b"\x0a\0\0\0")


def _item(block: int, area: int, bits: int) -> bytes:
    return b"\x12\x0a\x10\x02\0\x01" + struct.pack("!HB", block, area) + bits.to_bytes(3, "big")


_STOP = b"\x29\0\0\0\0\0\x09P_PROGRAM"
_CONTROL = b"\x28\0\0\0\0\0\0\xfd\0\0\x05_INSE"


@pytest.mark.parametrize(
    ("packet", "expected"),
    [
        (_job(b"\xf0\0\0\x01\0\x01\x01\xe0"), {"function_name": "Setup Communication", "is_write": "false"}),
        (_job(b"\x04\x01" + _item(1, 0x84, 33)), {"function_name": "Read Variable", "address": "DB1.4.1"}),
        (
            _job(b"\x05\x02" + _item(1, 0x84, 0) + _item(0, 0x83, 80), b"\0\x04\0\x08\0"),
            {"function_name": "Write Variable", "address": "DB1.0.0,M.10.0", "quantity": "2", "is_write": "true"},
        ),
        (_job(b"\x1a\0\x01\0\0\0\0\0\x09_0800001P"), {"function_name": "Request Download", "block": "_0800001P"}),
        (_job(b"\x1d\0\0\0\0\0\0\0\x09_0A00001A"), {"function_name": "Start Upload", "block": "_0A00001A"}),
        (_job(b"\x1e\0\0\0\0\0\0\x01"), {"function_name": "Upload", "is_write": "false"}),
        (_job(_CONTROL), {"function_name": "PLC Control", "pi_service": "_INSE", "is_write": "true"}),
        (_job(_STOP), {"function_name": "PLC Stop", "pi_service": "P_PROGRAM", "is_write": "true"}),
        (_user(4, 1), {"function_name": "Request: CPU Functions", "subfunction_name": "Read SZL"}),
        (_user(3, 2), {"function_name": "Request: Block Functions", "subfunction_name": "List Blocks of Type"}),
        (
            _user(7, 2),
            {"function_name": "Request: Time Functions", "subfunction_name": "Set Clock", "is_write": "true"},
        ),
        (_user(7, 1), {"subfunction_name": "Read Clock", "is_write": "false"}),
        (_user(1, 12), {"subfunction_name": "Memory Reset", "is_write": "true"}),
        (_job(b"\x77"), {"function_name": "unknown-119"}),
    ],
)
def test_requests_say_what_they_ask(packet: bytes, expected: dict[str, str]) -> None:
    (event,) = read_capture(pcap_file(talk((True, packet), to=102))).events
    assert expected.items() <= event["fields"].items()
    assert (event["category"], event["service"], event["outcome"]) == ("ics", "s7comm", "unknown")
    assert event["action"] == ("write" if event["fields"]["is_write"] == "true" else "read")


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (_answer(b"\x05\x01", b"\xff"), "success"),
        (_answer(b"\x05\x01", b"\x0a"), "failure"),
        (_answer(b"\x05\x01", b"", error=b"\x81\x04"), "failure"),
    ],
    ids=["granted", "no such object", "error"],
)
def test_a_request_and_its_answer_are_one_event(answer: bytes, outcome: str) -> None:
    request = _job(b"\x05\x01" + _item(1, 0x84, 0), b"\0\x04\0\x08\0")
    found = read_capture(pcap_file(talk((True, request), (False, answer), to=102)))
    (event,) = found.events
    assert (event["outcome"], event["fields"]["rosctr_name"]) == (outcome, "Job-Request")
    assert [flow["application"] for flow in found.flows] == ["s7comm"]


def test_user_data_is_answered_under_its_reference() -> None:
    said = [(True, _user(4, 1)), (False, _user(4, 1, method=8, error=b"\0\0"))]
    (event,) = read_capture(pcap_file(talk(*said, to=102))).events
    assert (event["outcome"], event["fields"]["function_name"]) == ("success", "Request: CPU Functions")


def test_an_answer_alone_is_told_of_whom_it_answers() -> None:
    packets = talk((False, _answer(b"\x29", reference=1)), to=102)
    (event,) = read_capture(pcap_file(packets)).events
    assert (event["fields"]["function_name"], event["destination_port"]) == ("PLC Stop", 102)


@pytest.mark.parametrize(
    ("operation", "function", "expected"),
    [
        (0x31, 0x04BB, {"function_name": "Explore", "opcode_name": "Request", "is_write": "false"}),
        (0x31, 0x04F2, {"function_name": "Set Variable", "is_write": "true"}),
        (0x31, 0x0542, {"function_name": "Set Multi Variables", "is_write": "true"}),
        (0x33, 0x0000, {"opcode_name": "Notification", "is_write": "false"}),
    ],
)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_the_newer_protocol_is_recognised(
    version: int, operation: int, function: int, expected: dict[str, str]
) -> None:
    message = struct.pack("!BHHHH", operation, 0, function, 0, 5) + bytes(20)
    digest = b"\x20" + bytes(32) if version == 3 else b""
    body = struct.pack("!BBH", 0x72, version, len(message)) + digest + message
    (event,) = read_capture(pcap_file(talk((True, _packet(body)), to=102))).events
    assert expected.items() <= event["fields"].items()
    assert (event["service"], event["fields"]["version"]) == ("s7comm_plus", str(version))


def test_another_protocol_on_the_same_transport_is_not_taken_for_it() -> None:
    session = _packet(b"\x0d\x4a" + bytes(70))
    found = read_capture(pcap_file(talk((True, session), (False, session), to=102)))
    assert found.events == []
    assert [flow["application"] for flow in found.flows] == [""]


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(content: bytes) -> None:
    assert packet_length(content[:4].ljust(4, b"\0")) <= 65_535
    for packet in (content, _packet(content), _packet(b"\x32" + content), _packet(b"\x72" + content), _job(content)):
        parse_packet(packet)
    parse_packet(_packet(b"\x32\x07" + bytes(4) + b"\0\x20\0\0" + content))
