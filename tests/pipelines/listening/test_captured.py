"""Captures that go on: a series of files, or an interface, gives the flows that one capture of it all would give."""

import os
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import polars as pl
import pytest

from pipelines.arrival import Assets
from pipelines.capture.series import CaptureOptions, CaptureSeries
from pipelines.exports.known import ExporterMemory
from pipelines.inventory import load_address_book
from pipelines.listening.captured import Ring, SeriesBook
from pipelines.listening.dumpcap import dumpcap_command, start_dumpcap
from pipelines.listening.interfaces import InterfaceRefused, checked_interface, packet_socket
from pipelines.listening.ring import RingFolder
from pipelines.listening.segments import END, Feed
from pipelines.listening.spool import Spool, closed_segments
from pipelines.listening.storing import Storer
from pipelines.sources import registry
from pipelines.sources.heard import HeardSource
from store.client import Store
from store.errors import StoreError
from tests.pipelines.capture.frames import Timed, enhanced, interface, out, pcap_file, read_capture, section, talk, udp
from tests.pipelines.capture.test_tpacket import block, entry

COLUMNS = (
    "source_ip", "source_port", "destination_port", "packets_out", "packets_in", "bytes_out", "bytes_in",
    "connection_state", "history",
)  # fmt: skip
FLOWS = f"SELECT {', '.join(COLUMNS)} FROM network_flows ORDER BY source_port, event_time"


def _book(store: Store) -> Assets:
    return load_address_book(store)


def storing(folder: Path, *, quiet: float = 3600.0) -> Storer:
    """A storer that follows a ring, as a new process would make it."""
    spool = folder / "spool"
    spool.mkdir(parents=True, exist_ok=True)
    book = SeriesBook(spool / "series", CaptureOptions())
    ring = Ring(RingFolder(folder / "ring", quiet_seconds=quiet), book.series("captures://ring"))
    return Storer(
        spool,
        folder / "run",
        "fuzhou",
        ExporterMemory(folder / "known.json"),
        _book,
        sources=(HeardSource(series=book.series), *registry.SOURCES),
        series=book,
        rings=[ring],
    )


def look(storer: Storer, store: Store) -> int:
    """Store what is ready, without waiting for the next look."""
    for ring in storer.rings:
        ring.folder._looked = -10.0
    return storer.store(store)


def conversations(count: int) -> list[Timed]:
    """Connections one beginning after the other, all of them in each other's way."""
    packets = [
        (time + index / 50, frame)
        for index in range(count)
        for time, frame in talk((True, b"GET / HTTP/1.1\r\n\r\n"), (False, b"answer"), port=50000 + index, to=8081)
    ]
    return sorted(packets, key=lambda packet: packet[0])


