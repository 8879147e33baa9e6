"""`rongdun dlp scan`, `check` and `mask` on real servers of others, as a person types them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sqlalchemy import create_engine

from tests.dlp.masking import people, windowed
from tests.pipelines.servers import ACCOUNT, PASSWORD, mariadb, postgresql
from tests.rongdun.command import Rongdun

pytestmark = pytest.mark.slow

PEOPLE = people(400, seed=11)
PHONES = PEOPLE["phone"].to_list()


@dataclass(frozen=True)
class Foreign:
    """A server, a base with two tables in it, and the URL as a person writes it."""

    dialect: str
    url: str
    schema: str


@pytest.fixture(scope="module", params=["postgresql", "mysql"])
def foreign(request: pytest.FixtureRequest) -> Iterator[Foreign]:
    """A base of which one table is in the clear and the other masked too weakly."""
    if request.param == "postgresql":
        with postgresql() as address:
            _fill(f"postgresql+psycopg://{ACCOUNT}:{PASSWORD}@{address}/postgres", '"')
            yield Foreign("postgresql", f"postgresql://{ACCOUNT}:$CIVIL@{address}/postgres", "civil")
    else:
        with mariadb() as address:
            _fill(f"mysql+pymysql://{ACCOUNT}:{PASSWORD}@{address}/", "`")
            yield Foreign("mysql", f"mysql://{ACCOUNT}:$CIVIL@{address}/civil", "civil")


def _fill(address: str, quote: str) -> None:
    engine = create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA civil")
        odd = f"{quote}身份证 号{quote}"
        connection.exec_driver_sql(
            f"CREATE TABLE civil.people (id int, name varchar(40), {odd} char(18), phone bigint, born date, note text)"
        )
        connection.exec_driver_sql("CREATE TABLE civil.weak (id int, phone varchar(20))")
        rows = [
            (at, one["name"], one["id_card"], int(one["phone"]), one["birth_date"], "无")
            for at, one in enumerate(PEOPLE.to_dicts())
        ]
        connection.exec_driver_sql("INSERT INTO civil.people VALUES (%s, %s, %s, %s, %s, %s)", rows)
        weak = [(at, phone) for at, phone in enumerate(windowed(PHONES, 9, 0))]
        connection.exec_driver_sql("INSERT INTO civil.weak VALUES (%s, %s)", weak)
    engine.dispose()


@pytest.fixture(scope="module")
def rongdun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rongdun]:
    """A home of these tests' own, which knows the password."""
    command = Rongdun(tmp_path_factory.mktemp("foreign") / "home", {"CIVIL": PASSWORD})
    yield command
    command.run("stop")


def _raw() -> set[str]:
    return {*PHONES, *PEOPLE["id_card"], *PEOPLE["name"]}


def test_a_foreign_database_is_scanned_checked_and_masked(rongdun: Rongdun, foreign: Foreign, tmp_path: Path) -> None:
    scanned: Any = rongdun.json("dlp", "scan", foreign.url)
    people_found, weak_found = scanned["datasets"]
    assert {one["entity_type"] for one in people_found["findings"]} >= {"PERSON", "CN_RESIDENT_ID", "PHONE_NUMBER"}
    assert [one["check"] for one in weak_found["masks"]] == ["residual", "coverage"]
    checked: Any = rongdun.json("dlp", "check", foreign.url)
    assert [one["dataset"].rpartition("/")[2] for one in checked["datasets"]] == ["civil.people", "civil.weak"]
    assert {found["check"] for found in checked["datasets"][1]["findings"]} == {"residual", "coverage", "windows"}

    for name, table in (("people.csv", "people"), ("people.parquet", "people"), ("people.jsonl", "people")):
        made: Any = rongdun.json(
            "dlp", "mask", f"{foreign.url}#civil.{table}", "-o", tmp_path / name, "--purpose", "test"
        )
        assert (made["holds"], made["rows"]) == (True, 400), name
    read = {
        "csv": pl.read_csv(tmp_path / "people.csv", infer_schema=False),
        "parquet": pl.read_parquet(tmp_path / "people.parquet"),
        "jsonl": pl.read_ndjson(tmp_path / "people.jsonl"),
    }
    for frame in read.values():
        assert frame.columns == ["id", "name", "身份证 号", "phone", "born", "note"]
        assert [str(value) for value in frame["id"]] == [str(at) for at in range(400)]
        assert not _raw() & {str(cell) for row in frame.rows() for cell in row}
    all_of_it: Any = rongdun.json("dlp", "mask", foreign.url, "-o", tmp_path / "all.sqlite", "--purpose", "test")
    assert all_of_it["holds"]
    with closing(sqlite3.connect(tmp_path / "all.sqlite")) as base:
        assert [name for (name,) in base.execute("SELECT name FROM sqlite_master ORDER BY 1")] == ["people", "weak"]
        cells = {str(cell) for row in base.execute("SELECT * FROM people") for cell in row}
    assert not _raw() & cells


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["mask", "{url}", "-o", "{out}.csv"], "name one with #schema.table"),
        (["mask", "{url}#civil.nobody", "-o", "{out}.csv"], "no table"),
        (["mask", "{url}#civil.people", "-o", "{out}.xlsx"], "ends in"),
        (["mask", "{wrong}#civil.people", "-o", "{out}.csv"], "check user and password"),
        (["check", "{wrong}"], "check user and password"),
        (["scan", "{wrong}"], "check user and password"),
    ],
)
def test_an_obstacle_is_one_line_and_leaves_no_file(
    rongdun: Rongdun, foreign: Foreign, tmp_path: Path, words: list[str], says: str
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    given = {"url": foreign.url, "wrong": foreign.url.replace("$CIVIL", "wrong-canary"), "out": str(out / "copy")}
    ended = rongdun.run("dlp", *(word.format(**given) for word in words))
    assert ended.returncode == 2
    assert says in ended.stderr
    assert "Traceback" not in ended.stderr
    assert "canary" not in ended.stderr
    assert not list(out.iterdir())
