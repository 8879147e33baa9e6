"""Headers told by where their parts stand are those that the expressions tell."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipelines.sources.lines import LINES
from pipelines.sources.syslog_header import _by_expressions, split_headers

_STAMPS = (
    *(
        "Mar  1 10:00:00",
        "Feb 29 23:59:60",
        "Mar 01 24:00:00",
        "Mar 1 10:00:00",
        "Mar  1 2025 10:00:00",
        "Foo  1 10:00:00",
    ),
    *(
        "Mar  1 10:00:00.25",
        "2026-03-01T10:00:00.003+08:00",
        "2026-03-01T10:00:00",
        "2026-03-01 10:00:00",
        "Mar 39 1:0:00",
    ),
)
_HOSTS = ("web-1", "-", "192.0.2.1", "host:", "[x]", "a\tb", "主机", "a\u00a0b", "", "h" * 30)
_TAGS = (
    *("sshd[811]: ", "sudo:    ", "cron[]: ", "a[b:c]: ", "a[b]c: ", "a:b: ", "a[1]:x ", "[1]: ", "word ", "程序[1]: "),
    *("x\u2003y: ", "sshd[1]:", "-: ", "x[-]: ", "a[é", "p" * 130 + ": ", ""),
)
_MESSAGES = ("Failed password", "", "a: b", "\ufeffmarked", "[1.5] x", "中文", " leading")
_PRIORITIES = ("", "<38>", "<7>", "<191>", "<999>", "<3a>", "<>", "<1234>", "12 <34>")
_VERSIONS = ("1 ", "0 ", "999 ")
_DATA = ("-", '[a b="c"]', '[a b="c\\"]x"][d]', '[a b="c"', "[]")


@st.composite
def _lines(draw: st.DrawFn) -> str:
    def of(choices: tuple[str, ...]) -> str:
        return draw(st.sampled_from(choices))

    blank = of((" ", " ", " ", "  ", "\t"))
    if draw(st.booleans()):
        line = f"{of(_PRIORITIES)}{of(_STAMPS)}{blank}{of(_HOSTS)} {of(_TAGS)}{of(_MESSAGES)}"
    else:
        named = f"{of(_STAMPS)} {of(_HOSTS)} {of(_TAGS).strip(': ')} 811 -"
        line = f"{of(_PRIORITIES)}{of(_VERSIONS)}{named} {of(_DATA)}{blank}{of(_MESSAGES)}"
    at = draw(st.integers(0, len(line)))
    return line[:at] + draw(st.sampled_from(("", "", "", "\0", ":", "[", " ", "é"))) + line[at:]


def _framed(texts: list[str]) -> pl.DataFrame:
    return pl.DataFrame(
        {"offset": range(len(texts)), "text": texts, "decode_error": [False] * len(texts)}, schema=LINES
    )


@given(st.lists(_lines(), min_size=1, max_size=12))
@settings(max_examples=150, deadline=None)
def test_parts_told_by_place_are_those_that_expressions_tell(texts: list[str]) -> None:
    lines = _framed(texts)
    assert_frame_equal(split_headers(lines), _by_expressions(lines))


@pytest.mark.parametrize("stamp", _STAMPS)
@pytest.mark.parametrize("tag", _TAGS)
def test_every_stamp_and_tag_is_told_alike(stamp: str, tag: str) -> None:
    lines = _framed([f"{priority}{stamp} {host} {tag}said" for priority in _PRIORITIES for host in _HOSTS])
    assert_frame_equal(split_headers(lines), _by_expressions(lines))
