import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.iec104 import frame_length, parse_frame
from tests.pipelines.capture.frames import pcap_file, read_capture, talk


def _frame(body: bytes) -> bytes:
    return bytes([0x68, len(body)]) + body


def _told(kind: int, cause: int, element: bytes = b"\x01", *, place: int = 4097, station: int = 3) -> bytes:
    data = struct.pack("<BBBBH", kind, 1, cause, 0, station) + place.to_bytes(3, "little") + element
    return _frame(bytes(4) + data)


_START, _STARTED, _STOP, _TEST = (_frame(bytes([code, 0, 0, 0])) for code in (0x07, 0x0B, 0x13, 0x43))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (_told(45, 6), {"info_obj_type": "C_SC_NA_1", "cause_tx": "6", "value": "on", "is_write": "true"}),
        (_told(45, 6, b"\0"), {"value": "off"}),
        (_told(46, 6, b"\x82"), {"info_obj_type": "C_DC_NA_1", "value": "on"}),
        (_told(47, 6, b"\x01"), {"info_obj_type": "C_RC_NA_1", "value": "lower"}),
        (_told(50, 6, bytes(5)), {"info_obj_type": "C_SE_NC_1", "object_address": "4097", "common_address": "3"}),
        (_told(48, 6, b"\0\xc0\0"), {"info_obj_type": "C_SE_NA_1", "value": "-0.5"}),
        (_told(49, 6, b"\xfb\xff\0"), {"info_obj_type": "C_SE_NB_1", "value": "-5"}),
        (_told(63, 6, struct.pack("<f", 49.97) + bytes(8)), {"info_obj_type": "C_SE_TC_1", "value": "49.97"}),
        (_told(51, 6, b"\x07\0\0\x80"), {"info_obj_type": "C_BO_NA_1", "value": "2147483655"}),
        (_told(100, 6, b"\x14"), {"info_obj_type": "C_IC_NA_1", "is_write": "false"}),
        (_told(103, 6, bytes(7)), {"info_obj_type": "C_CS_NA_1", "is_write": "true"}),
        (_told(105, 6), {"info_obj_type": "C_RP_NA_1", "is_write": "true"}),
        (_told(110, 6, bytes(3)), {"info_obj_type": "P_ME_NA_1", "is_write": "true"}),
        (_START, {"apci_type": "U", "apci_function": "STARTDT_ACT", "is_write": "false"}),
        (_STOP, {"apci_function": "STOPDT_ACT"}),
    ],
)
def test_commands_say_what_they_change(frame: bytes, expected: dict[str, str]) -> None:
    (event,) = read_capture(pcap_file(talk((True, frame), to=2404))).events
    assert expected.items() <= event["fields"].items()
    assert (event["category"], event["service"], event["outcome"]) == ("ics", "iec104", "unknown")
    assert (event["source_port"], event["destination_port"]) == (50000, 2404)


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [(7, "success"), (0x47, "failure"), (44, "failure"), (47, "failure")],
    ids=["confirmed", "refused", "unknown type", "unknown object"],
)
def test_a_command_and_its_confirmation_are_one_event(cause: int, outcome: str) -> None:
    said = [(True, _told(45, 6)), (False, _told(45, cause)), (False, _told(45, 10))]
    found = read_capture(pcap_file(talk(*said, to=2404)))
    (event,) = found.events
    assert (event["outcome"], event["fields"]["cause_tx"]) == (outcome, "6")
    assert [flow["application"] for flow in found.flows] == ["iec104"]


def test_what_a_station_reports_is_reading() -> None:
    (event,) = read_capture(pcap_file(talk((False, _told(13, 3, bytes(5))), to=2404))).events
    assert (event["action"], event["fields"]["info_obj_type"], event["destination_port"]) == ("read", "M_ME_NC_1", 2404)


@pytest.mark.parametrize(
    ("kind", "element", "value"),
    [
        (1, b"\x01", "on"),
        (31, b"\x01" + bytes(7), "off"),
        (11, b"\x10\0\0", "16"),
        (13, struct.pack("<fB", 230.5, 0), "230.5"),
        (15, b"\xff\xff\xff\xff\0", "-1"),
        (13, b"\0\0", None),
    ],
    ids=["single", "double", "scaled", "short float", "counter", "cut"],
)
def test_a_report_says_what_is_measured(kind: int, element: bytes, value: str | None) -> None:
    (event,) = read_capture(pcap_file(talk((False, _told(kind, 3, element)), to=2404))).events
    assert event["fields"].get("value") == value


def test_opening_a_transfer_is_one_event() -> None:
    (event,) = read_capture(pcap_file(talk((True, _START), (False, _STARTED), to=2404))).events
    assert event["outcome"] == "success"


def test_every_frame_of_a_stream_is_read_however_segments_cut_it() -> None:
    stream = b"".join(_told(45, 6, place=number) for number in range(6)) + _TEST
    for size in (1, 7, 30, 200):
        pieces = [(True, stream[at : at + size]) for at in range(0, len(stream), size)]
        events = read_capture(pcap_file(talk(*pieces, to=2404))).events
        assert sorted(event["fields"]["object_address"] for event in events) == list("012345")


@pytest.mark.parametrize(
    "frame", [b"", _TEST, _frame(b"\x01\0\x02\0"), _told(200, 6), _told(45, 6)[:12], b"\x68\x01\0\0\0\0"]
)
def test_what_tells_nothing_gives_none(frame: bytes) -> None:
    assert parse_frame(frame) is None


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_exception(content: bytes) -> None:
    assert 0 <= frame_length(content[:6].ljust(6, b"\0")) <= 255
    parse_frame(content)
    parse_frame(_frame(content[:200]))
    parse_frame(_frame(bytes(4) + content[:200]))
