"""JSON read as columns gives what reading each line by itself gives."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.json_records import parsed_or_reason, record_of
from pipelines.sources.json_shape_columns import shape_columns
from pipelines.sources.json_shapes import shapes

_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.floats(-1e6, 1e6).map(lambda value: round(value, 6))
    | st.floats(-5e9, 5e9).map(lambda value: round(value, 6))
    | st.text(max_size=6)
    | st.text("aé消\U0001f6f0", min_size=4, max_size=24)
    | st.sampled_from(["", ",", '"', "\\", '\\"', '":', "\ud800", "/", "\x1b[0m", "\n", "\U000f0001", "null"])
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc."), inner, max_size=3),
    max_leaves=6,
)
_OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "a.b", "kind", '"', "é", ""]), _VALUES, max_size=4)
_SPACES = st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")])
_HOSTILE = st.sampled_from(
    [
        '{"a":1,"a":2}',
        '{"a":1,"a":null}',
        '{"a":{"b":1},"a.b":2}',
        '{"a":01}',
        '{"a":-0}',
        '{"a":1.50}',
        '{"a":1E400}',
        '{"a":NaN}',
        '{"a":tru}',
        '{"a":1 2}',
        '{"a":[1 2]}',
        '{"a":[1,]}',
        '{"a":[1],[2]}',
        '{"a":[[1],[2]]}',
        '{"a":[null,null]}',
        '{"a":"\\q"}',
        '{"a":"\\ud83d\\ude00\\u00e9\\/"}',
        '{"a":"b}',
        '{"a":"x\ty"}',
        '{"a":\t"x"}',
        '{"a" "b"}',
        '{"a":"b"}x',
        '["a","b"]',
        "null",
        '{"a":1}}',
        '{"a":' + "9" * 5000 + "}",
        '{"a":' + "[" * 40 + "1" + "]" * 40 + "}",
        '{"kind":5}',
        '{"kind":{"kind":"x"}}',
    ]
)


def _lines(texts: Sequence[str]) -> pl.DataFrame:
    return pl.DataFrame({"offset": range(len(texts)), "text": texts}).with_columns(decode_error=pl.lit(value=False))


def _by_columns(texts: Sequence[str], fewest: int = 1) -> dict[int, dict[str, str]]:
    found = dict[int, dict[str, str]]()
    for shape in shapes(_lines(texts), "kind", fewest):
        for row in shape_columns([shape], [{f"@{name}": places for name, places in shape.flat.items()}]).to_dicts():
            number = row.pop("row")
            assert number not in found
            found[number] = {name.removeprefix("@"): text for name, text in row.items() if text is not None}
    return found


def _one_by_one(texts: Sequence[str]) -> dict[int, dict[str, str]]:
    parsed = enumerate(map(parsed_or_reason, texts))
    return {at: record_of(at, "", each).flat for at, each in parsed if isinstance(each, dict)}


@settings(max_examples=400, deadline=None)
@given(st.lists(_OBJECTS, min_size=1, max_size=6), _SPACES, st.booleans(), st.lists(_HOSTILE, max_size=4))
@example([{"a": 1.0, "b": [1, None]}, {"a": 12, "b": [0.5]}, {"a": None, "b": []}], (",", ":"), True, [])
def test_columns_hold_what_each_line_holds(
    objects: list[dict[str, Any]], spaces: tuple[str, str], ascii_only: bool, hostile: list[str]
) -> None:
    texts = [json.dumps(each, separators=spaces, ensure_ascii=ascii_only) for each in objects]
    texts = [text for text in texts if text.isascii() or "\ud800" not in text] + hostile
    by_columns, each = _by_columns(texts), _one_by_one(texts)
    assert by_columns == {at: each.get(at) for at in by_columns}


@settings(max_examples=100, deadline=None)
@given(_OBJECTS, st.lists(st.lists(_SCALARS, min_size=8, max_size=8), min_size=2, max_size=8))
def test_lines_that_differ_in_their_values_are_all_read(shape: dict[str, Any], values: list[list[Any]]) -> None:
    names = [f"n{at}" for at in range(8)]
    texts = [json.dumps(dict(zip(names, row, strict=True))) for row in values]
    by_columns, each = _by_columns(texts), _one_by_one(texts)
    assert by_columns == {at: each.get(at) for at in by_columns}
    # What one value is — a text or bare — is part of a shape; the first line has always one.
    assert 0 in by_columns


_TAKEN: dict[str, tuple[str, str]] = {
    "other numbers": ('{"a":1}', '{"a":-2.50}'),
    "null for a number": ('{"a":1}', '{"a":null}'),
    "escapes": ('{"a":"x"}', r'{"a":"\"\\\/\u00e9\ud800"}'),
    "lists of other lengths": ('{"a":[1.0]}', '{"a":[2.0,3.5]}'),
    "spaces": ('{ "a" : "x" , "b" : [ 1 ] }', '{ "a" : "yy" , "b" : [ 22 ] }'),
    "a brace in a text": ('{"a":"x"}', '{"a":"},{:"}'),
    "objects in a list": ('{"a":[{"b":"x"},{"b":null}]}', '{"a":[{"b":"y"},{"b":7}]}'),
}


@pytest.mark.parametrize(("first", "second"), _TAKEN.values(), ids=_TAKEN)
def test_lines_of_one_shape_are_read_together(first: str, second: str) -> None:
    assert _by_columns([first, second], fewest=2) == _one_by_one([first, second])


@pytest.mark.parametrize(
    "text",
    ['{"a":1,"b":2,"a":3}', '{"a":tru}', '{"a":"\\q"}', '{"a":"x\ty"}', '{"a":[1 2]}', '{"a":{}', '["a"]', '{"a":1}}'],
)
def test_what_is_no_sure_object_is_left_to_be_read_by_itself(text: str) -> None:
    assert _by_columns([text]) == {}


def test_few_lines_of_a_shape_are_left() -> None:
    assert sorted(_by_columns(['{"a":1}'] * 3 + ['{"b":1}'], fewest=2)) == [0, 1, 2]


@pytest.mark.parametrize("name", ["dns", "ssl", "x509", "modbus"])
def test_real_logs_are_read_as_columns_and_to_the_same_texts(shared_data: Path, name: str) -> None:
    path = shared_data / "logs" / "zeek-json" / f"{name}.json.gz"
    texts = gzip.decompress(path.read_bytes()).decode().splitlines()[:20_000]
    by_columns, each = _by_columns(texts, fewest=16), _one_by_one(texts)
    assert len(by_columns) > len(texts) * (0.5 if name == "x509" else 0.9)
    assert by_columns == {at: each[at] for at in by_columns}
