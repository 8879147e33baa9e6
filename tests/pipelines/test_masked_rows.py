"""Whatever names and texts a table holds go into SQLite files and workbooks as text, and come out as they went in."""

import re
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from pipelines.errors import SourceBroken
from pipelines.masked_rows import masked_rows
from pipelines.masked_sqlite import write_masked_sqlite
from pipelines.masked_workbooks import write_masked_workbook
from pipelines.maskers import Masking
from pipelines.sql_tables import SqlRows

NOTHING = Masking({})
HIDING = Masking({"a": lambda value: "*" * len(value)}, frozenset({"a"}))
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
CELLS = st.one_of(st.none(), st.integers(-(2**62), 2**62), st.floats(allow_nan=False, allow_infinity=False), TEXTS)
QUICK = settings(max_examples=40, deadline=None)


@QUICK
@given(TEXTS, st.lists(TEXTS, min_size=1, max_size=4, unique_by=str.lower), st.lists(CELLS, max_size=5))
def test_any_name_and_any_value_go_into_a_sqlite_file(table: str, names: list[str], cells: list[object]) -> None:
    rows = [[cell] * len(names) for cell in cells]
    part = SqlRows(rows, names, ["x); DROP TABLE y; --"] * len(names), 1.0)
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "made.db"
        try:
            write_masked_sqlite([(table, lambda: iter([part]), NOTHING)], made)
        except SourceBroken:
            # Names that SQLite keeps for itself, and those with a nought in them.
            assert "\0" in table + "".join(names) or table.lower().startswith("sqlite_")
            return
        with closing(sqlite3.connect(made)) as base:
            ((name,),) = base.execute("SELECT name FROM sqlite_master").fetchall()
            quoted = name.replace('"', '""')
            assert name == table
            assert base.execute(f'SELECT * FROM "{quoted}"').fetchall() == [tuple(row) for row in rows]


@QUICK
@given(st.lists(st.sampled_from("=+-@\t\r").flatmap(lambda sign: TEXTS.map(sign.__add__)), min_size=1, max_size=8))
def test_any_text_stays_text_in_a_workbook(texts: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, made = Path(folder) / "source.xlsx", Path(folder) / "made.xlsx"
        book = Workbook()
        sheet = book.active
        assert sheet is not None
        sheet.append(["name", "note"])
        for text in texts:
            sheet.append(["x", re.sub(r"[\x00-\x1f\ufffe\uffff]", "", text)])
            sheet.cell(sheet.max_row, 2).data_type = "s"
        book.save(source)
        write_masked_workbook(source, made, lambda _sheet: NOTHING, is_name=lambda cell: cell == "name")
        cells = [row[1] for row in load_workbook(made)["Sheet"].iter_rows(min_row=2)]
        kept = [row[1].value for row in load_workbook(source)["Sheet"].iter_rows(min_row=2)]
        assert [cell.value for cell in cells] == kept
        assert {cell.data_type for cell in cells} <= {"s", "n"}  # n: an empty one


@given(st.lists(st.lists(CELLS, min_size=1, max_size=3), max_size=6))
def test_masked_columns_hold_masks_and_the_others_what_they_held(rows: list[list[object]]) -> None:
    made = masked_rows(rows, ["a", "b", "c"], HIDING)
    assert [len(row) for row in made] == [len(row) for row in rows]
    for before, after in zip(rows, made, strict=True):
        assert (after[0] is None) is (before[0] is None)
        assert after[0] is None or set(str(after[0])) <= {"*"}
        assert after[1:] == before[1:]
