import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.dns import parse_message
from tests.pipelines.capture.frames import Timed, back, out, pcap_file, read_capture, talk, udp

_NAME = b"\x03WWW\x07example\x03org\0"


def _query(identifier: int = 1, name: bytes = _NAME, kind: int = 1) -> bytes:
    return struct.pack("!6H", identifier, 0x0100, 1, 0, 0, 0) + name + struct.pack("!HH", kind, 1)


def _response(*answers: tuple[int, bytes], code: int = 0, kind: int = 1, identifier: int = 1) -> bytes:
    records = b"".join(
        b"\xc0\x0c" + struct.pack("!HHIH", record, 1, 60, len(content)) + content for record, content in answers
    )
    header = struct.pack("!6H", identifier, 0x8180 | code, 1, len(answers), 0, 0)
    return header + _NAME + struct.pack("!HH", kind, 1) + records


def _exchange(*messages: tuple[bool, bytes]) -> list[Timed]:
    frames = [out(udp(4000, 53, text), 17) if asked else back(udp(53, 4000, text), 17) for asked, text in messages]
    return [(1.0 + at / 10, frame) for at, frame in enumerate(frames)]


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ([(1, bytes([192, 0, 2, 1])), (1, bytes([192, 0, 2, 2]))], "192.0.2.1,192.0.2.2"),
        ([(28, bytes.fromhex("20010db8000000000000000000000001"))], "2001:db8::1"),
        ([(5, b"\x04mail\xc0\x10")], "mail.example.org"),
        ([(15, b"\0\x0a\x02mx\xc0\x10")], "mx.example.org"),
        ([(16, b"\x05hello\x02yo")], "TXT 5 hello TXT 2 yo"),
        ([(46, b"signature")], "<unknown type=46>"),
    ],
    ids=["addresses", "IPv6", "alias", "mail", "text", "other"],
)
def test_a_question_and_its_answer_are_one_event(answers: list[tuple[int, bytes]], text: str) -> None:
    found = read_capture(pcap_file(_exchange((True, _query()), (False, _response(*answers)))))
    (event,) = found.events
    fields = event["fields"]
    assert (fields["query"], fields["qtype_name"], fields["rcode_name"]) == ("www.example.org", "A", "NOERROR")
    assert (fields["answers"], fields["rtt"], fields["RD"], fields["RA"]) == (text, "0.100000", "true", "true")
    assert fields["Z"] == "0"
    assert (event["category"], event["service"], event["destination_port"]) == ("dns", "dns", 53)
    assert (event["action"], event["outcome"], event["source_offset"]) == ("query", "success", 0)
    assert [flow["application"] for flow in found.flows] == ["dns"]


def test_a_refused_name_is_a_failure_and_an_unanswered_one_is_unknown() -> None:
    refused = read_capture(pcap_file(_exchange((True, _query()), (False, _response(code=3))))).events[0]
    silent = read_capture(pcap_file(_exchange((True, _query())))).events[0]
    assert (refused["outcome"], refused["fields"]["rcode_name"]) == ("failure", "NXDOMAIN")
    assert silent["outcome"] == "unknown"
    assert {"rcode_name", "answers", "rtt"}.isdisjoint(silent["fields"])


def test_an_answer_alone_tells_who_had_asked() -> None:
    (event,) = read_capture(pcap_file(_exchange((False, _response((1, bytes(4))))))).events
    assert (event["source_port"], event["destination_port"]) == (4000, 53)


def test_what_is_announced_without_a_question_is_an_event() -> None:
    announced = struct.pack("!6H", 0, 0x8400, 0, 1, 0, 0) + _NAME + struct.pack("!HHIH", 1, 0x8001, 60, 4)
    said = out(udp(5353, 5353, announced + bytes([192, 0, 2, 9])), 17)
    (event,) = read_capture(pcap_file([(1.0, said)])).events
    assert (event["fields"]["answers"], event["fields"]["rcode_name"]) == ("192.0.2.9", "NOERROR")
    assert (event["fields"]["query"], event["fields"]["qtype_name"]) == ("www.example.org", "A")


def test_an_answer_of_netbios_repeats_no_question_and_finds_it() -> None:
    name = b"\x20" + b"".join(bytes([65 + (octet >> 4), 65 + (octet & 15)]) for octet in b"FILES".ljust(16)) + b"\0"
    asked = struct.pack("!6H", 9, 0x0110, 1, 0, 0, 0) + name + struct.pack("!HH", 32, 1)
    given = struct.pack("!HHIHH", 32, 1, 60, 6, 0) + bytes([192, 0, 2, 7])
    answer = struct.pack("!6H", 9, 0x8500, 0, 1, 0, 0) + name + given
    frames = [(1.0, out(udp(137, 137, asked), 17)), (1.1, back(udp(137, 137, answer), 17))]
    (event,) = read_capture(pcap_file(frames)).events
    assert (event["fields"]["query"], event["fields"]["answers"], event["outcome"]) == ("files", "192.0.2.7", "success")


def test_answers_find_their_own_question() -> None:
    messages = [
        (True, _query(1)),
        (True, _query(2)),
        (False, _response(identifier=2)),
        (False, _response(identifier=1)),
    ]
    events = read_capture(pcap_file(_exchange(*messages))).events
    assert [event["fields"]["rtt"] for event in events] == ["0.300000", "0.100000"]


def test_messages_over_tcp_may_share_and_span_segments() -> None:
    stream = b"".join(struct.pack("!H", len(text)) + text for text in (_query(1), _query(2)))
    packets = talk((True, stream[:50]), (True, stream[50:]), to=53)
    events = read_capture(pcap_file(packets)).events
    assert [event["fields"]["trans_id"] for event in events] == ["1", "2"]
    assert {event["fields"]["proto"] for event in events} == {"tcp"}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes(12),
        _query()[:20],
        _query(name=b"\xc0\x0c"),
        _query(name=b"\xc0\xff"),
        _query(name=b"\x40" + b"a" * 64 + b"\0"),
        _query(name=(b"\x3f" + b"a" * 63) * 5 + b"\0"),
        struct.pack("!6H", 1, 0x7800, 1, 0, 0, 0) + _query()[12:],
    ],
    ids=["empty", "asks nothing", "cut", "points at itself", "points ahead", "label", "name", "operation"],
)
def test_what_is_no_message_gives_none(payload: bytes) -> None:
    assert parse_message(payload, 53) is None


def test_bytes_that_are_no_text_are_escaped() -> None:
    message = parse_message(_query(name=b"\x04a\n\x1b\xff\0"), 53)
    assert message is not None
    assert message.questions[0].name == "a\\x0a\\x1b\\xff"


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(payload: bytes) -> None:
    parse_message(payload, 53)
    parse_message(_response((1, bytes(4)))[:14] + payload, 137)
