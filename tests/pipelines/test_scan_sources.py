"""Workbooks, SQLite files, archives and databases: every table in them a data set, every obstacle one line."""

import os
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from dlp.policy import default_policy
from pipelines.database_urls import opened_database, place_of, shows_password
from pipelines.grades_in_use import graded_columns
from pipelines.scan import scan
from pipelines.scan_report import ScanReport
from pipelines.scan_sampling import Sampling
from store.client import Store
from tests.pipelines.test_scan import EXPECTED, KEY, TABLE, found

HEADER, ROWS = TABLE.columns, TABLE.rows()


def scanned(store: Store, target: Path | str, **how: object) -> list[ScanReport]:
    return scan(target, store, key=KEY, scope="fuzhou", policy=default_policy(), **how)  # type: ignore[arg-type]


def workbook(path: Path, title: bool = False) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "居民"
    if title:
        sheet.append(["居民信息表"])
    for row in [HEADER, *ROWS]:
        sheet.append([int(cell) if str(cell).startswith("1") and len(str(cell)) == 11 else cell for cell in row])
    other = book.create_sheet("other")
    other.append(["a", "b"])
    other.append([1, 2.5])
    book.save(path)
    return path


def database(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE residents (姓名 TEXT, 身份证号 TEXT, 手机号 INTEGER, 备注 TEXT, amount REAL)")
        connection.executemany("INSERT INTO residents VALUES (?, ?, ?, ?, ?)", ROWS)
        connection.execute('CREATE TABLE "odd ""name" (a BLOB, b)')
        connection.execute('INSERT INTO "odd ""name" VALUES (?, ?)', (b"\xff\xfe", "x"))
    connection.close()
    return path


def archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a/residents.csv", TABLE.write_csv())
        packed.writestr("readme.txt", "nothing")
        packed.write(workbook(path.with_suffix(".xlsx")), "book.xlsx")
        packed.write(database(path.with_suffix(".db")), "base.db")
    path.with_suffix(".xlsx").unlink()
    path.with_suffix(".db").unlink()
    return path


@pytest.mark.parametrize("title", [False, True], ids=["plain", "with a title"])
def test_every_sheet_of_a_workbook_is_a_data_set(store: Store, tmp_path: Path, title: bool) -> None:
    path = workbook(tmp_path / "book.xlsx", title)
    residents, other = scanned(store, path)
    assert (residents.dataset, other.dataset) == (f"{path}#居民", f"{path}#other")
    assert residents.reason == ""
    assert residents.rows == 60 + title
    assert found(residents) == EXPECTED
    assert (other.rows, other.findings) == (1, ())


def test_every_table_of_a_sqlite_file_is_a_data_set_and_the_file_stays_as_it_is(store: Store, tmp_path: Path) -> None:
    path = database(tmp_path / "base.db")
    before = path.read_bytes()
    odd, residents = scanned(store, tmp_path)
    assert (odd.dataset, residents.dataset) == (f'{path}#odd "name', f"{path}#residents")
    assert (odd.reason, odd.rows) == ("", 1)
    assert residents.rows == 60
    assert found(residents) == EXPECTED
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["base.db"]


def test_the_members_of_an_archive_are_data_sets(store: Store, tmp_path: Path) -> None:
    path = archive(tmp_path / "all.zip")
    reports = {report.dataset.removeprefix(str(path)): report for report in scanned(store, tmp_path)}
    assert set(reports) == {
        "!a/residents.csv",
        "!book.xlsx#居民",
        "!book.xlsx#other",
        '!base.db#odd "name',
        "!base.db#residents",
    }
    for name in ("!a/residents.csv", "!book.xlsx#居民", "!base.db#residents"):
        assert found(reports[name]) == EXPECTED, name


def test_a_name_in_an_archive_that_a_chinese_system_wrote_is_read(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("ab.csv", TABLE.write_csv())
    path.write_bytes(path.read_bytes().replace(b"ab.csv", "名".encode("gb18030") + b".csv"))
    (report,) = scanned(store, path)
    assert report.dataset == f"{path}!名.csv"


def _bomb(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("a.csv", b"0" * (96 * 1024 * 1024))


def _lying_bomb(path: Path) -> None:
    _bomb(path)
    size = (96 * 1024 * 1024).to_bytes(4, "little")
    path.write_bytes(path.read_bytes().replace(size, (100).to_bytes(4, "little")))


def _many(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        for at in range(10_001):
            packed.writestr(f"{at}.csv", b"")


def _nested(path: Path) -> None:
    inner = b"a,b\n1,2\n"
    for name in ("a.csv", "1.zip", "2.zip", "3.zip"):
        with zipfile.ZipFile(path, "w") as packed:
            packed.writestr(name, inner)
        inner = path.read_bytes()


def _cut(path: Path) -> None:
    archive(path)
    path.write_bytes(path.read_bytes()[:-40])


def _bare(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("readme.txt", "nothing")


def _nameless(path: Path) -> None:
    _encrypted(path)
    path.write_bytes(path.read_bytes().replace(b"a.csv", b"\0.csv"))


def _encrypted(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("a.csv", "a,b\n1,2\n")
    raw = bytearray(path.read_bytes())
    raw[6] |= 1
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(raw)


def _noise_book(path: Path) -> None:
    workbook(path)
    raw = bytearray(path.read_bytes())
    for at in range(100, len(raw) - 600, 97):
        raw[at] ^= 0x55
    path.write_bytes(raw)


def _far_row(path: Path) -> None:
    plain = workbook(path.with_suffix(".zip"))
    with zipfile.ZipFile(plain) as book, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as damaged:
        for name in book.namelist():
            damaged.writestr(name, book.read(name).replace(b'<row r="61"', b'<row r="99999999999"'))
    plain.unlink()


@pytest.mark.parametrize(
    ("name", "write", "says"),
    [
        ("far.xlsx", _far_row, "more than a sheet can have"),
        ("bomb.zip", _bomb, "zip bomb"),
        ("lying.zip", _lying_bomb, "unpacked"),
        ("bomb.xlsx", _bomb, "zip bomb"),
        ("many.zip", _many, "10001 members"),
        ("nested.zip", _nested, "in 2 others"),
        ("cut.zip", _cut, "damaged"),
        ("bare.zip", _bare, "no file that is named like a table|without a file"),
        ("nameless.zip", _nameless, "no file that is named like a table|without a file"),
        ("secret.zip", _encrypted, "encrypted"),
        ("noise.xlsx", _noise_book, "damaged"),
        ("old.xls", lambda path: path.write_bytes(b"\xd0\xcf\x11\xe0" + bytes(600)), "xlsx"),
        ("cut.db", lambda path: path.write_bytes(database(path).read_bytes()[:5000]), "damaged"),
        ("none.sqlite", lambda path: path.write_bytes(b"SQLite format 3\x00" + bytes(84)), ""),
    ],
)
def test_what_cannot_be_read_says_so_in_one_line_and_stops_no_other(
    store: Store, tmp_path: Path, name: str, write: Callable[[Path], object], says: str
) -> None:
    write(tmp_path / name)
    (tmp_path / "z.csv").write_text(TABLE.write_csv(), encoding="utf-8")
    *broken, good = scanned(store, tmp_path)
    reasons = [report.reason for report in broken if report.reason]
    assert reasons
    assert any(part in reason for part in says.split("|") for reason in reasons), reasons
    assert all("\n" not in reason and len(reason) < 200 for reason in reasons)
    assert found(good) == EXPECTED


def test_a_locked_database_is_one_line_and_is_read_when_it_is_free(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sqlite_files._PATIENCE", 0.1)
    path = database(tmp_path / "base.db")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    (report,) = scanned(store, path)
    assert "locked by another program" in report.reason
    assert store.value("SELECT count() FROM pii_scans") == 0
    holder.execute("ROLLBACK")
    holder.close()
    assert [each.reason for each in scanned(store, path)] == ["", ""]


def test_rows_in_the_log_of_a_database_that_is_in_use_are_read(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "base.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (mail TEXT)")
    writer.executemany("INSERT INTO t VALUES (?)", [(f"lin{at}@example.org",) for at in range(9)])
    (report,) = scanned(store, path)
    assert (report.rows, found(report)) == (9, {("mail", "EMAIL_ADDRESS")})
    writer.execute("INSERT INTO t VALUES ('wu@example.org')")
    (report,) = scanned(store, path)
    assert report.rows == 10
    writer.close()


def test_a_table_that_grows_while_it_is_read_is_read_as_it_stood(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.sql_tables._FIRST_ROWS", 10)
    path = tmp_path / "base.db"
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("CREATE TABLE t (mail TEXT)")
    writer.executemany("INSERT INTO t VALUES (?)", [(f"lin{at}@example.org",) for at in range(90)])

    def grow(share: float, _name: str) -> None:
        if 0 < share < 1:
            writer.execute("INSERT INTO t VALUES ('wu@example.org')")

    (report,) = scanned(store, path, progress=grow)
    assert (report.reason, report.rows) == ("", 90)
    assert "the file changed while it was read" in report.method
    writer.close()
    assert not scanned(store, path)[0].unchanged


def test_reading_a_database_may_end_early(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.sql_tables._FIRST_ROWS", 10)
    (_, report) = scanned(store, database(tmp_path / "base.db"), sampling=Sampling(seconds=1e-9))
    assert (report.rows, report.state.partial) == (10, True)
    assert "time ran out after 10 rows, about 17% of the whole" in report.method


def test_a_database_behind_a_url_is_scanned_under_a_name_that_uses_of_data_match(store: Store, tmp_path: Path) -> None:
    path = database(tmp_path / "base.db")
    (report,) = scanned(store, f"sqlite:///{path}#residents")
    assert report.dataset == f"sqlite://{path}/main.residents"
    assert found(report) == EXPECTED
    assert set(graded_columns(store, ["main.residents"])["main.residents"]) == {column for column, _ in EXPECTED}


@pytest.mark.parametrize(
    ("url", "place", "name"),
    [
        ("mysql://reader:$SECRET@db.example.org/civil", "mysql://db.example.org", "mysql://db.example.org/civil.t"),
        ("mysql://reader:pw-canary@192.0.2.7:3307/civil", "mysql://192.0.2.7:3307", "mysql://192.0.2.7:3307/civil.t"),
        (
            "postgresql://reader:${SECRET}@db.example.org:5432/base",
            "postgresql://db.example.org:5432/base",
            "postgresql://db.example.org:5432/base/civil.t",
        ),
    ],
)
def test_no_password_is_in_a_name(url: str, place: str, name: str) -> None:
    from pipelines.sql_tables import SqlTable  # noqa: PLC0415

    known = opened_database(url, {"SECRET": "pw-canary"})
    assert "pw-canary" in known.engine.url.render_as_string(hide_password=False)
    assert (known.place, known.name_of(SqlTable("civil", "t"))) == (place, name)
    assert "reader" not in place_of(url)


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("mysql://reader:pw@192.0.2.7/civil", True),
        ("mysql+pymysql://reader:p@w@192.0.2.7:3306/civil", True),
        ("mysql://reader:$SECRET@192.0.2.7/civil", False),
        ("mysql://reader@192.0.2.7:3306/civil", False),
        ("sqlite:////srv/base.db", False),
        ("exports/a:b@c.csv", False),
    ],
)
def test_a_password_in_clear_is_noticed(target: str, shown: bool) -> None:
    assert shows_password(target) is shown


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("mysql://reader:pw-canary@127.0.0.1:1/civil", "cannot be reached"),
        ("postgresql://reader:pw-canary@127.0.0.1:1/civil", "cannot be reached"),
        ("postgresql://reader:$NO_SUCH_VARIABLE@127.0.0.1:1/civil", "$NO_SUCH_VARIABLE"),
        ("nosuchbase://reader:pw-canary@127.0.0.1/civil", "not the URL"),
        ("mysql://reader:pw-canary@host:notaport/civil", "not the URL"),
        ("oracle://reader:pw-canary@127.0.0.1/civil", "driver"),
        ("sqlite:////no/such/pw-canary.db", "no such file"),
    ],
)
def test_a_database_that_cannot_be_had_says_why_without_the_password(
    store: Store, url: str, says: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    (report,) = scanned(store, url)
    assert says in report.reason
    if not url.startswith("sqlite"):
        assert "pw-canary" not in "\n".join([repr(report), caplog.text, *capfd.readouterr()])


def test_a_link_out_of_the_folder_is_not_followed(store: Store, tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside.csv", tmp_path / "inside"
    outside.write_text(TABLE.write_csv(), encoding="utf-8")
    inside.mkdir()
    (inside / "link.csv").symlink_to(outside)
    (report,) = scanned(store, inside)
    assert "symbolic link" in report.reason


def test_a_file_that_vanishes_is_one_line(store: Store, tmp_path: Path) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        (tmp_path / name).write_text(TABLE.write_csv(), encoding="utf-8")

    def vanish(_share: float, name: str) -> None:
        if name.endswith("a.csv"):
            (tmp_path / "b.csv").unlink(missing_ok=True)

    first, gone, last = scanned(store, tmp_path, progress=vanish)
    assert found(first) == found(last) == EXPECTED
    assert "No such file" in gone.reason
    assert os.linesep not in gone.reason
