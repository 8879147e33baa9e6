"""Quotes in delimited text: cells over lines are whole, a stray quote costs its own line and no other."""

import csv
import io

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.delimited import Lines, delimited_frames
from pipelines.quoted_lines import settled


@pytest.mark.parametrize(
    ("text", "kept", "strays"),
    [
        ("1,2,3\n4,5,6\n", "1,2,3\n4,5,6\n", []),
        ('"1","2","3"\r\n"4","5","6"\r\n', '"1","2","3"\r\n"4","5","6"\r\n', []),
        ('1,"a""b",3\n', '1,"a""b",3\n', []),
        ('1,"",3\n', '1,"",3\n', []),
        ('1,"a\nb",3\n4,5,6\n', '1,"a\nb",3\n4,5,6\n', []),
        ('1,"a\r\n""b""\r\n",3\r\n', '1,"a\n""b""\n",3\n', []),
        ('1,"a\n4,5,6\n7,8,9\n', "4,5,6\n7,8,9\n", [0]),
        ('1,2,3\n4,"b\n7,8,9\n', "1,2,3\n7,8,9\n", [1]),
        ('1,"a,3\n4,"b",6\n7,8,9\n', '4,"b",6\n7,8,9\n', [0]),
        ('1,"a,3\n4,"b c",6\n', '4,"b c",6\n', [0]),
        ('1,"a\n4,5"\n7,8,9\n', '"4","5"""\n7,8,9\n', [0]),
        ('1,2,"\n', "", [0]),
        ('"', "", [0]),
        ('1,5" tube,3\n4,5,6\n', '1,"5"" tube",3\n4,5,6\n', []),
        ('1,"a"b,3\n4,5,6\n', "1,ab,3\n4,5,6\n", []),
        ('1,"a"b,3,4,5\n4,5,6\n', "4,5,6\n", [0]),
        ('1,"a,3\n4,"b,6\n7,"c,9\n1,2,3\n', "1,2,3\n", [0, 1, 2]),
    ],
)
def test_what_is_kept_of_lines_with_quotes(text: str, kept: str, strays: list[int]) -> None:
    found = settled(text, ",", 3, last=True)
    read = list(csv.reader(io.StringIO(found.text, newline="")))
    assert read == list(csv.reader(io.StringIO(kept, newline="")))
    assert found.strays == strays
    assert found.rest == ""


def test_a_cell_that_is_open_at_the_end_of_a_block_waits_for_the_next() -> None:
    found = settled('1,2,3\n4,"b\n', ",", 3, last=False)
    assert (found.text, found.rest, found.strays) == ("1,2,3\n", '4,"b\n', [])
    far = settled('4,"b\n' + "1,2,3\n" * 200_000, ",", 3, last=False)
    assert (far.strays, far.rest, far.lines) == ([0], "", 200_001)


cells = st.text(st.sampled_from('ab,;"\n 林'), max_size=6)
tables = st.integers(2, 4).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8)
)


@given(tables, st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]), st.integers(0, 40))
def test_what_is_written_as_rfc_4180_has_it_is_kept_whole_wherever_it_is_cut(
    rows: list[list[str]], quoting: int, at: int
) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=quoting, lineterminator="\n").writerows(rows)  # type: ignore[arg-type]
    text = out.getvalue()
    width = len(rows[0])
    cut = text.rfind("\n", 0, at) + 1
    first = settled(text[:cut], ",", width, last=False)
    then = settled(first.rest + text[cut:], ",", width, last=True)
    assert (first.strays, then.strays) == ([], [])
    assert list(csv.reader(io.StringIO(first.text + then.text, newline=""))) == rows


@given(st.text(st.sampled_from('ab,"\n\r'), max_size=60), st.booleans())
def test_no_line_is_lost_without_being_counted(text: str, last: bool) -> None:
    found = settled(text, ",", 3, last=last)
    assert len(found.text) + len(found.rest) <= 2 * len(text) + 2 * text.count('"') + 2 * text.count("\n")
    if '"' not in text:
        assert found.text == text
    assert found.strays == sorted(set(found.strays))


def read(content: str) -> list[Lines]:
    return list(delimited_frames(io.BytesIO(content.encode()), is_name=lambda cell: cell in ("id", "name", "phone")))


def test_a_stray_quote_costs_its_own_row_of_a_table_of_many_blocks() -> None:
    rows = [f'{at},"name {at}",138{at:08}\n' for at in range(700_000)]
    rows[10] = '10,"lin,13800000010\n'
    rows[600_000] = '600000,"wu,13800600000\n'
    found = read("id,name,phone\n" + "".join(rows))
    assert len(found) > 1
    frame = pl.concat([lines.frame for lines in found])
    assert frame.height == 700_000 - 2
    assert sum(lines.rejected for lines in found) == 2
    assert [lines.note for lines in found if lines.note] == [
        "lines left out for a quote that is never closed (first in line 12)"
    ]
    assert frame["phone"].str.len_chars().unique().to_list() == [11]


def test_a_stray_quote_in_the_first_line_hides_no_column() -> None:
    found = read('id,name,phone\n1,"lin,13800138000\n' + "2,wu,13912345678\n" * 100)
    frame = pl.concat([lines.frame for lines in found])
    assert frame.columns == ["id", "name", "phone"]
    assert (frame.height, sum(lines.rejected for lines in found)) == (100, 1)


def test_a_cell_over_lines_is_one_cell() -> None:
    (found,) = read('id,name,phone\n1,"lin\nof ""Fuzhou""\n",13800138000\n2,wu,13912345678\n')
    assert found.frame["name"].to_list() == ['lin\nof "Fuzhou"\n', "wu"]


def test_a_header_longer_than_what_is_looked_at_first_loses_no_column() -> None:
    names = ["phone", *(f"a_name_of_some_length_{at % 100}_{at // 100}" for at in range(12_000))]
    content = ",".join(names) + "\n" + ",".join(map(str, range(len(names)))) + "\n"
    assert len(content) > 256 * 1024
    (read,) = delimited_frames(io.BytesIO(content.encode()), is_name=lambda cell: cell == "phone")
    assert read.frame.columns == names
    assert read.frame.rows() == [tuple(map(str, range(len(names))))]
