"""How scans go on: what is not read again, what changed, what is sampled, and what may go wrong on the way."""

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import pytest

from dlp.findings import PiiFinding
from dlp.mask_policy import default_mask_policy
from dlp.policy import default_policy
from pipelines.pieces import Piece
from pipelines.scan import scan
from pipelines.scan_changes import Change, ChangeKind, changes
from pipelines.scan_report import ScanReport
from pipelines.scan_sampling import Sampled, Sampling, least_share_seen, sampled
from store.client import Store
from tests.pipelines.test_scan import EXPECTED, KEY, TABLE, found

MAILS = "mail\n" + "".join(f"lin{at}@example.org\n" for at in range(40))
MASKED = "mail\n" + "".join(f"l***{at}@example.org\n" for at in range(10, 50))


def scanned(store: Store, target: Path | str, **how: object) -> list[ScanReport]:
    return scan(target, store, key=KEY, scope="fuzhou", policy=default_policy(), **how)  # type: ignore[arg-type]


def scans(store: Store) -> object:
    return store.value("SELECT count() FROM pii_scans")


def _nothing(_path: Path) -> None:
    return


def _appended(path: Path) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("wu@example.org\n")


def _rewritten_in_place(path: Path) -> None:
    status = path.stat()
    path.write_text(MAILS.replace("lin7@", "wu77@"[:5]), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    ("change", "again", "read"),
    [
        (_nothing, False, False),
        (_nothing, True, True),
        (_appended, False, True),
        (_rewritten_in_place, False, True),
    ],
)
def test_a_file_is_read_again_only_when_it_changed_or_one_insists(
    store: Store, tmp_path: Path, change: Callable[[Path], None], again: bool, read: bool
) -> None:
    path = tmp_path / "a.csv"
    path.write_text(MAILS, encoding="utf-8")
    (first,) = scanned(store, path)
    change(path)
    (second,) = scanned(store, path, again=again)
    assert second.unchanged is not read
    assert found(second) == found(first) == {("mail", "EMAIL_ADDRESS")}
    assert scans(store) == 1 + read


