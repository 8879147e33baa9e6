"""Where statements end, where rows begin, and which format is asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.statements import Insert, Read, inserting, reading, separate, words


@pytest.mark.parametrize(
    ("sql", "parts"),
    [
        ("SELECT 1", Read(b"SELECT 1", "TSV", b"")),
        ("SELECT 1;", Read(b"SELECT 1", "TSV", b"")),
        ("SELECT 1\n FORMAT Native", Read(b"SELECT 1", "Native", b"")),
        ("SELECT 1 format CSV ;", Read(b"SELECT 1 ", "CSV", b"")),
        ("SELECT 1 FORMAT CSV SETTINGS max_threads = 1", Read(b"SELECT 1 ", "CSV", b" SETTINGS max_threads = 1")),
        ("SELECT 'FORMAT CSV'", Read(b"SELECT 'FORMAT CSV'", "TSV", b"")),
        ("SELECT 1 -- FORMAT CSV", Read(b"SELECT 1 -- FORMAT CSV", "TSV", b"")),
        ("SELECT 1 /* \n FORMAT CSV */", Read(b"SELECT 1 /* \n FORMAT CSV */", "TSV", b"")),
        ("SELECT (SELECT 1 AS format, x)", Read(b"SELECT (SELECT 1 AS format, x)", "TSV", b"")),
        ("SELECT `FORMAT` FROM t", Read(b"SELECT `FORMAT` FROM t", "TSV", b"")),
        ("SELECT $$it's FORMAT CSV$$", Read(b"SELECT $$it's FORMAT CSV$$", "TSV", b"")),
    ],
)
def test_the_format_of_a_statement_that_reads(sql: str, parts: Read) -> None:
    assert reading(sql.encode(), default_format="TSV") == parts


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (b"INSERT INTO t FORMAT Native\n\x00\x01", Insert(b"INSERT INTO t", b"", "Native", 28)),
        (b"insert into t format CSV 1,2", Insert(b"insert into t", b"", "CSV", 25)),
        (b"INSERT INTO t (a, `b)`) FORMAT RowBinary\n\n", Insert(b"INSERT INTO t (a, `b)`)", b"", "RowBinary", 41)),
        (b"INSERT INTO t SETTINGS a = 1 FORMAT CSV\n", Insert(b"INSERT INTO t", b"SETTINGS a = 1", "CSV", 40)),
        (b"INSERT INTO t VALUES (1)", Insert(b"INSERT INTO t", b"", "Values", 20)),
        (b"INSERT INTO format VALUES (1)", Insert(b"INSERT INTO format", b"", "Values", 25)),
        (b"INSERT INTO db.format (values) VALUES", Insert(b"INSERT INTO db.format (values)", b"", "Values", 37)),
        (b"INSERT INTO settings FORMAT CSV\n", Insert(b"INSERT INTO settings", b"", "CSV", 32)),
        (b"INSERT INTO t SELECT 1 FORMAT Native", None),
        (b"INSERT INTO t WITH 1 AS a SELECT a", None),
        (b"INSERT INTO t FROM INFILE 'x' FORMAT CSV", None),
        (b"SELECT 'INSERT INTO t FORMAT CSV'", None),
        (b"", None),
        (b"INSERT", None),
        (b"\x00\xff\xfe", None),
    ],
)
def test_where_the_rows_of_an_insert_begin(text: bytes, parts: Insert | None) -> None:
    assert inserting(text) == parts


@pytest.mark.parametrize(
    ("script", "statements"),
    [
        ("", []),
        ("-- only a note; really", []),
        ("A; B ;", ["A", "B"]),
        ("SELECT ';' ; SELECT 1 -- ;\n;", ["SELECT ';'", "SELECT 1"]),
        ("SELECT /* a; b */ 1;SELECT `;`", ["SELECT  1", "SELECT `;`"]),
    ],
)
def test_a_script_is_cut_at_its_own_semicolons_only(script: str, statements: list[str]) -> None:
    assert separate(script) == statements


@given(st.text())
def test_cutting_into_words_loses_nothing(sql: str) -> None:
    encodable = sql.encode(errors="replace").decode()
    assert "".join(words(encodable)) == encodable


@given(st.binary(max_size=300))
def test_any_bytes_are_judged_without_an_error(text: bytes) -> None:
    found = inserting(b"INSERT INTO t " + text)
    assert found is None or found.data_at <= len(text) + 14
    assert reading(text, default_format="TSV").format


@given(rows=st.binary())
def test_the_rows_of_a_binary_format_are_never_touched(rows: bytes) -> None:
    text = b"INSERT INTO t (a) FORMAT RowBinary\n" + rows
    found = inserting(text)
    assert found is not None
    assert text[found.data_at :] == rows
