"""Places of a text compared and cut at once say what looking at each of them says."""

import io
import json
import re
from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.json_records import text_of
from pipelines.sources.lines import line_blocks
from pipelines.sources.placed_text import PlacedText, placed
from pipelines.sources.text_views import stretches_of

_LINES = st.lists(st.text(st.sampled_from(["a", "0", "9", '"', "é", "榕", "\U0001f6f0", "\\", "\t"]), max_size=40))


def _text(lines: Sequence[str]) -> PlacedText:
    text = placed(pl.Series(lines, dtype=pl.String))
    assert text is not None
    return text


@settings(deadline=None)
@given(_LINES.filter(bool))
@example(["0123456789abc" * size for size in range(8)])
def test_lines_and_their_parts_are_cut_as_they_stand(lines: list[str]) -> None:
    text = _text(lines)
    assert text.texts(text.starts, text.ends).to_list() == lines
    assert text.plain == all(" " <= each != "\\" for each in "".join(lines))
    begins = np.array([len(line[: len(line) // 2].encode()) for line in lines])
    assert text.texts(text.starts + begins, text.ends).to_list() == [line[len(line) // 2 :] for line in lines]


@settings(deadline=None)
@given(_LINES.filter(bool), st.integers(0, 9))
@example(["x" * 200] * 2, 0)
def test_what_stands_somewhere_is_compared_to_its_last_byte(lines: list[str], chosen: int) -> None:
    expected = lines[chosen % len(lines)].encode()
    long = np.array([len(line.encode()) >= len(expected) for line in lines])
    text = _text(lines)
    same = text.stands(expected, text.starts[long])
    assert same.tolist() == [line.encode().startswith(expected) for line, fits in zip(lines, long, strict=True) if fits]


_BARE = st.one_of(
    st.text(st.sampled_from("0129:/x-.e"), max_size=19),
    st.integers(-(10**17), 10**18).map(str),
    st.decimals(0, 2**33, places=6).map(lambda number: f"{number:f}".rstrip("0")),
    st.sampled_from(["true", "false", "null", "True", "falsey", "tru", "1.5true"]),
)
_SURE = re.compile(r"(0|[1-9]\d{0,15})|(0|[1-9]\d{0,8}|[1-3]\d{9})\.\d{0,5}[1-9]|true|false", re.ASCII)


@given(st.lists(_BARE, min_size=1, max_size=4))
@example(["9" * 16, "1" * 8, "10"])
@example(["9" * 17])
@example(["10000000/", "1772330400.123456", "1772330400.0", "3999999999.999999", "4000000000.000001"])
@example(["1.25", "12345678.1", "1234567.12", "123456789.123456", "0.5", "00.5", ".5", "5.", "1.2.3", "1..2", "\x8a9"])
@example(["0.000001", "0.0000001", "-1", "1e5", "", "榕", "4.\u07ff"])
def test_values_written_as_they_are_read_are_told_from_all_else(texts: list[str]) -> None:
    text = _text(texts)
    told = text.numbers(text.starts, text.ends).tolist()
    assert told == [_SURE.fullmatch(each) is not None for each in texts]
    for value in (each for each, sure in zip(texts, told, strict=True) if sure):
        assert text_of(json.loads(value)) == value


@given(st.lists(st.text(st.sampled_from(["a", "榕", '"', "\\", "\x01"]), min_size=13, max_size=40), min_size=1))
@example(["榕" * 13])
def test_lines_of_one_buffer_are_taken_where_they_lie(lines: list[str]) -> None:
    block = next(line_blocks(io.BytesIO("".join(f"{line}\n" for line in lines).encode())))
    text = _text(block.lines["text"].to_list())
    lying = placed(block.lines["text"])
    assert lying is not None
    assert lying.between == len(lines) - 1
    assert lying.texts(lying.starts, lying.ends).to_list() == lines
    assert lying.plain == text.plain
    assert stretches_of(block.lines["text"].reverse()) is None or len(lines) == 1


def test_nothing_is_no_text() -> None:
    assert placed(pl.Series([], dtype=pl.String)) is None
