"""Files in, rows out, exactly once: repeated, broken off, grown, damaged, hostile."""

import contextlib
import gzip
import os
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import zstandard

from pipelines.ingest import ingest
from pipelines.report import FileReport, Progress
from store.client import Parameters, Store
from tests.pipelines.capture.frames import out, pcap_file, udp
from tests.pipelines.dying import Stopped, die_after

_LINE = "<38>Mar  1 10:00:{second:02d} web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2\n"


class OneAsset:
    """Everything at 192.0.2.7 or on web-1 belongs to somebody."""

    def asset_of_addresses(self, addresses: pl.Series) -> pl.Series:
        return self._owner(addresses, "192.0.2.7", "attacker")

    def asset_of_hosts(self, hosts: pl.Series) -> pl.Series:
        return self._owner(hosts, "web-1", "portal")

    def scope_of(self, asset_ids: pl.Series, default: str) -> pl.Series:
        return asset_ids.replace_strict({"portal": "fuzhou/gulou"}, default=default, return_dtype=pl.String)

    def _owner(self, values: pl.Series, wanted: str, owner: str) -> pl.Series:
        return values.replace_strict({wanted: owner}, default="", return_dtype=pl.String)


def lines(count: int, start: int = 0) -> str:
    return "".join(_LINE.format(second=second) for second in range(start, start + count))


def one(store: Store, path: Path) -> FileReport:
    (report,) = ingest([path], store, scope="fuzhou").files
    return report


def stored(store: Store) -> list[tuple[str, int]]:
    found = store.rows("SELECT message, source_offset FROM log_events ORDER BY source, source_offset")
    return [(str(row["message"]), int(str(row["source_offset"]))) for row in found]


def count(store: Store, table: str) -> int:
    return int(str(store.rows(f"SELECT count() AS n FROM {table}")[0]["n"]))  # a test's own table names


def test_a_row_says_where_it_came_from_and_whose_it_is(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(2) + "nonsense\n")
    report = ingest([path], store, scope="fuzhou", address_book=OneAsset())
    assert [(file.format, file.rows, file.rejected, file.reason) for file in report.files] == [("syslog", 2, 1, "")]
    rows = store.rows("SELECT * FROM log_events ORDER BY source_offset")
    assert {str(row["source"]) for row in rows} == {str(path.resolve())}
    assert [(row["source_type"], row["asset_id"], row["scope"]) for row in rows] == [
        ("syslog", "portal", "fuzhou/gulou")
    ] * 2
    assert len({row["event_id"] for row in rows}) == 2
    (reject,) = store.rows("SELECT source, offset, reason, content FROM rejects")
    assert (reject["source"], reject["offset"], reject["content"]) == (str(path.resolve()), 2, "nonsense")


def test_what_is_read_is_stored_or_rejected(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(7) + "x\n" * 5)
    report = one(store, path)
    (ledger,) = store.rows("SELECT sum(rows) AS rows, sum(rejected) AS rejected FROM ingested_batches")
    assert (ledger["rows"], ledger["rejected"]) == (report.rows, report.rejected) == (7, 5)
    assert (count(store, "log_events"), count(store, "rejects")) == (7, 5)


def test_the_same_file_again_adds_nothing(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(3))
    one(store, path)
    again = one(store, path)
    assert (again.already_ingested, again.rows, count(store, "log_events")) == (True, 0, 3)


