from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.datasets import file_pieces, is_table
from pipelines.errors import SourceBroken
from pipelines.headers import column_names, delimiter_of, has_header

_BEGINNINGS = (
    b"",
    b"PAR1",
    b"\x1f\x8b\x08",
    b"\x28\xb5\x2f\xfd",
    b"[",
    b"{",
    b"a,b\n",
    b"\xff\xfe",
    b"PK\x03\x04",
    b'"',
)


@given(
    st.sampled_from(["x.csv", "x.tsv", "x.json", "x.jsonl", "x.parquet", "x.csv.gz", "x.unknown"]),
    st.sampled_from(_BEGINNINGS),
    st.binary(max_size=400),
)
@settings(max_examples=150, deadline=None)
def test_any_bytes_give_rows_or_a_reason(name: str, beginning: bytes, content: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(beginning + content)
        with suppress(SourceBroken):
            assert all(0 <= piece.share <= 1 for piece in file_pieces(path, is_name=lambda _: False))


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [("a,b\n1,2\n", ","), ("a\tb\n1\t2\n", "\t"), ("a;b\n1,5;2,5\n", ";"), ("a|b\n1|2\n", "|"), ("one\ntwo\n", ",")],
)
def test_the_delimiter_is_the_one_that_cuts_evenly(text: str, delimiter: str) -> None:
    assert delimiter_of(text) == delimiter


@pytest.mark.parametrize(
    ("rows", "header"),
    [
        ([["姓名", "手机号"], ["张小明", "13800138000"]], True),
        ([["name", "note"], ["x", "y"]], True),
        ([["a", "b"], ["1", "2"]], True),
        ([["张小明", "13800138000"], ["王芳芳", "13912345678"]], False),
        ([["1", "2"], ["3", "4"]], False),
        ([["x@example.org"], ["y@example.org"]], False),
        ([["一", "一"], ["二", "三"]], False),
    ],
)
def test_a_header_is_a_row_that_names(rows: list[list[str]], header: bool) -> None:
    assert has_header(rows, lambda cell: cell in {"姓名", "手机号", "name"}) is header


def test_names_of_columns_are_unique() -> None:
    assert column_names(["a", "a", ""], header=True) == ["a", "a_2", "column_3"]


@pytest.mark.parametrize(
    ("name", "table"), [("a.csv", True), ("a.CSV.gz", True), ("a.parquet", True), ("a.pcap", False), ("a.log", False)]
)
def test_in_a_folder_only_what_is_named_like_a_table_is_one(name: str, table: bool) -> None:
    assert is_table(Path(name)) is table
