import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.dnp3 import frame_length, parse_frame
from tests.pipelines.capture.frames import out, pcap_file, read_capture, talk, udp


def _frame(function: int, body: bytes = b"", *, sequence: int = 3, master: bool = True, transport: int = 0xC0) -> bytes:
    data = bytes([transport, 0xC0 | sequence, function]) + body
    ends = (10, 1) if master else (1, 10)
    head = b"\x05\x64" + bytes([len(data) + 5, 0xC4]) + struct.pack("<HH", *ends)
    blocks = [data[at : at + 16] + b"\xee\xee" for at in range(0, len(data), 16)]
    return head + b"\xcc\xcc" + b"".join(blocks)


def _reply(*, sequence: int = 3, indications: bytes = b"\0\0") -> bytes:
    return _frame(129, indications, sequence=sequence, master=False)


_CROB = bytes.fromhex("0c0117010503 01 64000000 64000000 00".replace(" ", ""))


@pytest.mark.parametrize(
    ("function", "body", "expected"),
    [
        (1, "3c0206", {"fc_request": "READ", "object": "g60v2", "is_write": "false"}),
        (1, "1e0500010a", {"fc_request": "READ", "object": "g30v5", "index": "1-10"}),
        (1, "1e050100010101", {"fc_request": "READ", "index": "256-257"}),
        (2, "3201070100", {"fc_request": "WRITE", "object": "g50v1", "is_write": "true"}),
        (2, "50010007070000", {"fc_request": "WRITE", "object": "g80v1", "index": "7"}),
        (
            3,
            _CROB.hex(),
            {"fc_request": "SELECT", "object": "g12v1", "quantity": "1", "index": "5", "is_write": "true"},
        ),
        (4, _CROB.hex(), {"fc_request": "OPERATE", "is_write": "true"}),
        (5, _CROB.hex(), {"fc_request": "DIRECT_OPERATE", "is_write": "true"}),
        (13, "", {"fc_request": "COLD_RESTART", "is_write": "true"}),
        (18, "", {"fc_request": "STOP_APPL", "is_write": "true"}),
        (21, "3c0206", {"fc_request": "DISABLE_UNSOLICITED", "is_write": "true"}),
        (23, "", {"fc_request": "DELAY_MEASURE", "is_write": "false"}),
        (25, "", {"fc_request": "OPEN_FILE", "is_write": "true"}),
        (33, "", {"fc_request": "AUTHENTICATE_ERR"}),
    ],
)
def test_requests_say_what_they_ask(function: int, body: str, expected: dict[str, str]) -> None:
    packets = talk((True, _frame(function, bytes.fromhex(body))), to=20000)
    (event,) = read_capture(pcap_file(packets)).events
    assert expected.items() <= event["fields"].items()
    assert (event["category"], event["service"], event["outcome"]) == ("ics", "dnp3", "unknown")
    assert event["action"] == ("write" if event["fields"]["is_write"] == "true" else "read")
    assert (event["fields"]["link_source"], event["fields"]["link_destination"]) == ("1", "10")


@pytest.mark.parametrize(
    ("indications", "outcome"),
    [("0000", "success"), ("1000", "success"), ("0001", "failure"), ("0004", "failure")],
    ids=["nothing", "needs time", "no such function", "wrong parameter"],
)
def test_a_request_and_its_reply_are_one_event(indications: str, outcome: str) -> None:
    said = [(True, _frame(5, _CROB)), (False, _reply(indications=bytes.fromhex(indications)))]
    found = read_capture(pcap_file(talk(*said, to=20000)))
    (event,) = found.events
    assert (event["outcome"], event["fields"]["fc_reply"]) == (outcome, "RESPONSE")
    assert event["fields"]["iin"] == str(int(indications, 16))
    assert [flow["application"] for flow in found.flows] == ["dnp3"]


def test_every_frame_of_a_stream_is_read_however_segments_cut_it_and_on_any_port() -> None:
    stream = b"".join(_frame(1, b"\x3c\x02\x06" * 9, sequence=number) for number in range(5))
    for size in (7, 30, 200):
        pieces = [(True, stream[at : at + size]) for at in range(0, len(stream), size)]
        assert len(read_capture(pcap_file(talk(*pieces, to=20000))).events) == 5
    assert len(read_capture(pcap_file(talk((True, stream), to=19999))).events) == 5


def test_datagrams_are_read_too() -> None:
    (event,) = read_capture(pcap_file([(1.0, out(udp(4000, 20000, _frame(2)), 17))])).events
    assert event["fields"]["fc_request"] == "WRITE"


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (b"\x05\x64\x05\xc0\x0a\0\x01\0\xcc\xcc", "a link frame without data"),
        (_frame(0), "a confirmation"),
        (_frame(1, transport=0x80), "a later segment of a fragment"),
        (_frame(1)[:10], "a cut frame"),
        (b"", "nothing"),
        (b"\x05\x65" + _frame(1)[2:], "something else"),
    ],
)
def test_what_asks_nothing_gives_none(frame: bytes, why: str) -> None:
    assert parse_frame(frame) is None, why


def test_an_unsolicited_response_is_an_event_about_the_outstation() -> None:
    said = [(True, _frame(1)), (False, _reply()), (False, _frame(130, b"\0\0", master=False))]
    told = read_capture(pcap_file(talk(*said, to=20000))).events[-1]
    assert (told["fields"]["fc_reply"], told["destination_port"]) == ("UNSOLICITED_RESPONSE", 20000)


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(content: bytes) -> None:
    assert 0 <= frame_length(content[:10].ljust(10, b"\0")) <= 292
    parse_frame(content)
    parse_frame(b"\x05\x64" + content)
    parse_frame(_frame(content[0] if content else 1, content[:200]))