def parts(packets: Sequence[Timed], count: int) -> Iterator[Sequence[Timed]]:
    size = -(-len(packets) // count)
    for start in range(0, len(packets), size):
        yield packets[start : start + size]


def put(folder: Path, name: str, content: bytes) -> Path:
    (folder / "ring").mkdir(parents=True, exist_ok=True)
    path = folder / "ring" / name
    path.write_bytes(content)
    return path


def pcapng(packets: Sequence[Timed]) -> bytes:
    return section() + interface() + b"".join(enhanced(frame, round(time * 1e6)) for time, frame in packets)


def at_once(packets: Sequence[Timed]) -> list[dict[str, object]]:
    """The flows of all packets in one file."""
    flows = read_capture(pcap_file(packets)).flows
    ordered = pl.DataFrame(flows).sort("source_port", "event_time")
    return ordered.select(COLUMNS).to_dicts()


@pytest.mark.parametrize("written", [pcap_file, pcapng], ids=["pcap", "pcapng"])
def test_a_flow_of_several_files_is_one(store: Store, tmp_path: Path, written: type) -> None:
    packets = conversations(20)
    expected = at_once(packets)
    assert len(expected) == 20
    storer = storing(tmp_path)
    for number, part in enumerate(parts(packets, 7)):
        put(tmp_path, f"ring_{number:05}", written(part))
        look(storer, store)
    storer.end(store)
    assert store.rows(FLOWS) == expected
    assert storer.state.rejected == 0
    assert closed_segments(storer.folder) == []


def test_a_file_is_read_when_the_next_has_begun_or_when_it_is_quiet(store: Store, tmp_path: Path) -> None:
    packets = conversations(4)
    first, second = parts(packets, 2)
    storer = storing(tmp_path)
    put(tmp_path, "one.pcap", pcap_file(first))
    assert look(storer, store) == 0
    put(tmp_path, "two.pcap", pcap_file(second))
    assert look(storer, store) == 1
    os.utime(tmp_path / "ring" / "two.pcap", (1, 1))
    assert look(storer, store) == 1
    assert look(storer, store) == 0


def test_a_quiet_file_that_grows_is_read_on_although_it_had_ended_within_a_packet(store: Store, tmp_path: Path) -> None:
    packets = conversations(10)
    expected = at_once(packets)
    whole = pcap_file(packets)
    storer = storing(tmp_path, quiet=0.0)
    for length in (10, 24, 100, len(whole) // 3 + 7, len(whole) // 2 + 1, len(whole)):
        put(tmp_path, "ring.pcap", whole[:length])
        look(storer, store)
    storer.end(store)
    assert store.rows(FLOWS) == expected
    assert storer.state.rejected == 0


def test_names_that_are_used_again_are_read_again(store: Store, tmp_path: Path) -> None:
    packets = conversations(12)
    expected = at_once(packets)
    storer = storing(tmp_path)
    for number, part in enumerate(parts(packets, 6)):
        put(tmp_path, f"capture{number % 2}", pcap_file(part))
        look(storer, store)
    storer.end(store)
    assert store.rows(FLOWS) == expected


def test_what_the_ring_takes_away_is_no_error(store: Store, tmp_path: Path) -> None:
    first, second, third = parts(conversations(6), 3)
    storer = storing(tmp_path)
    put(tmp_path, "one.pcap", pcap_file(first))
    look(storer, store)
    put(tmp_path, "two.pcap", pcap_file(second)).with_name("one.pcap").unlink()
    put(tmp_path, "three.pcap", pcap_file(third))
    look(storer, store)
    storer.end(store)
    assert (storer.state.missed_files, storer.state.rejected) == (1, 0)
    assert store.value("SELECT count() FROM rejects") == 0
    assert store.value("SELECT count() FROM network_flows") != 0


def test_what_is_no_capture_is_left_alone(store: Store, tmp_path: Path) -> None:
    storer = storing(tmp_path, quiet=0.0)
    put(tmp_path, "notes.txt", b"not a capture")
    put(tmp_path, "real.pcap", pcap_file(conversations(1)))
    (tmp_path / "ring" / "link.pcap").symlink_to(tmp_path / "ring" / "real.pcap")
    assert look(storer, store) == 1
    assert storer.state.rejected == 0


@pytest.mark.parametrize("died", ["before the ledger knew", "after the ledger knew"])
def test_a_storer_that_dies_doubles_and_loses_nothing(store: Store, tmp_path: Path, died: str) -> None:
    packets = conversations(12)
    for number, part in enumerate(parts(packets, 6)):
        put(tmp_path, f"ring_{number:05}", pcap_file(part))
        storer = storing(tmp_path)
        (ring,) = storer.rings
        settle, last = ring.series.settle, f"ring_{number - 1:05}"

        def dying(series: CaptureSeries = ring.series, settle: Callable[[], None] = settle, last: str = last) -> None:
            if not series.part_name.endswith(last):
                settle()

        ring.series.settle = dying  # type: ignore[method-assign]
        look(storer, store)
        if died == "before the ledger knew":
            store.execute(f"DELETE FROM ingested_files WHERE source LIKE '%{last}'")
    storer = storing(tmp_path)
    look(storer, store)
    storer.end(store)
    assert store.rows(FLOWS) == at_once(packets)


def test_a_database_that_fails_is_asked_again_and_nothing_counts_twice(store: Store, tmp_path: Path) -> None:
    packets = conversations(12)
    expected = at_once(packets)
    storer = storing(tmp_path)
    for number, part in enumerate(parts(packets, 4)):
        put(tmp_path, f"ring_{number:05}", pcap_file(part))
        look(storer, store)
    (ring,) = storer.rings
    assert ring.series.is_open

    def failing(_store: Store) -> Assets:
        raise StoreError("away")

    storer.load_book, storer._book_read = failing, -1000.0
    with pytest.raises(StoreError):
        storer.end(store)
    storer.load_book, storer._store = _book, None
    storer.end(store)
    assert store.rows(FLOWS) == expected


def test_flows_of_a_quiet_ring_end_by_silence(store: Store, tmp_path: Path) -> None:
    storer = storing(tmp_path, quiet=0.0)
    put(tmp_path, "one.pcap", pcap_file([(1000.0, out(udp(5000, 5001, b"x"), 17))]))
    look(storer, store)
    assert store.value("SELECT count() FROM network_flows") == 0
    (ring,) = storer.rings
    ring._told = time.monotonic() - 200
    ring.tell_time(storer.folder)
    look(storer, store)
    assert store.value("SELECT count() FROM network_flows") == 1
    assert not ring.series.is_open


def test_packets_of_an_interface_are_one_series_and_end_with_it(store: Store, tmp_path: Path) -> None:
    packets = conversations(9)
    expected = at_once(packets)
    storer = storing(tmp_path)
    feed = Feed("interface://eth9", "capture")
    spool = Spool(storer.folder, limit_bytes=1 << 22, segment_bytes=1 << 20, segment_seconds=60)
    for part in parts(packets, 5):
        content, moment = block(*(entry(frame, at) for at, frame in part)), round(part[-1][0] * 1e6)
        spool.append(feed, content, peer=b"", time_us=moment, messages=len(part))
        spool.close()
        storer.store(store)
    spool.append(feed, b"", peer=END, messages=0)
    spool.close()
    storer.store(store)
    assert spool.counts[feed.name].received == len(packets)
    assert store.rows(FLOWS) == expected
    assert store.value("SELECT uniqExact(event_id) FROM network_flows") == len(expected)
    assert store.rows("SELECT DISTINCT source, source_type FROM network_flows") == [
        {"source": feed.name, "source_type": "pcap"}
    ]


def test_an_interface_is_heard(store: Store, tmp_path: Path) -> None:
    try:
        packets = packet_socket("lo")
    except InterfaceRefused as refused:
        pytest.skip(str(refused))
    storer = storing(tmp_path)
    spool = Spool(storer.folder, limit_bytes=1 << 24, segment_bytes=1 << 22, segment_seconds=60)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        place = receiver.getsockname()
        for _ in range(50):
            sender.sendto(b"x" * 1000, place)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and spool.counts_of(packets.feed).received < 50:
        time.sleep(0.1)
        packets.drain(spool)
    packets.close(spool)
    spool.close()
    assert packets.kernel_dropped == 0
    while storer.store(store):
        pass
    found = store.rows(f"SELECT packets_out, bytes_out FROM network_flows WHERE destination_port = {place[1]}")
    assert found == [{"packets_out": 50, "bytes_out": 50_000}]


_NO_INTERFACES = {"an option": "-w/etc/passwd", "a path": "../x", "a shell": "lo; id", "none that is there": "nosuch9"}


@pytest.mark.parametrize("name", _NO_INTERFACES.values(), ids=_NO_INTERFACES)
def test_what_is_no_interface_here_is_refused(name: str) -> None:
    with pytest.raises(InterfaceRefused, match="no interface is called"):
        checked_interface(name, "RONGDUN_LISTEN_INTERFACES")


def _program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    folder.mkdir()
    program = folder / "dumpcap"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")


def test_dumpcap_is_given_a_ring_within_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", monkeypatch, "exec sleep 60")
    command = dumpcap_command("lo", tmp_path / "ring", limit_bytes=1 << 30)
    assert command[1:] == [
        *("-q", "-i", "lo", "-w", str(tmp_path / "ring" / "ring.pcapng")),
        *("-b", "filesize:32768", "-b", "duration:5", "-b", "files:32"),
    ]
    running = start_dumpcap("lo", tmp_path / "ring", limit_bytes=1 << 30)
    running.check()
    running.stop()
    assert running.process.poll() is not None


def test_dumpcap_that_may_not_capture_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _program(tmp_path / "bin", monkeypatch, 'echo "You do not have permission to capture" >&2; exit 1')
    with pytest.raises(InterfaceRefused, match=r"permission to capture\. Where the right is missing"):
        start_dumpcap("lo", tmp_path / "ring", limit_bytes=1 << 30)


def test_dumpcap_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InterfaceRefused, match="dumpcap is not installed"):
        start_dumpcap("lo", tmp_path / "ring", limit_bytes=1 << 30)


def test_a_long_series_writes_what_is_over_and_keeps_what_goes_on(store: Store, tmp_path: Path) -> None:
    storer = storing(tmp_path)
    long = [(1000.0 + second, out(udp(4000, 4001, b"x"), 17)) for second in range(0, 600, 20)]
    packets = sorted([*conversations(3), *long], key=lambda packet: packet[0])
    for number, part in enumerate(parts(packets, 10)):
        put(tmp_path, f"ring_{number:05}", pcap_file(part))
        look(storer, store)
    assert pl.DataFrame(store.rows(FLOWS))["connection_state"].to_list() == ["SF"] * 3
    storer.end(store)
    assert store.value("SELECT packets_out FROM network_flows WHERE destination_port = 4001") == len(long)
