"""Blocks of the kernel's packet ring: the packets that they hold, and never more than they hold."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.capture.tpacket import frames_in, read_windows
from pipelines.capture.window import PacketWindow, Problem
from tests.pipelines.capture.frames import SYN, ethernet, ip, out, tagged, tcp

ETHERNET, LOOPBACK, TUNNEL, OTHER = 1, 772, 65534, 803
HERE, OUTGOING = 0, 4
_ROOM = 96


def entry(
    frame: bytes,
    at: float = 1000.5,
    *,
    wire: int = 0,
    hardware: int = ETHERNET,
    way: int = HERE,
    tag: int | None = None,
) -> bytes:
    """A frame behind its header, as if a VLAN tag had been taken out of it."""
    status = 1 | (0x50 if tag is not None else 0)
    header = struct.pack(
        "=6I2H2I2H8x", 0, int(at), round(at % 1 * 1e9), len(frame), wire or len(frame), status, _ROOM, _ROOM + 14,
        0, tag or 0, 0x8100 if tag is not None else 0, 0,
    )  # fmt: skip
    address = struct.pack("=HHiHBB8x", 17, 8, 1, hardware, way, 6)
    return (header + address).ljust(_ROOM, b"\0") + frame + bytes(-len(frame) % 8)


def block(*entries: bytes, claims: int | None = None) -> bytes:
    linked = [struct.pack("=I", len(each)) + each[4:] for each in entries]
    body = b"".join(linked)
    head = struct.pack("=7I", 2, 48, 1, len(entries) if claims is None else claims, 48, 48 + len(body), 0)
    return head.ljust(48, b"\0") + body


def frames(*blocks: bytes) -> list[bytes]:
    found = list[bytes]()
    for window in read_windows(blocks):
        assert isinstance(window, PacketWindow), window
        ends = window.start + window.captured
        found += [window.buffer[a:b].tobytes() for a, b in zip(window.start, ends, strict=True)]
    return found


def test_frames_are_given_with_time_and_length() -> None:
    one, two = out(tcp(50000, 80, SYN)), out(tcp(50001, 80, SYN, b"more"))
    made = block(entry(one), entry(two, 1001.25, wire=1500))
    (window,) = read_windows([made])
    assert isinstance(window, PacketWindow)
    assert frames(made) == [one, two]
    assert window.time_us.tolist() == [1_000_500_000, 1_001_250_000]
    assert window.wire.tolist() == [len(one), 1500]
    assert window.link.tolist() == [1, 1]
    assert frames_in(made) == 2


def test_a_tag_that_the_kernel_took_out_is_put_back() -> None:
    packet = ip("192.0.2.1", "192.0.2.2", 6, tcp(1, 2, SYN))
    assert frames(block(entry(ethernet(packet), tag=0x0064), entry(ethernet(packet)))) == [
        tagged(packet, 100),
        ethernet(packet),
    ]


def test_on_loopback_a_packet_is_one_although_it_goes_out_and_comes_in() -> None:
    frame = out(tcp(1, 2, SYN))
    assert frames(block(*(entry(frame, hardware=LOOPBACK, way=way) for way in (OUTGOING, HERE)))) == [frame]
    assert len(frames(block(*(entry(frame, way=way) for way in (OUTGOING, HERE))))) == 2


def test_devices_have_their_link_types() -> None:
    made = block(*(entry(out(tcp(1, 2, SYN)), hardware=kind) for kind in (ETHERNET, TUNNEL, OTHER)))
    (window,) = read_windows([made])
    assert isinstance(window, PacketWindow)
    assert window.link.tolist() == [1, 101, 65535]


def test_blocks_are_read_together_and_numbered_through() -> None:
    frame = out(tcp(1, 2, SYN))
    small = block(*[entry(frame)] * 3)
    (window,) = read_windows([small, small])
    assert (len(window), window.first_number) == (6, 0) if isinstance(window, PacketWindow) else False
    many = block(*[entry(frame)] * 40_000)
    windows = [found for found in read_windows([many, many]) if isinstance(found, PacketWindow)]
    assert [(found.first_number, len(found)) for found in windows] == [(0, 40_000), (40_000, 40_000)]


_GOOD = entry(out(tcp(1, 2, SYN)))
_DAMAGED = {
    "no block": (b"short", "5 bytes are no block", 0),
    "more frames claimed": (block(_GOOD, claims=3), "claims 0 bytes|begins at byte", 1),
    "a frame that reaches out": (block(_GOOD)[:-8], "reaches out|begins at byte", 0),
}


@pytest.mark.parametrize(("damaged", "reason", "kept"), _DAMAGED.values(), ids=_DAMAGED)
def test_a_damaged_block_hides_no_other(damaged: bytes, reason: str, kept: int) -> None:
    found = list(read_windows([block(_GOOD), damaged, block(_GOOD)]))
    (problem,) = [each for each in found if isinstance(each, Problem)]
    assert not problem.ends
    assert any(words in problem.reason for words in reason.split("|")), problem.reason
    assert sum(len(each) for each in found if isinstance(each, PacketWindow)) == 2 + kept


@given(st.binary(max_size=400), st.integers(0, 400), st.binary(max_size=12))
def test_any_bytes_give_windows_within_them_or_problems(start: bytes, place: int, patch: bytes) -> None:
    whole = block(_GOOD, entry(out(tcp(1, 2, SYN)), tag=5))
    for content in (start, whole[:48] + start, whole[:place] + patch + whole[place + len(patch) :]):
        for found in read_windows([content]):
            if isinstance(found, PacketWindow):
                assert np.all(found.start + found.captured <= len(content))
                assert np.all(found.start >= 0)
