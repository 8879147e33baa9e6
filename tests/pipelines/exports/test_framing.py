"""Packets one after another in a file: where each ends, and how reading goes on behind damage."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.exports.packet_ends import is_plausible
from pipelines.sources.registry import source_for
from tests.pipelines.capture.frames import out, udp
from tests.pipelines.exports.packets import (
    PLAIN,
    definition,
    flow_sample,
    fset,
    ipfix,
    plain_record,
    read,
    sflow,
    v5,
    v5_record,
    v9,
)

TEMPLATE = fset(0, definition(256, PLAIN))
V9 = v9(TEMPLATE, fset(256, plain_record()))
LATER = v9(fset(256, plain_record(source="192.0.2.9")), sequence=1)
V5 = v5(v5_record(), v5_record())
IPFIX = ipfix(fset(2, definition(256, ((8, 4), (12, 4)))), fset(256, bytes(range(1, 9))))
SFLOW = sflow(flow_sample(out(udp(1000, 53, b"question"), 17)))
_FILES: dict[str, tuple[tuple[bytes, ...], int]] = {
    "v9 and v9": ((V9, LATER), 2),
    "v9 and v5": ((V9, V5), 3),
    "v9 and IPFIX": ((V9, IPFIX), 2),
    "v9 and sFlow": ((V9, SFLOW), 2),
    "sFlow and v9": ((SFLOW, V9), 2),
    "sFlow twice": ((SFLOW, sflow(flow_sample(out(udp(1, 53), 17)), sequence=1)), 2),
    "all of them": ((V5, SFLOW, IPFIX, V9, LATER, IPFIX), 7),
    "zeros between": ((V9, bytes(400), LATER), 2),
    "two zeros between": ((V9, bytes(2), LATER), 2),
    "three zeros before sFlow": ((V9, bytes(7), SFLOW), 2),
    "zeros at the end": ((V9, bytes(700)), 1),
    "a header without sets": ((v9(sequence=0), v9(TEMPLATE, fset(256, plain_record()), sequence=1)), 1),
}


@pytest.mark.parametrize("window_bytes", [1 << 22, 200_000])
@pytest.mark.parametrize(("packets", "rows"), _FILES.values(), ids=_FILES)
def test_every_packet_is_found(packets: tuple[bytes, ...], rows: int, window_bytes: int) -> None:
    found = read(*packets, window_bytes=window_bytes)
    gaps = [reason for reason in found.reasons if "lost on the way" not in reason]
    assert (len(found.rows), gaps) == (rows, [])


def test_the_size_of_a_window_changes_no_row() -> None:
    packets = [V9, *(v9(fset(256, plain_record() * 20), sequence=at) for at in range(1, 400)), V5] * 2
    whole, parts = (read(*packets, window_bytes=size) for size in (1 << 22, 150_000))
    assert len(whole.rows) == 2 * (1 + 20 * 399 + 2)
    assert sorted(map(str, whole.rows)) == sorted(map(str, parts.rows))


_DAMAGE: dict[str, tuple[bytes, str]] = {
    "garbage": (b"\x7f\xff" * 30, "no header of an export packet"),
    "a count of v5 that cannot be": (v5(v5_record(), count=999)[:40], "counts 999 records"),
    "an IPFIX message shorter than its header": (ipfix(length=5), "claims 5 bytes, less than its header"),
    "a v9 packet that holds something else": (v9(b"\x00\x50" * 20), "holds no set"),
    "an sFlow datagram of a million samples": (
        SFLOW[:24] + struct.pack(">I", 1_000_000) + bytes(b"\xee" * 20),
        "claims 1000000 samples",
    ),
}


@pytest.mark.parametrize(("damage", "expected"), _DAMAGE.values(), ids=_DAMAGE)
def test_reading_goes_on_behind_damage(damage: bytes, expected: str) -> None:
    found = read(V9, damage, V5)
    assert any(expected in reason for reason in found.reasons)
    assert len(found.rows) == 3


def test_records_of_a_packet_that_is_cut_are_kept() -> None:
    found = read(v5(v5_record(), v5_record(), v5_record())[:-20])
    assert len(found.rows) == 2
    assert found.reasons == ["message 0: NetFlow v5: 1 of 3 records are cut off"]


@pytest.mark.parametrize("packet", [V5, V9, IPFIX, SFLOW], ids=["v5", "v9", "ipfix", "sflow"])
def test_a_file_of_export_packets_is_recognised(packet: bytes) -> None:
    source = source_for(packet)
    assert source is not None
    assert source.NAME == "flow_exports"


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x05",
        bytes(64),
        b"\x00\x05\x00\x01" + bytes(68),
        b"\x00\x05\x00\xff" + bytes(60),
        b"\x00\x09\x00\x05" + b"\x00\x77" * 20,
    ],
)
def test_what_only_begins_like_one_is_not(head: bytes) -> None:
    assert not is_plausible(head)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_make_the_reading_fail(content: bytes) -> None:
    found = read(content)
    assert len(found.rows) <= len(content)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from([V9, LATER, V5, IPFIX, SFLOW]), min_size=1, max_size=4),
    st.floats(0, 1),
    st.binary(min_size=1, max_size=8),
)
def test_no_damage_makes_the_reading_fail_or_loses_a_packet_before_it(
    packets: list[bytes], where: float, junk: bytes
) -> None:
    content = b"".join(packets)
    at = int(where * (len(content) - 1))
    damaged = content[:at] + junk + content[at + len(junk) :]
    before, place = list[bytes](), 0
    for packet in packets:
        place += len(packet)
        if place > at:
            break
        before.append(packet)
    found = read(damaged)
    assert len(found.rows) >= len(read(*before).rows)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 70)), max_size=12), st.binary(max_size=300))
def test_no_template_makes_the_reading_fail(fields: list[tuple[int, int]], content: bytes) -> None:
    chosen = [(number, 65535 if size > 60 else size) for number, size in fields]
    for packet in (
        v9(fset(0, definition(256, chosen)), fset(256, content)),
        ipfix(fset(2, definition(256, chosen)), fset(256, content)),
    ):
        found = read(packet)
        assert found.rows or found.reasons or not content
