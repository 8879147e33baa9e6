import gzip
import io
import random
import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import polars as pl
import pytest
import zstandard

from pipelines.batch import REJECTS, SCHEMAS, Batch
from pipelines.errors import SourceBroken
from pipelines.sources import capture
from pipelines.sources.compression import plain
from tests.pipelines.capture.frames import enhanced, interface, out, pcap_file, section, talk, udp
from tests.pipelines.sources.capture_oracle import seen_by_scapy, ways_of_flows

_TALK = pcap_file(talk((True, b"GET / HTTP/1.1\r\n\r\n"), (False, b"HTTP/1.1 200 OK\r\n\r\n")))
_SECONDS_A_CAPTURE = 30

# Real captures of which scapy takes every packet apart: IPv4 and IPv6, VLAN, pcapng, offload, out of order, tunnels.
_ORACLE_CAPTURES = [
    "wikipedia.pcap",
    "http-qinq-0.pcap",
    "q-in-q.pcap",
    "pcapng-multi-interface.pcapng",
    "ipv6-http-atomic-frag.pcap",
    "6in4.pcap",
    "4in4.pcap",
    "gre-sample.pcap",
    "modbusSmall.pcap",
    "dns_tcp.pcap",
    "snap-tcp.pcap",
    "conn-size.pcap",
    "workshop_2011_browse.pcap",
    "handshake-reorder.pcap",
]


def _read(content: bytes) -> list[Batch]:
    """The batches of a capture, as far as it goes."""
    batches = list[Batch]()
    with suppress(SourceBroken):
        batches.extend(capture.read(io.BytesIO(content)))
    return batches


def _shared_captures(folder: Path) -> list[Path]:
    files = sorted(path for path in (folder / "pcap").rglob("*") if path.is_file())
    return [path for path in files if capture.recognises(_content(path)[:4096])]


def _content(path: Path) -> bytes:
    raw = path.read_bytes()
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw


def _assert_sound(batches: list[Batch]) -> None:
    for batch in batches:
        assert batch.rows.schema == SCHEMAS[batch.table]
        assert batch.rejects.schema == REJECTS
        assert sum(batch.rows.drop("fields").null_count().row(0)) == 0


@pytest.mark.parametrize(
    ("head", "known"),
    [
        (_TALK[:4096], True),
        (pcap_file([], order=">", nano=True), True),
        (section(), True),
        (section(">"), True),
        (b"", False),
        (b"\xd4\xc3\xb2", False),
        (b"<34>1 2026-03-01", False),
        (b"ElfFile\0", False),
    ],
    ids=["pcap", "big endian, nanoseconds", "pcapng", "pcapng big endian", "empty", "cut", "syslog", "EVTX"],
)
def test_captures_are_recognised_by_their_first_bytes(head: bytes, known: bool) -> None:
    assert capture.recognises(head) is known


def test_every_batch_has_the_columns_of_its_table() -> None:
    _assert_sound(_read(_TALK))
    _assert_sound(_read(section() + interface() + enhanced(out(udp(1, 2), 17), 5)))
    _assert_sound(_read(_TALK[:30]))


def test_the_same_bytes_give_the_same_batches_in_the_same_order() -> None:
    one, two = _read(_TALK), _read(_TALK)
    assert [batch.table for batch in one] == [batch.table for batch in two]
    assert all(a.rows.equals(b.rows) and a.rejects.equals(b.rejects) for a, b in zip(one, two, strict=True))


def test_a_stream_that_gives_a_byte_at_a_time_gives_the_same() -> None:
    class _Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(size or 1, 1))

    slow = list(capture.read(_Slow(_TALK)))
    assert [batch.rows.to_dicts() for batch in slow] == [batch.rows.to_dicts() for batch in _read(_TALK)]


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4096, b"not a capture", _TALK[:10]], ids=["empty", "NULs", "text", "cut"]
)
def test_what_is_no_capture_says_so(content: bytes) -> None:
    with pytest.raises(SourceBroken, match=r"not a pcap file|truncated at byte 10, packet 0"):
        list(capture.read(io.BytesIO(content)))
    assert sum(len(batch.rows) + len(batch.rejects) for batch in _read(content)) == 0


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_a_cut_compressed_capture_gives_the_flows_before_the_cut(pack: Callable[[bytes], bytes]) -> None:
    chance = random.Random(0)  # noqa: S311 - repeatable, not secret
    frames = [(1.0, out(udp(4000 + number, 53, chance.randbytes(900)), 17)) for number in range(400)]
    batches, reason = list[Batch](), ""
    try:
        batches.extend(capture.read(plain(cast("BinaryIO", io.BytesIO(pack(pcap_file(frames))[:-200_000])))))
    except SourceBroken as broken:
        reason = str(broken)
    assert re.match(r"truncated at byte \d+, packet \d+: .*; truncated at compressed byte \d+", reason)
    assert 100 < sum(len(batch.rows) for batch in batches if batch.table == "network_flows") < 400


def test_flows_alone_are_the_same_flows_but_for_their_application() -> None:
    alone = list(capture.CaptureSource(applications=False).read(io.BytesIO(_TALK)))
    assert {batch.table for batch in alone} == {"network_flows"}
    ours, all_of_it = (
        pl.concat([batch.rows for batch in batches if batch.table == "network_flows"]).drop("application")
        for batches in (alone, _read(_TALK))
    )
    assert ours.equals(all_of_it)


@pytest.mark.parametrize("name", ["pcap", "pcapng"])
def test_mutated_captures_give_rows_or_rejects_and_never_an_exception(name: str) -> None:
    frames = [(1.0, out(udp(4000, 53, bytes(range(64))), 17)), *talk((True, b"GET / HTTP/1.1\r\n\r\n"), to=502)]
    blocks = b"".join(enhanced(frame, 1) for _, frame in frames)
    original = pcap_file(frames) if name == "pcap" else section() + interface() + blocks
    for seed in range(150):
        chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
        damaged = bytearray(original)
        for _ in range(chance.randint(1, 12)):
            damaged[chance.randrange(4, len(damaged))] = chance.randrange(256)
        _assert_sound(_read(bytes(damaged[: chance.randint(4, len(damaged))])))


@pytest.mark.slow
def test_every_shared_capture_is_read_in_time(shared_data: Path) -> None:
    captures = _shared_captures(shared_data)
    assert captures
    for path in captures:
        started = time.perf_counter()
        batches = _read(_content(path))
        assert time.perf_counter() - started < _SECONDS_A_CAPTURE, path.name
        _assert_sound(batches)
        assert any(len(batch.rows) or len(batch.rejects) for batch in batches), path.name


@pytest.mark.slow
def test_mutated_shared_captures_never_raise(shared_data: Path) -> None:
    for path in _shared_captures(shared_data)[::9]:
        chance = random.Random(path.name)  # noqa: S311 - repeatable, not secret
        content = bytearray(_content(path)[:60_000])
        for _ in range(max(1, len(content) // 200)):
            content[chance.randrange(4, len(content))] = chance.randrange(256)
        _assert_sound(_read(bytes(content)))


@pytest.mark.filterwarnings("ignore::Warning")  # scapy's own, on damaged captures
@pytest.mark.parametrize("name", _ORACLE_CAPTURES)
def test_flows_count_what_scapy_counts(shared_data: Path, name: str) -> None:
    path = next((shared_data / "pcap").rglob(name))
    flows = pl.concat([batch.rows for batch in _read(_content(path)) if batch.table == "network_flows"])
    seen = seen_by_scapy(path)
    assert seen.clear(ways_of_flows(flows)) == seen.clear(seen.ways)
    assert seen.ways
