"""`rongdun dlp check` and `rongdun dlp mask`, as a person types them."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from tests.dlp.masking import md5, people, windowed
from tests.rongdun.command import Rongdun

PEOPLE = people(400, seed=9)
KEYS = [f"u{number:05}" for number in range(400)]
PHONES = PEOPLE["phone"].to_list()


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Two tables of the same people, each harmless alone, and one of everything."""
    folder = tmp_path / "tables"
    folder.mkdir()
    masked = PEOPLE.select("gender", "district").with_columns(
        pl.Series("user_id", KEYS), pl.Series("phone", windowed(PHONES, 7, 0))
    )
    masked.write_csv(folder / "front.csv")
    pl.DataFrame({"USER_ID": KEYS[::-1], "mobile": windowed(PHONES[::-1], 0, 4)}).write_parquet(folder / "back.parquet")
    PEOPLE.with_columns(pl.Series("phone_md5", md5(PHONES))).write_csv(folder / "all.csv")
    return folder


def findings(told: object) -> dict[str, list[str]]:
    assert isinstance(told, dict)
    return {Path(one["dataset"]).name: [finding["check"] for finding in one["findings"]] for one in told["datasets"]}


def test_windows_of_two_tables_add_up(rongdun: Rongdun, tables: Path) -> None:
    told = rongdun.json("dlp", "check", tables / "front.csv", tables / "back.parquet")
    assert findings(told) == {"front.csv": ["windows", "residual"], "back.parquet": []} or findings(told) == {
        "front.csv": ["windows"],
        "back.parquet": [],
    }
    stored = rongdun.rows("SELECT check, columns, severity, evidence, mend FROM mask_findings ORDER BY check")
    assert "windows" in {row["check"] for row in stored}
    assert not [phone for phone in PHONES if phone in json.dumps(stored)]


def test_classes_are_counted_in_files_and_tables(rongdun: Rongdun, tables: Path) -> None:
    sizes = PEOPLE.group_by("gender", "district").len()["len"]
    told = rongdun.json("dlp", "check", tables / "front.csv", "--quasi", "gender,district", "--sharing", "enclave")
    assert isinstance(told, dict)
    (one,) = told["datasets"]
    assert (one["classes"]["k"], one["classes"]["classes"]) == (sizes.min(), len(sizes))
    assert one["effect"]["level"] == (3 if one["effect"]["overall"] < 0.05 else 2)
    of_table = rongdun.json("dlp", "check", "table:pii_scans", "--quasi", "grade", "--sensitive", "dataset")
    assert isinstance(of_table, dict)
    assert of_table["datasets"][0]["dataset"] == "pii_scans"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["check", "no-such-file.csv"], 2),
        (["check", "{all}", "--sensitive", "name"], 2),
        (["check", "{all}", "--quasi", "nothing"], 2),
        (["check", "{all}", "--fail-on", "critical"], 1),
        (["check", "table:no_such_table"], 2),
        (["mask", "no-such-file.csv", "-o", "out.csv"], 2),
        (["mask", "{all}", "-o", "{all}"], 2),
        (["mask", "{all}", "-o", "{out}", "--policy", "{all}"], 2),
        (["mask", "{all}", "-o", "{out}.xlsx"], 2),
        (["mask", "table:no_such_table", "-o", "{out}"], 2),
        (["mask", "sqlite:///no-such.db", "-o", "{out}"], 2),
        (["mask", "nodriver://reader:s3cret@db.example.org/civil", "-o", "{out}"], 2),
        (["check", "sqlite:///no-such.db"], 2),
    ],
)
def test_exit_codes(rongdun: Rongdun, tables: Path, words: list[str], code: int) -> None:
    places = {"all": str(tables / "all.csv"), "out": str(tables / "out.csv")}
    ended = rongdun.run("dlp", *(word.format(**places) for word in words))
    assert ended.returncode == code, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "s3cret" not in ended.stderr.replace("password of this URL", "")
    assert not (tables / "out.csv").exists()


def test_a_database_behind_a_url_is_checked_and_masked_like_a_file(rongdun: Rongdun, tables: Path) -> None:
    with closing(sqlite3.connect(tables / "civil.db")) as base:
        base.execute("CREATE TABLE people (name TEXT, phone INTEGER)")
        base.executemany(
            "INSERT INTO people VALUES (?, ?)", PEOPLE.select("name", pl.col("phone").cast(pl.Int64)).rows()
        )
        base.execute("CREATE TABLE weak (phone TEXT)")
        base.executemany("INSERT INTO weak VALUES (?)", [(phone,) for phone in windowed(PHONES, 9, 0)])
        base.commit()
    url = f"sqlite:///{tables / 'civil.db'}"
    told = rongdun.json("dlp", "check", url)
    assert findings(told) == {"main.people": [], "main.weak": ["residual", "coverage"]}
    made = rongdun.json("dlp", "mask", url, "-o", tables / "out.sqlite", "--purpose", "test")
    assert isinstance(made, dict)
    assert (made["holds"], [Path(one["dataset"]).name for one in made["tables"]]) == (
        True,
        ["main.people", "main.weak"],
    )
    assert {
        name: found for name, found in findings(rongdun.json("dlp", "check", tables / "out.sqlite")).items() if found
    } == {}


def test_a_masked_copy_proves_itself_and_the_key_is_never_shown(rongdun: Rongdun, tables: Path) -> None:
    out = tables / "out.csv"
    ended = rongdun.run("dlp", "mask", tables / "all.csv", "-o", out, "--purpose", "test")
    assert ended.returncode == 0, ended.stderr
    made = pl.read_csv(out, infer_schema=False)
    assert made.height == 400
    assert not set(made["phone"]) & set(PHONES)
    key = rongdun.home / "secrets" / "masking.key"
    assert oct(key.stat().st_mode & 0o777) == "0o600"
    assert key.read_bytes().hex() not in ended.stdout + ended.stderr
    again = rongdun.json("dlp", "check", out)
    assert isinstance(again, dict)
    assert again["datasets"][0]["worst"] in (None, "informational", "low", "medium")


def test_a_scan_says_which_masks_fail(rongdun: Rongdun, tables: Path) -> None:
    told = rongdun.json("dlp", "scan", tables / "all.csv")
    assert isinstance(told, dict)
    assert [(one["check"], one["severity"]) for one in told["datasets"][0]["masks"]] == [("digest", "critical")]
    # The mend was carried out: the finding is gone with the next scan.
    PEOPLE.write_csv(tables / "all.csv")
    rongdun.json("dlp", "scan", tables / "all.csv")
    assert rongdun.rows("SELECT count() AS found FROM mask_findings") == [{"found": 0}]
