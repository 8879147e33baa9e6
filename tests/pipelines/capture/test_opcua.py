import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.opcua import message_length, parse_message
from tests.pipelines.capture.frames import pcap_file, read_capture, talk

_NONE = b"http://opcfoundation.org/UA/SecurityPolicy#None"
_OLD = b"http://opcfoundation.org/UA/SecurityPolicy#Basic256"


def _text(content: bytes | None) -> bytes:
    return struct.pack("<i", -1) if content is None else struct.pack("<i", len(content)) + content


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + b"F" + struct.pack("<I", 8 + len(body)) + body


def _type(number: int) -> bytes:
    return b"\x01\0" + struct.pack("<H", number)


def _request_header() -> bytes:
    return b"\x03\x01\0" + _text(b"token") + bytes(16) + _text(None) + bytes(4) + b"\0\0\0"


def _call(number: int, body: bytes = b"", *, request: int = 5) -> bytes:
    return _message(b"MSG", struct.pack("<4I", 1, 1, 51, request) + _type(number) + body)


def _answer(number: int, status: int = 0, *, request: int = 5) -> bytes:
    return _call(number, bytes(12) + struct.pack("<I", status) + bytes(8), request=request)


def _open(policy: bytes, body: bytes) -> bytes:
    return _message(b"OPN", bytes(4) + _text(policy) + _text(None) + _text(None) + struct.pack("<II", 51, 1) + body)


def _hello() -> bytes:
    return _message(b"HEL", bytes(20) + _text(b"opc.tcp://plc.example.org:4840"))


_NODES = struct.pack("<I", 2) + b"\x03\x02\0" + _text(b"Pump.Speed") + b"\x0d\0\0\0"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (_hello(), {"msg_type": "HEL", "endpoint_url": "opc.tcp://plc.example.org:4840", "is_write": "false"}),
        (
            _open(_NONE, _type(446)),
            {"identifier_str": "OpenSecureChannelRequest", "sec_policy_uri": _NONE.decode(), "msg_type": "OPN"},
        ),
        (
            _open(_OLD, bytes(range(50, 99))),
            {"identifier_str": "OpenSecureChannelRequest", "sec_policy_uri": _OLD.decode()},
        ),
        (_call(461), {"identifier_str": "CreateSessionRequest", "msg_type": "MSG", "request_id": "5"}),
        (
            _call(631, _request_header() + bytes(12) + _NODES),
            {"identifier_str": "ReadRequest", "node": "ns=2;s=Pump.Speed", "quantity": "2", "is_write": "false"},
        ),
        (
            _call(673, _request_header() + struct.pack("<I", 1) + b"\x01\x03\x39\x05"),
            {"identifier_str": "WriteRequest", "node": "ns=3;i=1337", "is_write": "true"},
        ),
        (
            _call(712, _request_header() + struct.pack("<I", 1) + b"\0\x55"),
            {"identifier_str": "CallRequest", "node": "i=85", "is_write": "true"},
        ),
        (_call(500), {"identifier_str": "DeleteNodesRequest", "is_write": "true"}),
        (
            _call(527, _request_header() + bytes(2 + 16) + struct.pack("<I", 1) + b"\0\x55"),
            {"identifier_str": "BrowseRequest", "node": "i=85", "quantity": "1", "is_write": "false"},
        ),
        (
            _call(751, _request_header() + bytes(8) + _NODES),
            {"identifier_str": "CreateMonitoredItemsRequest", "node": "ns=2;s=Pump.Speed", "quantity": "2"},
        ),
        (_call(826), {"identifier_str": "PublishRequest", "is_write": "false"}),
    ],
)
def test_requests_say_what_they_ask(message: bytes, expected: dict[str, str]) -> None:
    found = read_capture(pcap_file(talk((True, message), to=48400)))
    (event,) = found.events
    assert expected.items() <= event["fields"].items()
    assert (event["category"], event["service"], event["outcome"]) == ("ics", "opcua-binary", "unknown")
    assert event["action"] == ("write" if event["fields"]["is_write"] == "true" else "read")
    assert [flow["application"] for flow in found.flows] == ["opcua"]


@pytest.mark.parametrize(("status", "outcome"), [(0, "success"), (0x0040_0000, "success"), (0x8034_0000, "failure")])
def test_a_request_and_its_answer_are_one_event(status: int, outcome: str) -> None:
    said = [
        (True, _call(673)),
        (True, _call(631, request=6)),
        (False, _answer(676, status)),
        (False, _answer(634, request=6)),
    ]
    write, read = read_capture(pcap_file(talk(*said, to=4840))).events
    assert (write["fields"]["identifier_str"], write["outcome"]) == ("WriteRequest", outcome)
    assert (read["fields"]["identifier_str"], read["outcome"]) == ("ReadRequest", "success")


@pytest.mark.parametrize(
    ("results", "outcome", "status"),
    [
        ((0, 0), "success", None),
        ((0, 0x803B_0000), "failure", "0x803b0000"),
        ((0x4000_0000,), "success", None),
        ((), "success", None),
    ],
    ids=["all good", "one refused", "uncertain", "none"],
)
def test_a_write_is_granted_when_every_value_is(results: tuple[int, ...], outcome: str, status: str | None) -> None:
    given_back = struct.pack(f"<I{len(results)}I", len(results), *results)
    answer = _call(676, bytes(12 + 4 + 1 + 4 + 3) + given_back)
    (event,) = read_capture(pcap_file(talk((True, _call(673)), (False, answer), to=4840))).events
    assert (event["outcome"], event["fields"].get("status_code")) == (outcome, status)


def test_a_greeting_may_be_refused() -> None:
    refusal = _message(b"ERR", struct.pack("<I", 0x8083_0000) + _text(b"busy"))
    (event,) = read_capture(pcap_file(talk((True, _hello()), (False, refusal), to=4840))).events
    assert (event["outcome"], event["fields"]["error"]) == ("failure", "0x80830000")


def test_a_channel_that_a_server_opens_encrypted_is_told_as_an_answer() -> None:
    (event,) = read_capture(pcap_file(talk((False, _open(_OLD, bytes(range(9, 90)))), to=4840))).events
    assert (event["fields"]["identifier_str"], event["destination_port"]) == ("OpenSecureChannelResponse", 4840)


def test_every_message_of_a_stream_is_read_however_segments_cut_it() -> None:
    stream = b"".join(_call(631, bytes(300), request=number) for number in range(5))
    for size in (40, 100, 1400):
        pieces = [(True, stream[at : at + size]) for at in range(0, len(stream), size)]
        events = read_capture(pcap_file(talk(*pieces, to=4840))).events
        assert sorted(event["fields"]["request_id"] for event in events) == list("01234")


@pytest.mark.parametrize(
    "message", [b"", _call(673)[:7], _call(60000), _message(b"MSG", bytes(range(60))), b"MSGF" + bytes(8)]
)
def test_what_asks_nothing_gives_none(message: bytes) -> None:
    assert parse_message(message) is None


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_judged_without_an_exception(content: bytes, by_client: bool) -> None:
    assert 0 <= message_length(content[:8].ljust(8, b"\0")) <= 1 << 26
    for message in (
        content,
        _message(b"OPN", content),
        _message(b"MSG", content),
        _call(631, content),
        _answer(676)[:40],
    ):
        parse_message(message, by_client)
    parse_message(_call(673, _request_header() + b"\x01\0\0\0" + content), by_client)