def test_the_same_content_under_another_name_adds_nothing_and_names_the_first(store: Store, tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    first.write_text(lines(3))
    second.write_text(lines(3))
    reports = ingest([tmp_path], store, scope="fuzhou").files
    assert [report.already_ingested for report in reports] == [False, True]
    assert str(first.resolve()) in reports[1].reason
    assert count(store, "log_events") == 3


def test_a_run_that_dies_after_writing_is_repeated_without_a_duplicate(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(30) + "x\n")

    def die(_: Progress) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ingest([path], store, scope="fuzhou", progress=die)
    assert count(store, "ingested_files") == 0
    report = one(store, path)
    assert (report.rows, count(store, "log_events"), count(store, "rejects")) == (30, 30, 1)
    assert count(store, "ingested_batches") == 1


def test_of_a_grown_file_only_the_new_part_is_read(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(3))
    one(store, path)
    path.write_text(lines(5))
    report = one(store, path)
    assert (report.rows, [offset for _, offset in stored(store)]) == (2, [0, 1, 2, 3, 4])
    path.write_text(lines(6))
    assert one(store, path).rows == 1
    assert count(store, "log_events") == 6


def test_a_last_line_without_its_end_is_kept_and_not_read_again_when_the_file_grows(
    store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(2).rstrip("\n"))
    assert one(store, path).rows == 2
    path.write_text(lines(3))
    assert one(store, path).rows == 1
    assert [offset for _, offset in stored(store)] == [0, 1, 2]


def test_a_grown_zeek_log_keeps_the_names_of_its_columns(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "dns.log"
    header = "#separator \\x09\n#path\tdns\n#fields\tts\tuid\tquery\n#types\ttime\tstring\tstring\n"
    path.write_text(header + "1772330400.5\tC1\ta.example.org\n")
    one(store, path)
    with path.open("a") as file:
        file.write("1772330401.5\tC2\tb.example.org\n")
    assert one(store, path).rows == 1
    rows = store.rows("SELECT source_offset, fields['query'] AS query FROM log_events ORDER BY source_offset")
    assert [(row["source_offset"], row["query"]) for row in rows] == [(4, "a.example.org"), (5, "b.example.org")]


def test_a_file_that_grew_after_a_broken_run_is_stored_once(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(3))
    one(store, path)
    path.write_text(lines(4))

    def die(_: Progress) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ingest([path], store, scope="fuzhou", progress=die)
    assert one(store, path).rows == 1
    assert count(store, "log_events") == 4


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_compressed_files_are_read_as_they_are(store: Store, tmp_path: Path, pack: object) -> None:
    path = tmp_path / "auth.log.packed"
    assert callable(pack)
    path.write_bytes(pack(lines(4).encode()))
    assert one(store, path).rows == 4


def test_a_cut_off_gzip_keeps_what_was_read_and_says_where_it_ends(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log.gz"
    text = "".join(lines(1, second) for second in range(60)) * 50
    packed = gzip.compress(text.encode() + b"", compresslevel=0)
    path.write_bytes(packed[: len(packed) // 2])
    report = one(store, path)
    assert report.rows > 1000
    assert "truncated at compressed byte" in report.reason
    assert count(store, "rejects") == report.rejected


def test_a_cut_capture_says_in_its_report_at_which_byte_and_packet(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    content = pcap_file([(1.0, out(udp(4000, 5000, b"one"), 17)), (2.0, out(udp(4001, 5000, b"two"), 17))])
    path.write_bytes(content[:-5])
    report = one(store, path)
    assert (report.rows, report.rejected) == (1, 1)
    assert report.reason.startswith(f"truncated at byte {len(content) - 5}, packet 1: ")
    (reject,) = store.rows("SELECT offset, reason FROM rejects")
    assert reject == {"offset": 1, "reason": report.reason}


def test_utf16_is_read(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "export.log"
    path.write_text(lines(2), encoding="utf-16")
    assert one(store, path).rows == 2


_UNREAD = {
    "empty": (b"", "empty file"),
    "words": (b"Read me first.\nThen go.\n", "unknown format"),
    "a table": (b"name,age\nx,1\ny,2\n", "rongdun dlp scan"),
    "Parquet": (b"PAR1xxxx", "rongdun dlp scan"),
    "a workbook": (b"PK\x03\x04....[Content_Types].xml..xl/workbook.xml", "rongdun dlp scan"),
    "damaged NetFlow": (b"\x00\x05\x9a\x01" + bytes(68), "begins like NetFlow v5 export packets"),
    "noise": (bytes(range(256)), "unknown format"),
    "NULs": (bytes(5000), "unknown format"),
    "broken gzip": (b"\x1f\x8b\x08\x00garbage....", "damaged gzip"),
    "JSON without a time": (b'{"a":1}\n', "JSON"),
}


@pytest.mark.parametrize(("content", "reason"), _UNREAD.values(), ids=_UNREAD)
def test_a_file_nobody_reads_gets_a_reason_and_never_stops_the_others(
    store: Store, tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "a.bin").write_bytes(content)
    (tmp_path / "b.log").write_text(lines(1))
    unread, read = ingest([tmp_path], store, scope="fuzhou").files
    assert (unread.rows, unread.rejected, read.rows) == (0, 1, 1)
    assert reason in unread.reason
    ingest([tmp_path], store, scope="fuzhou")
    assert count(store, "rejects") == 1


def test_links_that_leave_the_folder_are_not_followed(store: Store, tmp_path: Path) -> None:
    outside, folder = tmp_path / "secret.log", tmp_path / "inbox"
    outside.write_text(lines(1))
    folder.mkdir()
    (folder / "link.log").symlink_to(outside)
    (report,) = ingest([folder], store, scope="fuzhou").files
    assert "not followed" in report.reason
    assert count(store, "log_events") == 0


@pytest.mark.parametrize(("bad", "reason"), [(1, "no such time"), (3, "3 rejects and no row; the first: no such time")])
def test_a_file_without_a_row_says_what_was_wrong_first(store: Store, tmp_path: Path, bad: int, reason: str) -> None:
    path = tmp_path / "access.log"
    path.write_text('192.0.2.7 - - [31/Feb/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5\n' * bad)
    assert one(store, path).reason == reason


def test_odd_names_and_links_stop_nothing(store: Store, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / os.fsdecode(b"bad\xff.log")).write_text(lines(2))
    (tmp_path / os.fsdecode(b"bad\xff.bin")).write_bytes(b"words only")
    (tmp_path / "z.log").write_text(lines(1))
    report = ingest([tmp_path], store, scope="fuzhou")
    assert (report.rows, sum(bool(file.reason) for file in report.files)) == (3, 2)
    again = ingest([tmp_path], store, scope="fuzhou")
    assert (again.rows, count(store, "rejects")) == (0, 1)


@pytest.mark.parametrize("name", ["missing.log", "pipe"])
def test_what_is_no_file_gets_a_reason(store: Store, tmp_path: Path, name: str) -> None:
    if name == "pipe":
        os.mkfifo(tmp_path / name)
    assert one(store, tmp_path / name).reason in {"no such file", "not a regular file"}


def test_times_the_tables_cannot_hold_are_rejects(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(
        '{"time":"1969-12-31T23:59:59Z"}\n{"time":"2106-01-01T00:00:00Z"}\n{"time":"2105-01-01T00:00:00Z"}\n'
    )
    report = one(store, path)
    assert (report.rows, report.rejected) == (1, 2)


def test_more_months_than_an_insert_may_touch_are_stored_all_the_same(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text("".join(f'{{"time":"{1990 + at // 12}-{at % 12 + 1:02d}-01T00:00:00Z"}}\n' for at in range(240)))
    assert one(store, path).rows == 240
    assert count(store, "log_events") == 240


def test_a_line_beyond_all_bounds_is_rejected_and_its_neighbours_stay(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "auth.log"
    path.write_text(lines(1) + "x" * 30_000_000 + "\n" + lines(1, 1))
    report = one(store, path)
    assert (report.rows, report.rejected) == (2, 1)
    assert [offset for _, offset in stored(store)] == [0, 2]


def test_the_report_adds_up(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(lines(2))
    (tmp_path / "b.txt").write_text("words only\n")
    report = ingest([tmp_path], store, scope="fuzhou")
    totals = report.as_json()
    assert (totals["rows"], totals["rejected"], totals["already_ingested"]) == (2, 1, 0)
    files = totals["files"]
    assert isinstance(files, list)
    assert set(files[0]) == {"path", "format", "rows", "rejected", "bytes", "seconds", "already_ingested", "reason"}


@pytest.mark.slow
@pytest.mark.parametrize("folder", ["logs", "evtx", "netflow", "cn", "en", "pcap/otrf"])
def test_every_real_file_gives_rows_or_a_reason(store: Store, shared_data: Path, folder: str) -> None:
    report = ingest([shared_data / folder], store, scope="fuzhou")
    silent = [file.path.name for file in report.files if not (file.rows or file.reason)]
    assert silent == []
    total = count(store, "log_events") + count(store, "network_flows")
    assert (report.rows, report.rejected) == (total, count(store, "rejects"))


def test_a_folder_of_many_files_is_read_once_too(store: Store, tmp_path: Path) -> None:
    for number in range(30):
        (tmp_path / f"{number:02d}.log").write_text(lines(1 + number % 15))
    first = ingest([tmp_path], store, scope="fuzhou")
    again = ingest([tmp_path], store, scope="fuzhou")
    assert [sum(file.already_ingested for file in report.files) for report in (first, again)] == [15, 30]
    assert count(store, "log_events") == sum(range(1, 16))
    (tmp_path / "14.log").write_text(lines(16))
    assert ingest([tmp_path], store, scope="fuzhou").rows == 1


_GROWN = {"lines": (3, 5, ""), "half a line": (3, 5, "<38>Mar  1 10:00:03 web"), "nothing appended": (3, 3, "")}


@pytest.mark.parametrize("inserts", range(6))
@pytest.mark.parametrize(("first", "later", "stump"), _GROWN.values(), ids=_GROWN)
def test_a_run_that_dies_anywhere_before_the_file_grows_leaves_nothing_twice(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    inserts: int,
    first: int,
    later: int,
    stump: str,
) -> None:
    path = tmp_path / "auth.log"
    path.write_text("x\n" + lines(first) + stump)
    with monkeypatch.context() as patch:
        die_after(inserts, store, patch)
        with contextlib.suppress(Stopped):
            ingest([path], store, scope="fuzhou")
    path.write_text("x\n" + lines(later))
    one(store, path)
    one(store, path)
    # A line that was cut off when it was stored is kept beside the whole one.
    whole = [offset for message, offset in stored(store) if message.endswith("ssh2")]
    assert whole == list(range(1, later + 1))
    ledger = store.rows("SELECT sum(rows) AS rows, sum(rejected) AS rejected FROM ingested_batches")[0]
    assert (ledger["rows"], ledger["rejected"]) == (count(store, "log_events"), count(store, "rejects"))


def test_runs_that_die_one_after_another_while_the_file_grows_leave_nothing_twice(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "auth.log"
    for length in range(1, 8):
        path.write_text(lines(length))
        with monkeypatch.context() as patch:
            die_after(2 + length % 3, store, patch)
            with contextlib.suppress(Stopped):
                ingest([path], store, scope="fuzhou")
    path.write_text(lines(9))
    one(store, path)
    assert [offset for _, offset in stored(store)] == list(range(9))


def test_two_runs_over_the_same_files_at_once_store_and_note_them_once(store: Store, tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.log").write_text(lines(1 + number) + "x\n" * (number == 3))
    met = list[Path]()

    def start_another(progress: Progress) -> None:
        met.append(progress.path)
        if len(met) == 1:
            ingest([tmp_path], store, scope="fuzhou")

    ingest([tmp_path], store, scope="fuzhou", progress=start_another)
    tables = ("log_events", "rejects", "ingested_batches", "ingested_files")
    assert [count(store, table) for table in tables] == [10, 1, 4, 4]


def test_the_ledger_is_told_in_few_writes_for_many_files(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(15):
        (tmp_path / f"{number:02d}.log").write_text(lines(1 + number))
    told = list[str]()
    insert = store.insert

    def counted(table: str, frame: pl.DataFrame, settings: Parameters | None = None) -> None:
        told.append(table)
        insert(table, frame, settings)

    monkeypatch.setattr(store, "insert", counted)
    monkeypatch.setattr("pipelines.ledger._COMMIT_SECONDS", 600.0)
    ingest([tmp_path], store, scope="fuzhou")
    assert Counter(told) == {"started_files": 1, "syslog_messages": 15, "ingested_batches": 1, "ingested_files": 1}
