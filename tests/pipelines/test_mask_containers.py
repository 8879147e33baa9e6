"""Masked copies of workbooks, SQLite files, archives and databases: the same tables, masked, whole or not there."""

import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from openpyxl import Workbook, load_workbook

from dlp.mask_policy import MaskPolicy, Purpose
from dlp.policy import default_policy
from pipelines.copied import Copied
from pipelines.errors import PipelineError, SourceBroken
from pipelines.mask_checking import Question, check_masks
from pipelines.mask_copy import masked_copy
from rongdun.settings import Settings
from store.client import Store
from tests.dlp.masking import KEY, people
from tests.pipelines.test_mask_copy import FREE

PEOPLE = people(60, seed=7)
RAW = [*PEOPLE["id_card"], *PEOPLE["phone"]]
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://example.org/")']


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def copied(
    source: Path | str,
    out: Path,
    *,
    purpose: Purpose = "display",
    policy: MaskPolicy = FREE,
    store: Store | None = None,
) -> Copied:
    return masked_copy(source, out, policy=default_policy(), mask_policy=policy, purpose=purpose, key=KEY, store=store)


def rows() -> list[list[object]]:
    """People as a workbook or database has them: telephones as numbers, births as dates."""
    return [
        [
            row["name"],
            row["id_card"],
            int(row["phone"]),
            datetime.fromisoformat(row["birth_date"]),
            1234.5 + at,
            FORMULAS[at % 5],
        ]
        for at, row in enumerate(PEOPLE.to_dicts())
    ]


HEADER = ["name", "id_card", "phone", "birth_date", "height", "note"]


def workbook(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "居民"
    sheet.append(["居民信息表"])
    for row in [HEADER, *rows()]:
        sheet.append(row)
        for cell in sheet[sheet.max_row]:
            if isinstance(cell.value, str):
                cell.data_type = "s"
    hidden = book.create_sheet("hidden")
    hidden.sheet_state = "hidden"
    hidden.append(["mobile"])
    for phone in PEOPLE["phone"]:
        hidden.append([phone])
    empty = book.create_sheet("empty")
    assert empty.max_row == 1
    book.properties.creator = PEOPLE["name"][0]
    book.save(path)
    return path


def database(path: Path) -> Path:
    with closing(sqlite3.connect(path)) as base:
        base.execute(
            "CREATE TABLE residents (name TEXT, id_card TEXT PRIMARY KEY, phone INTEGER, birth_date TEXT, height REAL,"
            " note TEXT, UNIQUE (phone))"
        )
        made = [[*row[:3], str(row[3])[:10], *row[4:]] for row in rows()]
        base.executemany("INSERT INTO residents VALUES (?, ?, ?, ?, ?, ?)", made)
        base.execute('CREATE TABLE "odd ""name" (a BLOB, "b c")')
        base.execute('INSERT INTO "odd ""name" VALUES (?, ?)', (b"\xff\xfe", 7))
        base.execute("CREATE TABLE no_rows (a INTEGER)")
        base.commit()
    return path


def archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("../a/people.csv", PEOPLE.write_csv())
        packed.writestr("people.jsonl", PEOPLE.write_ndjson())
        packed.writestr("readme.txt", RAW[0])
        packed.write(workbook(path.with_suffix(".xlsx")), "book.xlsx")
        packed.write(database(path.with_suffix(".db")), "base.db")
        with zipfile.ZipFile(path.with_suffix(".in"), "w") as inner:
            inner.writestr("inner.csv", PEOPLE.write_csv())
        packed.write(path.with_suffix(".in"), "inner.zip")
    for suffix in (".xlsx", ".db", ".in"):
        path.with_suffix(suffix).unlink()
    return path


CONTAINERS: list[tuple[str, Callable[[Path], Path]]] = [
    ("book.xlsx", workbook),
    ("base.sqlite", database),
    ("all.zip", archive),
]


def everything(path: Path) -> str:
    """All text of a container, however deep."""
    if path.suffix == ".xlsx":
        book = load_workbook(path)
        return repr([[cell.value for cell in row] for sheet in book for row in sheet]) + repr(book.properties)
    if path.suffix in (".db", ".sqlite"):
        with closing(sqlite3.connect(path)) as base:
            return "\n".join(base.iterdump())
    if path.suffix == ".zip":
        folder = path.with_suffix(".d")
        with zipfile.ZipFile(path) as packed:
            return "\n".join(everything(Path(packed.extract(name, folder))) for name in packed.namelist())
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "write"), CONTAINERS)
@pytest.mark.parametrize("purpose", ["display", "test", "sharing"])
def test_nothing_raw_is_left_in_any_table_of_a_container(
    tmp_path: Path, name: str, write: Callable[[Path], Path], purpose: Purpose
) -> None:
    source, out = write(tmp_path / name), tmp_path / "out" / name
    out.parent.mkdir()
    before = source.read_bytes()
    told = copied(source, out, purpose=purpose)
    assert told.holds, told.findings
    assert source.read_bytes() == before
    assert [path.name for path in out.parent.iterdir()] == [name]
    assert out.stat().st_mode & 0o077 == 0
    text = everything(out)
    assert not [value for value in RAW if value in text]
    assert not [value for value in PEOPLE["name"] if value in text]


