"""Captures that one tool wrote in turn: the flows of all files are those of one file with all packets."""

import gzip
import itertools
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import series_ingest
from pipelines.capture.series_names import series_key
from pipelines.ingest import ingest
from pipelines.report import IngestReport, Progress
from store.client import Store
from tests.databases import Databases
from tests.pipelines.capture.frames import Timed, enhanced, interface, out, pcap_file, section, talk, udp

_COLUMNS = """
event_time, source_ip, source_port, destination_ip, destination_port, protocol, application, duration_ms, packets_out,
packets_in, bytes_out, bytes_in, ip_bytes_out, ip_bytes_in, connection_state, history, community_id, fields
"""
_FLOWS = f"SELECT {_COLUMNS} FROM network_flows ORDER BY ALL"
_EVENTS = "SELECT event_time, category, source_ip, source_port, action, outcome, fields FROM log_events ORDER BY ALL"
_ROLLED_UP = """
SELECT (SELECT sum(flows) FROM flow_activity) AS flows, (SELECT sum(flows) FROM flow_hours) AS hours,
    (SELECT sum(bytes_out) FROM flow_activity) AS bytes, (SELECT sum(events) FROM log_activity) AS events,
    (SELECT sum(rows) FROM ingested_batches) AS noted
"""


class Died(Exception):
    """The process ends here."""


def conversations(count: int) -> list[Timed]:
    """Connections one beginning after the other, with requests and answers, all in each other's way."""
    request, answer = b"GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    packets = [
        (time + index / 50, frame)
        for index in range(count)
        for time, frame in talk((True, request), (False, answer), port=50000 + index, to=80)
    ]
    return sorted(packets, key=lambda packet: packet[0])


