"""Masks of the same key in several data sets: files and tables, what adds up and what does not."""

from pathlib import Path

import polars as pl
import pytest

from dlp.mask_findings import MaskCheck
from pipelines.mask_checking import CheckReport, Question, check_masks
from rongdun.settings import Settings
from store.client import Store
from tests.dlp.masking import md5, people, windowed

PEOPLE = people(300, seed=3)
KEYS = pl.Series("user_id", [f"u{number:04}" for number in range(300)])
PHONES, IDS = PEOPLE["phone"].to_list(), PEOPLE["id_card"].to_list()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def table(**columns: list[str]) -> pl.DataFrame:
    return pl.DataFrame({"user_id": KEYS, **columns})


def windows(reports: list[CheckReport]) -> list[tuple[str, int]]:
    return [
        (finding.columns[0], int(str(finding.evidence["candidates_together"])))
        for report in reports
        for finding in report.findings
        if finding.check is MaskCheck.windows
    ]


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (table(phone=windowed(PHONES, 7, 0)), table(mobile=windowed(PHONES, 0, 4)), [("phone", 1)]),
        (table(phone=windowed(PHONES, 3, 4)), table(mobile=windowed(PHONES, 3, 4)), []),
        (table(phone=windowed(PHONES, 3, 4)), table(mobile=PHONES), [("phone", 1)]),
        (table(phone=windowed(PHONES, 3, 2)), table(mobile=windowed(PHONES[::-1], 7, 0)), []),
        (table(id_card=windowed(IDS, 6, 2)), table(sfzh=windowed(IDS, 1, 4)), [("id_card", 3)]),
        (table(phone=windowed(PHONES, 7, 0)), table(sfzh=windowed(IDS, 1, 4)), []),
        (table(phone=windowed(PHONES, 7, 0)), pl.DataFrame({"other": KEYS, "mobile": windowed(PHONES, 0, 4)}), []),
        # a person with several numbers says nothing of any of them
        (
            table(phone=windowed(PHONES, 7, 0)).with_columns(user_id=pl.lit("u1")),
            table(mobile=windowed(PHONES, 0, 4)),
            [],
        ),
    ],
)
def test_two_files(
    store: Store,
    settings: Settings,
    tmp_path: Path,
    first: pl.DataFrame,
    second: pl.DataFrame,
    expected: list[tuple[str, int]],
) -> None:
    first.write_csv(tmp_path / "first.csv")
    second.sample(fraction=1, shuffle=True, seed=1).write_parquet(tmp_path / "second.parquet")
    reports = check_masks([str(tmp_path / "first.csv"), str(tmp_path / "second.parquet")], store, settings, Question())
    told = windows(reports)
    assert [name for name, _ in told] == [name for name, _ in expected]
    assert all(left <= most for (_, left), (_, most) in zip(told, expected, strict=True)) or expected[0][1] > 1


def test_three_tables_add_up_where_two_do_not(store: Store, settings: Settings, tmp_path: Path) -> None:
    places = {"a": (6, 9), "b": (9, 13), "c": (14, 16)}
    for name, (start, end) in places.items():
        shown = [f"{'*' * start}{value[start:end]}{'*' * (18 - end)}" for value in IDS]
        table(id_card=shown).write_csv(tmp_path / f"{name}.csv")
    reports = check_masks([str(tmp_path / name) for name in ("a.csv", "b.csv")], store, settings, Question())
    assert windows(reports) == []
    reports = check_masks([str(tmp_path)], store, settings, Question())
    assert [name for name, _ in windows(reports)] == ["id_card"]
    assert len(reports[0].findings[0].columns) == 3


def test_a_file_and_a_table(store: Store, settings: Settings, tmp_path: Path) -> None:
    table(phone=windowed(PHONES, 7, 0)).write_csv(tmp_path / "first.csv")
    store.execute(
        "CREATE TABLE calls (user_id String, mobile Nullable(String), n UInt8) ENGINE = MergeTree ORDER BY user_id"
    )
    try:
        store.insert("calls", table(mobile=windowed(PHONES, 0, 4)).with_columns(n=pl.lit(1, pl.UInt8)))
        reports = check_masks([str(tmp_path / "first.csv"), "table:calls"], store, settings, Question())
        assert windows(reports) == [("phone", 1)]
        assert reports[0].findings[0].columns[1] == "calls: mobile"
        assert store.value("SELECT count() FROM mask_findings WHERE check = 'windows'") == 1
    finally:
        store.execute("DROP TABLE calls")


def test_digests_are_tried_against_every_value_of_the_other_table(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    pl.DataFrame({"uid": md5(PHONES[:100])}).write_csv(tmp_path / "digests.csv")
    pl.DataFrame({"phone": PHONES}).write_ndjson(tmp_path / "raw.jsonl")
    reports = check_masks([str(tmp_path)], store, settings, Question())
    (found,) = [one for report in reports for one in report.findings if one.check is MaskCheck.digest]
    assert (found.evidence["undone"], found.evidence["undone_by"]) == (100, "other data sets")


def test_dates_in_parquet_rebuild_a_mask(store: Store, settings: Settings, tmp_path: Path) -> None:
    rows = PEOPLE.select(pl.Series("id_card", windowed(IDS, 6, 1)), pl.col("birth_date").str.to_date(), "gender")
    rows.write_parquet(tmp_path / "people.parquet")
    (report,) = check_masks([str(tmp_path / "people.parquet")], store, settings, Question())
    (found,) = [one for one in report.findings if one.check is MaskCheck.derived]
    assert found.columns == ("id_card", "birth_date", "gender")


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("a.csv", b""),
        ("a.csv", bytes(range(256)) * 9),
        ("a.parquet", b"PAR1" + bytes(99)),
        ("a.csv", b"x,y\n1,\x00\n" * 9),
    ],
)
def test_damaged_tables_do_not_hide_the_others(
    store: Store, settings: Settings, tmp_path: Path, name: str, raw: bytes
) -> None:
    (tmp_path / name).write_bytes(raw)
    table(phone=windowed(PHONES, 8, 0)).write_csv(tmp_path / "good.csv")
    reports = check_masks([str(tmp_path / name), str(tmp_path / "good.csv")], store, settings, Question())
    assert [one.check for one in reports[1].findings] == [MaskCheck.residual, MaskCheck.coverage]
