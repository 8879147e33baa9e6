"""Typed values become text, so that a birthday and a position are seen wherever they are kept."""

import io
import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipelines.cell_texts import cell_text
from pipelines.delimited import delimited_frames
from pipelines.json_tables import array_pieces, line_pieces
from pipelines.parquet_tables import parquet_pieces
from pipelines.scan_sources import data_sets, targets_of

RECORDS = [{"lng": 119.306239, "born": date(1990, 3, 7), "qq": 10_086_123}] * 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("张伟", "张伟"),
        (119.306239, "119.306239"),
        (Decimal("26.075302"), "26.075302"),
        (13800138000.0, "13800138000"),
        (Decimal("13800138000.00"), "13800138000"),
        (date(1990, 3, 7), "1990-03-07"),
        (datetime(1990, 3, 7, tzinfo=UTC), "1990-03-07"),
        (datetime(2024, 3, 7, 8, 30, tzinfo=UTC), None),
        (time(8, 30), None),
        (timedelta(hours=8, minutes=30), None),  # how MySQL hands over a time of day
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
        (Decimal("NaN"), None),
        (2.0**70, None),
        (b"13800138000", "13800138000"),
        (b"\xff\xfe", None),
        (10**50, None),
    ],
)
def test_a_value_becomes_what_would_be_typed(value: object, text: str | None) -> None:
    assert cell_text(value) == text


def _parquet(path: Path) -> pl.DataFrame:
    pl.DataFrame(RECORDS, schema={"lng": pl.Float64, "born": pl.Date, "qq": pl.Int32}).write_parquet(path)
    (piece,) = parquet_pieces(path)
    return piece.frame


def _parquet_of_moments(path: Path) -> pl.DataFrame:
    frame = pl.DataFrame(RECORDS).with_columns(pl.col("born").cast(pl.Datetime("us", "Asia/Shanghai")))
    frame.with_columns(seen=pl.lit(datetime(2024, 1, 1, 8, 30))).write_parquet(path)  # noqa: DTZ001  # as files hold it
    (piece,) = parquet_pieces(path)
    assert "seen" not in piece.frame.columns
    return piece.frame


def _json_lines(path: Path) -> pl.DataFrame:
    lines = "\n".join(json.dumps(record, default=str) for record in RECORDS)
    (piece,) = line_pieces(io.BytesIO(lines.encode()), lambda: 1.0)
    return piece.frame


def _json_array(path: Path) -> pl.DataFrame:
    (piece,) = array_pieces(io.BytesIO(json.dumps(RECORDS, default=str).encode()), lambda: 1.0)
    return piece.frame


@pytest.mark.parametrize("read", [_parquet, _parquet_of_moments, _json_lines, _json_array])
def test_positions_birthdays_and_accounts_are_seen_as_numbers_too(
    tmp_path: Path, read: Callable[[Path], pl.DataFrame]
) -> None:
    assert read(tmp_path / "people").row(0, named=True) == {
        "lng": "119.306239",
        "born": "1990-03-07",
        "qq": "10086123",
    }


def test_a_number_too_long_for_python_loses_no_line() -> None:
    line = '{"a":' + "9" * 10_000 + ',"phone":"13800138000"}\n'
    (piece,) = line_pieces(io.BytesIO(line.encode()), lambda: 1.0)
    assert (piece.rejected, piece.frame["phone"].to_list()) == (0, ["13800138000"])


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a,b\n1,2,13800138000\n", {"a": ["1"], "b": ["2"], "column_3": ["13800138000"]}),
        ('a,b\n1,he "x",13800138000\n', {"a": ["1"], "b": ['he "x"'], "column_3": ["13800138000"]}),
        ("a,b\n1,2,\n3,4,\n", {"a": ["1", "3"], "b": ["2", "4"]}),
    ],
)
def test_cells_beyond_the_header_are_not_lost(text: str, columns: dict[str, list[str]]) -> None:
    (read,) = delimited_frames(io.BytesIO(text.encode()), is_name=lambda cell: cell in "ab")
    frame, rejected = read.frame, read.rejected
    assert (frame.to_dict(as_series=False), rejected) == (columns, 0)


def test_a_database_that_is_cut_short_is_not_read_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "people.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE people (phone TEXT)")
        database.executemany("INSERT INTO people VALUES (?)", [("13800138000",)] * 500)
    database.close()
    path.write_bytes(path.read_bytes()[:6000])
    (found,) = data_sets(targets_of(path)[0])
    assert "shorter than its own header" in found.problem
