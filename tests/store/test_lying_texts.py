"""Texts that are exported as they lie in memory are the texts that a copy of them is."""

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.lying_texts import lying

_MAP = pl.Map(pl.String, pl.String)
_TEXT = st.one_of(
    st.text(max_size=4), st.sampled_from(["twelve bytes", "thirteen byte", "更长的一段文字 " * 3, "\0" * 20])
)


def _back(array: pa.Array, kind: pl.DataType) -> list[object]:
    table = pa.table({"column": array})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    with pa.ipc.open_stream(sink.getvalue()) as reader:
        read = pl.from_arrow(reader.read_all())
    assert isinstance(read, pl.DataFrame)
    return read["column"].cast(kind).to_list()


@settings(deadline=None)
@given(st.lists(_TEXT | st.none(), min_size=1, max_size=20), st.integers(0, 19))
def test_texts_are_the_same(texts: list[str | None], start: int) -> None:
    column = pl.Series("column", texts, pl.String)[start:]
    assert _back(lying(column), pl.String()) == texts[start:]


@settings(deadline=None)
@given(st.lists(st.dictionaries(_TEXT, _TEXT, max_size=4), min_size=1, max_size=10), st.integers(0, 9))
def test_maps_are_the_same(maps: list[dict[str, str]], start: int) -> None:
    column = pl.Series("column", maps, _MAP)[start:]
    assert _back(lying(column), _MAP) == [dict(each) for each in maps[start:]]


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        pytest.param(pl.Series(["a text of its own", "and another one"] * 50), pa.string_view(), id="nothing around"),
        pytest.param(pl.Series(["few"] * 99 + ["a long text " * 9]).head(99), pa.string_view(), id="none that is long"),
        pytest.param(pl.Series(["a long text " * 9, *["x" * 13] * 9]).tail(3), pa.large_string(), id="much around"),
        pytest.param(pl.Series([1, 2]), pa.int64(), id="no texts"),
    ],
)
def test_what_lies_around_is_not_taken_along(column: pl.Series, kind: pa.DataType) -> None:
    array = lying(column)
    assert array.type == kind
    assert array.to_pylist() == column.to_list()