def parts(packets: Sequence[Timed], count: int) -> list[Sequence[Timed]]:
    size = -(-len(packets) // count)
    return [packets[start : start + size] for start in range(0, len(packets), size)]


def pcapng(packets: Sequence[Timed]) -> bytes:
    return section() + interface() + b"".join(enhanced(frame, round(time * 1e6)) for time, frame in packets)


def put(folder: Path, number: int, content: bytes) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"uplink_{number:05}_20260301{100000 + number:06}.pcapng"
    path.write_bytes(content)
    return path


def run(store: Store, *paths: Path) -> IngestReport:
    return ingest(paths, store, scope="fuzhou")


def told(store: Store) -> tuple[object, ...]:
    """All that is stored, without where it was read from; nothing is there twice."""
    assert store.value("SELECT count() - uniqExact(event_id) FROM network_flows") == 0
    rolled_up = store.rows(_ROLLED_UP)[0]
    flows, events = store.rows(_FLOWS), store.rows(_EVENTS)
    assert rolled_up["flows"] == rolled_up["hours"] == len(flows)
    assert rolled_up["events"] == len(events)
    assert rolled_up["noted"] == len(flows) + len(events)
    return flows, events, rolled_up


@pytest.fixture
def expected(databases: Databases, tmp_path: Path) -> tuple[object, ...]:
    """What one capture of all packets gives."""
    with databases.lent() as store:
        path = tmp_path / "whole.pcap"
        path.write_bytes(pcap_file(conversations(20)))
        run(store, path)
        return told(store)


NAMES = {
    "uplink_00001_20260301100500.pcapng": "uplink*",
    "uplink_20260301100500_00001.pcapng": "uplink*",
    "uplink_00012.pcap": "uplink*",
    "uplink.pcap": "uplink.pcap",
    "uplink.pcap12": "uplink.pcap",
    "uplink.pcap03.gz": "uplink.pcap",
    "uplink2": "uplink",
    "uplink-2026-03-01_10:05:00.pcap": "uplink-*.pcap",
    "uplink-20260301100500.pcap3": "uplink-*.pcap",
    "log.1772359500.pcap": "log.*.pcap",
    "reason_code-12.pcap": "reason_code-12.pcap",
    "http.log": "",
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_a_series_have_a_key_in_common(name: str) -> None:
    key = NAMES[name]
    assert series_key(name).startswith(key)
    assert bool(series_key(name)) == bool(key)


@given(st.text(max_size=60))
def test_any_name_has_a_key(name: str) -> None:
    assert isinstance(series_key(name), str)


@pytest.mark.parametrize("written", [pcap_file, pcapng], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("count", [2, 7])
def test_a_flow_of_several_files_is_one(
    store: Store, tmp_path: Path, expected: object, written: type, count: int
) -> None:
    for number, part in enumerate(parts(conversations(20), count), 1):
        put(tmp_path / "series", number, written(part))
    report = run(store, tmp_path / "series")
    assert told(store) == expected
    assert report.rows == len(expected[0]) + len(expected[1])
    again = run(store, tmp_path / "series")
    assert (again.rows, {file.already_ingested for file in again.files}) == (0, {True})
    assert told(store) == expected


def test_files_on_one_command_line_are_one_capture_in_any_order(store: Store, tmp_path: Path, expected: object) -> None:
    paths = [put(tmp_path, number, pcap_file(part)) for number, part in enumerate(parts(conversations(20), 4), 1)]
    report = run(store, paths[2], paths[0], paths[3], paths[1])
    assert [file.path for file in report.files] == [paths[2], paths[0], paths[3], paths[1]]
    assert told(store) == expected


@pytest.mark.parametrize("name", ["uplink.pcap{}", "uplink{}", "uplink-{:010}.pcap"])
def test_names_of_tcpdump_are_a_series(store: Store, tmp_path: Path, expected: object, name: str) -> None:
    for number, part in enumerate(parts(conversations(20), 12)):
        count = 1772359500 + number if ":" in name else number or ""
        (tmp_path / name.format(count)).write_bytes(gzip.compress(pcap_file(part)))
    (tmp_path / "whole.pcap").unlink()
    run(store, tmp_path)
    assert told(store) == expected


@pytest.mark.parametrize("steps", [(1, 2, 3, 4, 5), (2, 5), (4, 5)], ids=str)
def test_a_series_that_grows_gives_the_same_rows(
    store: Store, tmp_path: Path, expected: object, steps: tuple[int, ...]
) -> None:
    pieces = parts(conversations(20), 5)
    for step in steps:
        for number in range(step):
            put(tmp_path / "series", number, pcap_file(pieces[number]))
        run(store, tmp_path / "series")
        told(store)
    assert told(store) == expected


def test_a_file_that_was_read_while_it_was_written_is_read_whole_later(
    store: Store, tmp_path: Path, expected: object
) -> None:
    first, second, third = (pcap_file(part) for part in parts(conversations(20), 3))
    put(tmp_path / "series", 1, first)
    for length in (len(second) // 3, len(second) // 2 + 5):
        put(tmp_path / "series", 2, second[:length])
        run(store, tmp_path / "series")
    put(tmp_path / "series", 2, second)
    put(tmp_path / "series", 3, third)
    run(store, tmp_path / "series")
    flows, events, rolled_up = told(store)
    assert (flows, events, rolled_up) == expected


def test_files_that_come_late_take_their_place(store: Store, tmp_path: Path, expected: object) -> None:
    pieces = [pcap_file(part) for part in parts(conversations(20), 3)]
    for number in (1, 2, 0):
        put(tmp_path / "series", number, pieces[number])
        run(store, tmp_path / "series")
    assert told(store) == expected


def test_a_flow_keeps_its_id_when_it_grows(store: Store, tmp_path: Path) -> None:
    first, second = parts(conversations(3), 2)
    put(tmp_path, 1, pcap_file(first))
    run(store, tmp_path)
    before = store.frame("SELECT event_id FROM network_flows")["event_id"].to_list()
    put(tmp_path, 2, pcap_file(second))
    run(store, tmp_path)
    assert set(before) <= set(store.frame("SELECT event_id FROM network_flows")["event_id"].to_list())


@pytest.mark.parametrize("moment", ["rows", "ledger", "retracting"])
@pytest.mark.parametrize("stored_before", [0, 1, 3])
def test_a_run_that_dies_doubles_and_loses_nothing(
    store: Store, tmp_path: Path, expected: object, monkeypatch: pytest.MonkeyPatch, moment: str, stored_before: int
) -> None:
    pieces = [pcap_file(part) for part in parts(conversations(20), 6)]
    for number, piece in enumerate(pieces[:stored_before]):
        put(tmp_path / "series", number, piece)
    if stored_before:
        run(store, tmp_path / "series")

    def dies(*_: object, **__: object) -> None:
        raise Died

    told_of = itertools.count()

    def told_rows(_: Progress) -> None:
        if moment == "rows" and next(told_of) == 1:
            raise Died

    for number, piece in enumerate(pieces[:5]):
        put(tmp_path / "series", number, piece)
    with monkeypatch.context() as patched:
        if moment == "ledger":
            patched.setattr("pipelines.ledger.Ledger.file_done", dies)
        if moment == "retracting":
            patched.setattr("pipelines.series_ingest.retract", dies)
        with pytest.raises(Died):
            ingest([tmp_path / "series"], store, scope="fuzhou", progress=told_rows)
    put(tmp_path / "series", 5, pieces[5])
    run(store, tmp_path / "series")
    assert told(store) == expected


def test_a_silence_longer_than_flows_last_ends_a_series(store: Store, tmp_path: Path) -> None:
    first = put(tmp_path, 1, pcap_file([(1000.0, out(udp(4000, 4001, b"x"), 17))]))
    put(tmp_path, 2, pcap_file([(1121.0, out(udp(4000, 4001, b"x"), 17))]))
    run(store, tmp_path)
    first.unlink()
    put(tmp_path, 3, pcap_file([(1200.0, out(udp(4000, 4001, b"x"), 17))]))
    run(store, tmp_path)
    assert store.frame("SELECT packets_out FROM network_flows ORDER BY event_time")["packets_out"].to_list() == [1, 2]


def test_captures_that_ran_at_once_are_no_series(store: Store, tmp_path: Path) -> None:
    for number in (1, 2):
        packets = [(1000.0 + number / 10 + second, out(udp(4000, 4001, b"x"), 17)) for second in range(9)]
        put(tmp_path, number, pcap_file(packets))
    run(store, tmp_path)
    assert store.frame("SELECT packets_out FROM network_flows")["packets_out"].to_list() == [9, 9]


def test_where_the_beginning_is_gone_what_is_stored_stays(store: Store, tmp_path: Path) -> None:
    pieces = [pcap_file(part) for part in parts(conversations(20), 4)]
    paths = [put(tmp_path, number, piece) for number, piece in enumerate(pieces[:3])]
    run(store, tmp_path)
    paths[0].unlink()
    put(tmp_path, 3, pieces[3])
    run(store, tmp_path)
    told(store)
    packets = "SELECT sum(packets_out + packets_in) FROM network_flows"
    assert store.value(packets) == len(conversations(20))


def test_a_long_series_is_cut(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_ingest, "MOST_BYTES", 2000)
    packets = [(1000.0 + second, out(udp(4000, 4001, bytes(900)), 17)) for second in range(4)]
    for number, packet in enumerate(packets):
        put(tmp_path, number, pcap_file([packet]))
    run(store, tmp_path)
    assert store.frame("SELECT packets_out FROM network_flows")["packets_out"].to_list() == [2, 2]


def test_a_file_that_breaks_off_says_so_and_the_next_goes_on(store: Store, tmp_path: Path) -> None:
    packets = [(1000.0 + second, out(udp(4000, 4001, b"x"), 17)) for second in range(4)]
    put(tmp_path, 1, pcap_file(packets[:2])[:-3])
    put(tmp_path, 2, pcap_file(packets[2:]))
    report = run(store, tmp_path)
    assert "truncated at byte" in report.files[0].reason
    assert (report.rows, report.rejected) == (1, 1)
    assert store.value("SELECT packets_out FROM network_flows") == 3
    assert store.rows("SELECT offset FROM rejects") == [{"offset": 1}]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.integers(1, 79), min_size=1, max_size=3, unique=True).map(sorted))
def test_wherever_files_end_the_rows_are_the_same(
    databases: Databases, tmp_path_factory: pytest.TempPathFactory, expected: object, ends: list[int]
) -> None:
    packets, folder = conversations(20), tmp_path_factory.mktemp("series")
    with databases.lent() as store:
        for number, (begin, end) in enumerate(itertools.pairwise([0, *ends, len(packets)])):
            put(folder, number, pcap_file(packets[begin:end]))
            run(store, folder)
        assert told(store) == expected


def test_a_capture_that_grew_is_stored_as_it_is_now(store: Store, tmp_path: Path, expected: object) -> None:
    whole, path = pcap_file(conversations(20)), tmp_path / "one.pcap"
    for length in (len(whole) // 4, len(whole) // 3 + 5, len(whole)):
        path.write_bytes(whole[:length])
        run(store, path)
        told(store)
    assert told(store) == expected
