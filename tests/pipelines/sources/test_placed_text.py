"""Places of a text compared and cut at once say what looking at each of them says."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipelines.sources.placed_text import PlacedText, placed

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


@settings(deadline=None)
@given(st.lists(st.text(st.sampled_from("0129:/x-"), max_size=18), min_size=1, max_size=3))
@example(["9" * 16, "1" * 8, "10"])
@example(["9" * 17])
@example(["10000000/"])
def test_whole_numbers_are_told_from_all_else(texts: list[str]) -> None:
    text = _text(texts)
    ascii_digits = [each.isascii() and each.isdigit() and 1 <= len(each) <= 16 for each in texts]
    written = [each == "0" or not each.startswith("0") for each in texts]
    assert text.counts(text.starts, text.ends) == all([*ascii_digits, *written])


def test_nothing_is_no_text() -> None:
    assert placed(pl.Series([], dtype=pl.String)) is None
