import struct

import pytest

from tests.pipelines.capture.frames import Timed, back, out, pcap_file, read_capture, talk, udp

_GET = b"GET /a HTTP/1.1\r\nHost: example.org\r\n\r\n"
_OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
_WRITE = struct.pack("!HHHBBHH", 1, 0, 6, 3, 6, 100, 7)
_OPERATE = b"\x05\x64\x08\xc4\x0a\0\x01\0\xcc\xcc\xc0\xc3\x05\xee\xee"
_DONE = b"\x05\x64\x0a\x44\x01\0\x0a\0\xcc\xcc\xc0\xc3\x81\0\0\xee\xee"
_COMMAND = b"\x68\x0e\0\0\0\0\x2d\x01\x06\0\x03\0\x01\0\0\x01"
_CONFIRMED = b"\x68\x0e\0\0\0\0\x2d\x01\x07\0\x03\0\x01\0\0\x01"
_STOP = b"\x03\0\0\x21\x02\xf0\x80\x32\x01\0\0\0\x07\0\x10\0\0\x29\0\0\0\0\0\x09P_PROGRAM"
_READ = b"\x81\x0a\0\x11\x01\x04\0\x05\x01\x0c\x0c\0\0\0\x07\x19\x55"
_VALUE = b"\x81\x0a\0\x09\x01\0\x30\x01\x0c"


def _city() -> list[Timed]:
    """Sessions of several protocols, one after another."""
    sessions = [
        talk((True, _GET), (False, _OK), (True, _GET), port=50001),
        talk((True, _WRITE), (False, _WRITE), port=50002, to=502),
        talk((True, _OPERATE), (False, _DONE), port=50003, to=20000),
        talk((True, _COMMAND), (False, _CONFIRMED), port=50004, to=2404),
        talk((True, _STOP), port=50005, to=102),
        talk((False, b"SSH-2.0-a\r\n"), (True, b"SSH-2.0-b\r\n"), port=50006, to=22),
        [(1000.0, out(udp(47808, 47808, _READ), 17)), (1000.1, back(udp(47808, 47808, _VALUE), 17))],
    ]
    return [(time + 10 * at, frame) for at, session in enumerate(sessions) for time, frame in session]


@pytest.mark.parametrize("window_bytes", [64, 500, 1500, 1 << 24])
def test_questions_find_their_answers_whatever_the_window(window_bytes: int) -> None:
    found = read_capture(pcap_file(_city()), window_bytes=window_bytes)
    assert [(event["service"], event["action"], event["outcome"]) for event in found.events] == [
        ("http", "request", "success"),
        ("http", "request", "unknown"),
        ("modbus", "write", "success"),
        ("dnp3", "write", "success"),
        ("iec104", "write", "success"),
        ("s7comm", "write", "unknown"),
        ("ssh", "handshake", "success"),
        ("bacnet", "read", "success"),
    ]
    assert [flow["application"] for flow in found.flows] == [
        *("http", "modbus", "dnp3", "iec104", "s7comm", "ssh", "bacnet"),
    ]


def test_bodies_and_encrypted_records_begin_nothing() -> None:
    body = b"GET / HTTP/1.1\r\nContent-Length: 9000\r\n\r\n"
    records = b"\x17\x03\x03\x10\0" + bytes(1300)
    said = [(True, body), *((True, bytes([at]) * 1000) for at in range(9)), (False, records), (False, records)]
    found = read_capture(pcap_file(talk(*said)))
    assert [event["service"] for event in found.events] == ["http"]


def test_a_cut_payload_is_not_judged_by_the_bytes_of_the_next_packet() -> None:
    packets = talk((True, b"GE"), (True, b"T"), (False, b"\x16\x03"), to=8080)
    found = read_capture(pcap_file(packets))
    assert found.events == []
    assert [flow["application"] for flow in found.flows] == [""]


def test_what_somebody_types_begins_nothing() -> None:
    typed = [(True, bytes([letter])) for letter in b"LIST\nGET PASSWD\n"]
    found = read_capture(pcap_file(talk(*typed, to=23)))
    assert found.events == []
    assert [flow["application"] for flow in found.flows] == [""]