@pytest.mark.parametrize(("name", "write"), CONTAINERS)
def test_the_same_value_has_the_same_stand_in_in_every_table(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    told = copied(write(tmp_path / name), tmp_path / f"out{Path(name).suffix}", purpose="test")
    assert {one.operator.operator for one in told.treatments if one.column == "phone" and one.operator} == {"token"}
    assert not [one for one in told.findings if one.severity not in ("informational", "low")]


def test_a_workbook_keeps_its_sheets_headers_numbers_and_dates_and_nothing_of_it_executes(tmp_path: Path) -> None:
    copied(workbook(tmp_path / "book.xlsx"), tmp_path / "out.xlsx")
    book = load_workbook(tmp_path / "out.xlsx")
    assert [(sheet.title, sheet.sheet_state) for sheet in book] == [
        ("居民", "visible"),
        ("hidden", "hidden"),
        ("empty", "visible"),
    ]
    sheet = book["居民"]
    assert sheet["A1"].value == "居****"  # a line of a title is a row, and masked as its column is
    assert [cell.value for cell in sheet[2]] == HEADER
    assert (sheet["E3"].value, sheet["E4"].value) == (1234.5, 1235.5)
    assert sheet["C3"].value == PEOPLE["phone"][0][:3] + "******" + PEOPLE["phone"][0][-2:]
    assert sheet["D3"].value == PEOPLE["birth_date"][0][:4]
    notes = [sheet.cell(row, 6) for row in range(3, 63)]
    assert [cell.value for cell in notes] == [FORMULAS[at % 5] for at in range(60)]
    assert {cell.data_type for cell in notes} == {"s"}
    assert all(cell.quotePrefix for cell in notes)


def test_a_sqlite_copy_has_the_same_tables_columns_and_untouched_values(tmp_path: Path) -> None:
    copied(database(tmp_path / "base.db"), tmp_path / "out.db", purpose="test")
    with closing(sqlite3.connect(tmp_path / "out.db")) as base:
        names = [name for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
        assert names == ["no_rows", 'odd "name', "residents"]
        assert base.execute('SELECT * FROM "odd ""name"').fetchall() == [(b"\xff\xfe", 7)]
        heights = base.execute("SELECT height, typeof(height) FROM residents").fetchall()
        assert heights == [(1234.5 + at, "real") for at in range(60)]
        assert base.execute("SELECT count(DISTINCT phone), min(length(phone)) FROM residents").fetchall() == [(60, 11)]


def test_pictures_and_fractions_go_where_the_name_of_their_column_says_so(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "base.db")) as base:
        base.execute("CREATE TABLE faces (人脸照片 BLOB, 月收入 REAL, logo BLOB, 出生日期 TEXT)")
        pictures = [(b"\xff\xd8" + bytes([at]), 5000.5 + at, b"\xff\xd9", f"1990-03-{at + 1:02}") for at in range(28)]
        base.executemany("INSERT INTO faces VALUES (?, ?, ?, ?)", pictures)
        base.commit()
    assert copied(tmp_path / "base.db", tmp_path / "out.db").holds
    with closing(sqlite3.connect(tmp_path / "out.db")) as base:
        assert set(base.execute("SELECT * FROM faces")) == {(None, "0-9999", b"\xff\xd9", "1990")}


def test_an_archive_keeps_its_tables_leaves_the_rest_behind_and_leads_nobody_astray(tmp_path: Path) -> None:
    told = copied(archive(tmp_path / "all.zip"), tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as packed:
        assert packed.namelist() == ["a/people.csv", "people.jsonl", "book.xlsx", "base.db", "inner.zip"]
    names = [table.name.rpartition("all.zip")[2] for table in told.tables]
    assert names == [
        "!../a/people.csv",
        "!people.jsonl",
        *(f"!book.xlsx#{sheet}" for sheet in ("居民", "hidden", "empty")),
        *(f"!base.db#{table}" for table in ("no_rows", 'odd "name', "residents")),
        "!inner.zip!inner.csv",
    ]


def _weak(policy: MaskPolicy) -> MaskPolicy:
    display = {**policy.masking.purposes["display"]}
    display["PHONE_NUMBER"] = display["PHONE_NUMBER"].model_copy(update={"head": 3, "tail": 5})
    purposes = {**policy.masking.purposes, "display": display}
    return policy.model_copy(update={"masking": policy.masking.model_copy(update={"purposes": purposes})})


@pytest.mark.parametrize(("name", "write"), CONTAINERS)
def test_a_mask_that_fails_in_one_table_leaves_no_copy(
    tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    out = tmp_path / "out" / name
    out.parent.mkdir()
    out.write_bytes(b"an older copy")
    told = copied(write(tmp_path / name), out, policy=_weak(FREE))
    assert not told.holds
    assert out.read_bytes() == b"an older copy"
    assert [path.name for path in out.parent.iterdir()] == [name]


@pytest.mark.parametrize(
    ("name", "out", "words"),
    [
        ("book.xlsx", "out.csv", "ends in .xlsx"),
        ("base.sqlite", "out.xlsx", "ends in .sqlite"),
        ("all.zip", "out.csv", "ends in .zip"),
        ("people.csv", "out.xlsx", "ends as people.csv does"),
        ("people.csv", "people.csv", "never replaces"),
        (".", "out.zip", "mask its files one by one"),
    ],
)
def test_a_copy_of_another_form_is_refused(tmp_path: Path, name: str, out: str, words: str) -> None:
    for container, write in CONTAINERS:
        write(tmp_path / container)
    PEOPLE.write_csv(tmp_path / "people.csv")
    with pytest.raises(PipelineError, match=words):
        copied(tmp_path / name, tmp_path / out)


def test_what_cannot_be_read_to_its_end_gives_no_copy(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("people.csv", PEOPLE.write_csv())
        packed.writestr("broken.parquet", b"PAR1 and nothing else")
    with pytest.raises(SourceBroken):
        copied(tmp_path / "all.zip", tmp_path / "out.zip")
    assert not list(tmp_path.glob("*out.zip"))


URL_FORMS = ["out.csv", "out.parquet", "out.jsonl", "out.csv.gz", "out.tsv.zst"]


@pytest.mark.parametrize("form", URL_FORMS)
def test_a_table_behind_a_url_becomes_a_file(tmp_path: Path, form: str) -> None:
    database(tmp_path / "base.db")
    told = copied(f"sqlite:///{tmp_path / 'base.db'}#residents", tmp_path / form, purpose="test")
    assert told.holds, told.findings
    if form == "out.parquet":
        made = pl.read_parquet(tmp_path / form)
        assert made.schema["height"] == pl.Float64
    elif form.endswith("jsonl"):
        made = pl.read_ndjson(tmp_path / form)
    else:
        made = pl.read_csv(tmp_path / form, infer_schema=False, separator="\t" if "tsv" in form else ",")
    assert (made.columns, made.height) == (HEADER, 60)
    assert made["height"].cast(pl.Float64).to_list() == [1234.5 + at for at in range(60)]
    assert not set(made["phone"].cast(pl.String)) & set(PEOPLE["phone"])


def test_a_database_of_several_tables_becomes_a_sqlite_file(tmp_path: Path) -> None:
    database(tmp_path / "base.db")
    url = f"sqlite:///{tmp_path / 'base.db'}"
    assert copied(url, tmp_path / "out.sqlite").holds
    text = everything(tmp_path / "out.sqlite")
    assert "residents" in text
    assert not [value for value in RAW if value in text]
    with pytest.raises(PipelineError, match="name one with #schema"):
        copied(url, tmp_path / "out.csv")


@pytest.mark.parametrize("form", ["out.csv", "out.parquet", "out.jsonl.gz"])
def test_a_table_of_clickhouse_becomes_a_file(store: Store, tmp_path: Path, form: str) -> None:
    store.execute(
        "CREATE TABLE people (name String, phone LowCardinality(Nullable(String)), born Date, age UInt8,"
        " tags Map(String, String), ip IPv4) ENGINE = MergeTree ORDER BY name"
    )
    for row in PEOPLE.head(30).to_dicts():
        store.execute(
            "INSERT INTO people VALUES ({name:String}, {phone:String}, {born:Date}, 41, map('call', {phone:String}),"
            " '192.0.2.7')",
            {"name": row["name"], "phone": row["phone"], "born": row["birth_date"]},
        )
    try:
        told = copied("table:people", tmp_path / form, purpose="test", store=store)
        assert told.holds, told.findings
        assert told.rows == 30
        if form == "out.parquet":
            made = pl.read_parquet(tmp_path / form)
            assert made.height == 30
            text = made.write_ndjson()
        else:
            read = partial(pl.read_csv, infer_schema=False) if form == "out.csv" else pl.read_ndjson
            text = read(tmp_path / form).write_ndjson()
        assert not [value for value in RAW if value in text]
        assert "192.*" in text
    finally:
        store.execute("DROP TABLE people")


@pytest.mark.parametrize(("name", "write"), CONTAINERS)
def test_the_checks_read_what_a_scan_reads(
    store: Store, settings: Settings, tmp_path: Path, name: str, write: Callable[[Path], Path]
) -> None:
    from pipelines.scan import scan  # noqa: PLC0415 - the two are held against each other here alone

    path = write(tmp_path / name)
    scanned = scan(path, store, key=KEY, scope="fuzhou", policy=default_policy())
    checked = check_masks([str(path)], store, settings, Question(("gender",)))
    assert [(one.dataset, one.rows) for one in checked] == [(one.dataset, one.rows) for one in scanned]


def test_classes_are_counted_in_sheets_tables_and_members_whatever_the_type_of_their_columns(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    paths = [write(tmp_path / name) for name, write in CONTAINERS]
    reports = check_masks(list(map(str, paths)), store, settings, Question(("birth_date", "height")))
    counted = {one.dataset.rpartition("/")[2]: one.classes for one in reports if one.classes and one.classes.rows}
    assert set(counted) == {
        "book.xlsx#居民",
        "base.sqlite#residents",
        "all.zip!book.xlsx#居民",
        "all.zip!base.db#residents",
    }
    assert {classes.classes for classes in counted.values()} == {60, 61}  # the title of a sheet is a row of its own


def test_windows_add_up_between_a_sheet_and_a_table_of_a_database(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    keys = [f"u{at:04}" for at in range(60)]
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["user_id", "phone"])
    for key, phone in zip(keys, PEOPLE["phone"], strict=True):
        sheet.append([key, phone[:7] + "****"])
    book.save(tmp_path / "front.xlsx")
    with closing(sqlite3.connect(tmp_path / "back.db")) as base:
        base.execute("CREATE TABLE calls (user_id TEXT, phone TEXT)")
        tails = [(key, "*******" + phone[-4:]) for key, phone in zip(keys, PEOPLE["phone"], strict=True)]
        base.executemany("INSERT INTO calls VALUES (?, ?)", tails)
        base.commit()
    url = f"sqlite:///{tmp_path / 'back.db'}"
    reports = check_masks([str(tmp_path / "front.xlsx"), url], store, settings, Question())
    assert ["windows" in {str(one.check) for one in report.findings} for report in reports] == [True, False]
