import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.capture.pcapng import read_windows
from pipelines.capture.window import PacketWindow, Problem
from tests.pipelines.capture.frames import (
    CLIENT,
    SERVER,
    block,
    enhanced,
    interface,
    ip,
    out,
    read_capture,
    section,
    udp,
)

_FRAME = out(udp(1, 2, b"one"), 17)
_AT = datetime(2026, 3, 1, 10, tzinfo=UTC)
_SECONDS = int(_AT.timestamp())


@pytest.mark.parametrize("order", ["<", ">"], ids=["little endian", "big endian"])
@pytest.mark.parametrize(
    ("resolution", "per_second"),
    [(None, 10**6), (0, 1), (3, 10**3), (9, 10**9), (0x80 | 20, 2**20)],
    ids=["default", "seconds", "milliseconds", "nanoseconds", "2^-20"],
)
def test_times_follow_the_clock_of_the_interface(order: str, resolution: int | None, per_second: int) -> None:
    content = section(order) + interface(resolution=resolution, order=order)
    found = read_capture(content + enhanced(_FRAME, _SECONDS * per_second, order=order))
    assert [flow["event_time"] for flow in found.flows] == [_AT]
    assert found.reasons == []


def test_an_offset_of_the_interface_is_added() -> None:
    content = section() + interface(offset=3600) + enhanced(_FRAME, (_SECONDS - 3600) * 10**6)
    assert [flow["event_time"] for flow in read_capture(content).flows] == [_AT]


def test_each_packet_has_the_link_type_of_its_own_interface() -> None:
    bare = ip(CLIENT, SERVER, 17, udp(1, 2, b"two"))
    content = section() + interface(1) + interface(101) + enhanced(bare, 0, on=1) + enhanced(_FRAME, 0)
    assert [flow["packets_out"] for flow in read_capture(content).flows] == [2]


def test_a_new_section_counts_its_interfaces_anew_in_its_own_byte_order() -> None:
    bare = ip(CLIENT, SERVER, 17, udp(1, 2))
    content = section() + interface(1) + enhanced(_FRAME, 0)
    content += section(">") + interface(101, order=">") + enhanced(bare, 0, order=">")
    assert [flow["packets_out"] for flow in read_capture(content).flows] == [2]


def test_simple_and_obsolete_packet_blocks_are_read() -> None:
    length = len(_FRAME).to_bytes(4, "little")
    obsolete = bytes(12) + length + length + _FRAME
    content = section() + interface() + block(3, length + _FRAME) + block(2, obsolete)
    assert [flow["packets_out"] for flow in read_capture(content).flows] == [2]


def test_a_packet_of_an_undescribed_interface_is_rejected_and_the_next_is_read() -> None:
    found = read_capture(section() + interface() + enhanced(_FRAME, 0, on=4) + enhanced(_FRAME, 0))
    assert [flow["packets_out"] for flow in found.flows] == [1]
    assert "packet 0: its interface is not described" in found.reasons


@pytest.mark.parametrize(
    ("length", "reason"),
    [(0, "claims 0 bytes"), (8, "claims 8 bytes"), (33, "claims 33 bytes"), (0xFFFF_FFFC, "claims 4294967292 bytes")],
)
def test_a_damaged_block_length_ends_the_reading(length: int, reason: str) -> None:
    before = section() + interface() + enhanced(_FRAME, 0)
    damaged = bytearray(enhanced(_FRAME, 0))
    damaged[4:8] = length.to_bytes(4, "little")
    found = read_capture(before + bytes(damaged))
    assert [flow["packets_out"] for flow in found.flows] == [1]
    assert found.reasons == [f"damaged at byte {len(before)}, packet 1: a block {reason}"]


def test_a_cut_file_keeps_every_whole_packet() -> None:
    before = section() + interface() + enhanced(_FRAME, 0)
    content = before + enhanced(_FRAME, 0)
    for length in range(len(before) + 1, len(content)):
        found = read_capture(content[:length])
        assert [flow["packets_out"] for flow in found.flows] == [1]
        assert found.reasons == [f"truncated at byte {length}, packet 1: a block is incomplete"]


@settings(deadline=None)
@given(st.binary(max_size=400), st.integers(0, 200), st.binary(max_size=8))
def test_any_damage_is_survived(tail: bytes, at: int, change: bytes) -> None:
    content = bytearray(section() + interface() + enhanced(_FRAME, 0) + tail)
    content[at : at + len(change)] = change
    for window in read_windows(io.BytesIO(bytes(content)), window_bytes=64):
        assert isinstance(window, PacketWindow | Problem)