def test_another_policy_or_another_sample_is_another_look(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(MAILS, encoding="utf-8")
    scanned(store, path)
    policy = default_policy().model_copy(update={"version": "other"})
    (report,) = scan(path, store, key=KEY, scope="fuzhou", policy=policy)
    assert not report.unchanged
    assert not scanned(store, path, sampling=Sampling(rows=5))[0].unchanged
    assert not scanned(store, path)[0].unchanged
    assert scanned(store, path)[0].unchanged


def test_other_bounds_for_masks_judge_an_unchanged_file_again(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("phone\n" + "".join(f"138{at:06}**\n" for at in range(40)), encoding="utf-8")
    checks = default_mask_policy().checks
    (first,) = scanned(store, path, checks=checks)
    assert {str(one.check) for one in first.masks} == {"residual", "coverage"}
    assert scanned(store, path, checks=checks)[0].unchanged
    lenient = checks.model_copy(update={"least_candidates": {"default": 10}, "least_hidden": {"default": 0.1}})
    (again,) = scanned(store, path, checks=lenient)
    assert (again.unchanged, again.masks) == (False, ())
    assert store.value("SELECT count() FROM mask_findings") == 0


def test_a_table_without_new_parts_is_not_read_again(store: Store) -> None:
    store.execute("CREATE TABLE people (mail String) ENGINE = MergeTree ORDER BY mail")
    store.execute("INSERT INTO people SELECT concat('lin', toString(number), '@example.org') FROM numbers(20)")
    assert [scanned(store, "table:people")[0].unchanged for _ in range(2)] == [False, True]
    store.execute("INSERT INTO people VALUES ('wu@example.org')")
    (report,) = scanned(store, "table:people")
    assert (report.unchanged, report.rows) == (False, 21)


class _Interrupted(Exception):
    pass


def test_a_scan_that_broke_off_goes_on_where_it_stopped(store: Store, tmp_path: Path) -> None:
    for name in "abcd":
        (tmp_path / f"{name}.csv").write_text(MAILS, encoding="utf-8")

    def stop(_share: float, name: str) -> None:
        if name.endswith("c.csv"):
            raise _Interrupted

    with pytest.raises(_Interrupted):
        scanned(store, tmp_path, progress=stop)
    assert scans(store) == 2
    assert [report.unchanged for report in scanned(store, tmp_path)] == [True, True, False, False]
    assert scans(store) == 4


def test_what_was_broken_off_or_could_not_be_written_does_not_count(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(MAILS, encoding="utf-8")
    scanned(store, path)
    store.execute("RENAME TABLE pii_scans TO elsewhere")
    path.write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(Exception, match="pii_scans"):
        scanned(store, path)
    store.execute("RENAME TABLE elsewhere TO pii_scans")
    assert store.value("SELECT count() FROM pii_findings") == 1


def finding(
    column: str = "a", rows: int = 100, hits: int = 100, masked: bool = False, grade: str = "general-3"
) -> PiiFinding:
    return PiiFinding(column, "T", rows, hits, 0.9, "c", grade, False, False, masked, "", "", "")


@pytest.mark.parametrize(
    ("before", "after", "whole", "told"),
    [
        ([], [finding()], True, [("new", "", "general-3")]),
        ([finding()], [], True, [("gone", "general-3", "")]),
        ([finding()], [], False, []),
        ([finding()], [finding(rows=120, hits=110)], True, []),
        (
            [finding()],
            [finding(masked=True, grade="general-2")],
            True,
            [("masked", "", ""), ("regraded", "general-3", "general-2")],
        ),
        ([finding(masked=True)], [finding()], True, [("unmasked", "", "")]),
        ([finding(hits=2)], [finding(hits=30)], True, [("share", "mistake", "part")]),
        ([finding(hits=30)], [finding(hits=80)], True, [("share", "part", "most")]),
        ([finding(rows=0, hits=0)], [finding(rows=0, hits=0)], True, []),
    ],
)
def test_changes(
    before: Sequence[PiiFinding], after: Sequence[PiiFinding], whole: bool, told: list[tuple[str, str, str]]
) -> None:
    assert changes(before, after, whole=whole) == tuple(
        Change("a", "T", ChangeKind(kind), old, new) for kind, old, new in told
    )


def test_a_scan_tells_and_stores_what_changed(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(MAILS, encoding="utf-8")
    assert scanned(store, path)[0].changes == ()
    path.write_text(MASKED.replace("mail", "mail,phone").replace(".org\n", ".org,13800138000\n"), encoding="utf-8")
    (report,) = scanned(store, path)
    kinds = {(change.column, str(change.change)) for change in report.changes}
    assert {("mail", "masked"), ("phone", "new")} <= kinds
    stored = store.rows(
        "SELECT column, change FROM pii_changes WHERE scan_id = (SELECT argMax(scan_id, finished_at) FROM pii_scans)"
    )
    assert {(row["column"], row["change"]) for row in stored} == kinds
    told = report.as_json()["changes"]
    assert isinstance(told, list | tuple)
    assert len(told) == len(kinds)
    assert scanned(store, path)[0].changes == ()


def pieces(rows: int, size: int) -> list[Piece]:
    whole = pl.DataFrame({"a": [str(at) for at in range(rows)]})
    return [Piece(whole[at : at + size], size, (at + size) / rows) for at in range(0, rows, size)]


def test_a_sample_takes_every_row_as_often_as_any_other() -> None:
    told = Sampled()
    chosen = pl.concat(
        [
            piece.frame
            for piece in sampled(iter(pieces(100_000, 5_000)), Sampling(rows=2_000), told)
            if piece.frame.height
        ]
    )
    numbers = chosen["a"].cast(pl.Int64)
    assert (told.total, told.looked_at, chosen.height) == (100_000, 2_000, 2_000)
    assert numbers.n_unique() == 2_000
    tenths = (numbers // 10_000).value_counts()["count"]
    assert tenths.len() == 10
    assert 140 < int(str(tenths.min())) <= int(str(tenths.max())) < 260


def test_a_small_table_is_looked_at_in_full_however_large_the_sample() -> None:
    told = Sampled()
    list(sampled(iter(pieces(100, 50)), Sampling(rows=1_000), told))
    assert (told.looked_at, told.partial, told.words()) == (100, False, [])


def test_reading_ends_when_its_time_is_over_and_says_so() -> None:
    told, times = Sampled(), iter(range(100))
    list(sampled(iter(pieces(100, 10)), Sampling(seconds=3), told, clock=lambda: float(next(times))))
    assert told.partial
    assert told.total < 100
    assert "nothing is known of the rest" in told.words()[0]


@pytest.mark.parametrize(("rows", "share"), [(1, 0.95), (100, 0.0295), (3_000, 0.000998), (0, 1.0)])
def test_the_bound_of_what_a_sample_misses(rows: int, share: float) -> None:
    assert least_share_seen(rows) == pytest.approx(share, rel=0.01)


def test_a_sampled_scan_states_its_sample(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TABLE.write_csv(), encoding="utf-8")
    (report,) = scanned(store, path, sampling=Sampling(rows=30))
    assert report.rows == 60
    assert {item.rows for item in report.findings} == {30}
    assert re.search(r"a random sample of 30 of 60 rows: what at least 9\.5\d+% of the rows hold", report.method)
    assert report.as_json()["sampled"] is True
    assert store.value("SELECT partial FROM pii_scans") is True


def test_a_sampled_table_states_its_sample(store: Store) -> None:
    store.execute("CREATE TABLE people (mail String) ENGINE = MergeTree ORDER BY mail")
    store.execute("INSERT INTO people SELECT concat('lin', toString(number), '@example.org') FROM numbers(10000)")
    (report,) = scanned(store, "table:people", sampling=Sampling(rows=1_000))
    assert report.rows == 10_000
    assert 800 < report.findings[0].rows < 1_200
    assert "a random sample of 1000 of 10000 rows" in report.method


def test_a_table_that_changes_while_it_is_read_says_so_and_is_read_again(store: Store) -> None:
    store.execute("CREATE TABLE people (a String, mail String) ENGINE = MergeTree ORDER BY mail")
    store.execute("INSERT INTO people SELECT 'x', concat('lin', toString(number), '@example.org') FROM numbers(20)")

    def grow(share: float, _name: str) -> None:
        if 0 < share < 1:
            store.execute("INSERT INTO people VALUES ('x', 'wu@example.org')")

    (report,) = scanned(store, "table:people", progress=grow)
    assert "the table changed while it was read: 20 rows before, 21 after" in report.method
    assert not scanned(store, "table:people")[0].unchanged


def test_a_table_that_is_dropped_while_it_is_read_keeps_the_last_scan(store: Store) -> None:
    store.execute("CREATE TABLE people (mail String) ENGINE = MergeTree ORDER BY mail")
    store.execute("INSERT INTO people SELECT concat('lin', toString(number), '@example.org') FROM numbers(20)")
    scanned(store, "table:people")
    store.execute("DROP TABLE people")
    (report,) = scanned(store, "table:people")
    assert "no table is called people" in report.reason
    assert store.value("SELECT count() FROM pii_findings") == 1


def test_a_sample_of_rows_without_text_is_no_sample() -> None:
    told = Sampled()
    list(sampled(iter([Piece(pl.DataFrame(), 100)]), Sampling(rows=10), told))
    assert (told.total, told.partial) == (100, False)


def test_a_file_of_two_encodings_loses_no_line(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    lines = TABLE.write_csv().splitlines(keepends=True)
    path.write_bytes("".join(lines[:31]).encode() + "".join(lines[31:]).encode("gb18030"))
    (report,) = scanned(store, path)
    assert found(report) == EXPECTED
    (names,) = [item for item in report.findings if item.entity_type == "PERSON"]
    assert (names.rows, names.hits) == (60, 60)


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("nul.csv", MAILS.encode().replace(b"@", b"\x00@"), 40),
        ("wide.csv", (",".join(f"c{at}" for at in range(10_000)) + "\n" + ",".join(["x"] * 10_000) + "\n").encode(), 1),
        ("ends.csv", MAILS.encode().replace(b"\n", b"\r"), 40),
    ],
)
def test_odd_tables_are_read(store: Store, tmp_path: Path, name: str, content: bytes, rows: int) -> None:
    (tmp_path / name).write_bytes(content)
    (report,) = scanned(store, tmp_path)
    assert (report.reason, report.rows) == ("", rows)


@pytest.mark.parametrize("name", ["line.csv", "line.jsonl"])
def test_a_line_without_end_is_one_line_of_complaint(store: Store, tmp_path: Path, name: str) -> None:
    # A sparse file: as long as it claims, and hardly on the disk.
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(b'{"a": "' if name.endswith("jsonl") else b"a,b\nx," + b"y" * 300_000)
        file.truncate(300 * 1024 * 1024)
    (report,) = scanned(store, path)
    assert "\n" not in report.reason
    assert report.reason or report.rows
