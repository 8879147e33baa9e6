import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.capture.pcap import read_windows
from pipelines.capture.window import PacketWindow, Problem
from tests.pipelines.capture.frames import out, pcap_file, read_capture, talk, udp

_TWO = [(1000.25, out(udp(1, 2, b"one"), 17)), (1001.5, out(udp(1, 2, b"three"), 17))]


@pytest.mark.parametrize("order", ["<", ">"], ids=["little endian", "big endian"])
@pytest.mark.parametrize("nano", [False, True], ids=["microseconds", "nanoseconds"])
def test_every_flavour_gives_the_same_packets(order: str, nano: bool) -> None:
    (window,) = read_windows(io.BytesIO(pcap_file(_TWO, order=order, nano=nano)))
    assert isinstance(window, PacketWindow)
    assert window.time_us.tolist() == [1_000_250_000, 1_001_500_000]
    assert window.captured.tolist() == [len(frame) for _, frame in _TWO]
    assert window.link.tolist() == [1, 1]


def test_a_cut_file_keeps_every_whole_packet_and_says_where_it_ends() -> None:
    content = pcap_file(_TWO)
    first = len(pcap_file(_TWO[:1]))
    for length in range(len(content)):
        found = read_capture(content[:length])
        whole = 1 if length >= first else 0
        assert sum(flow["packets_out"] for flow in found.flows) == whole
        clean = length in {24, first}
        assert any(f"truncated at byte {length}" in reason for reason in found.reasons) is not clean or length < 4


@pytest.mark.parametrize("claimed", [262_145, 0x7FFF_FFFF, 0xFFFF_FFFF])
def test_a_packet_that_claims_too_much_ends_the_reading(claimed: int) -> None:
    content = bytearray(pcap_file(_TWO))
    at = len(pcap_file(_TWO[:1])) + 8
    content[at : at + 4] = claimed.to_bytes(4, "little")
    found = read_capture(bytes(content))
    assert [flow["packets_out"] for flow in found.flows] == [1]
    assert found.reasons == [f"damaged at byte {at - 8}, packet 1: a packet claims {claimed} bytes"]


@pytest.mark.parametrize("window_bytes", [1, 17, 64, 100, 1000])
def test_the_size_of_a_window_changes_nothing(window_bytes: int) -> None:
    content = pcap_file(talk((True, b"GET / HTTP/1.1\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")))
    whole, pieces = read_capture(content), read_capture(content, window_bytes=window_bytes)
    assert pieces.flows == whole.flows
    assert pieces.events == whole.events


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_after_the_magic_are_read_without_an_exception(content: bytes) -> None:
    windows = list(read_windows(io.BytesIO(bytes.fromhex("d4c3b2a1") + content)))
    assert all(isinstance(window, PacketWindow | Problem) for window in windows)


def test_a_capture_without_packets_says_so() -> None:
    assert read_capture(pcap_file([])).reasons == ["the capture holds no packet"]
