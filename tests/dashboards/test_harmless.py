"""Text from outside: what is hidden becomes visible, and nothing in it is ever markup."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from dashboards.harmless import harmless, one_line, plain, searchable

# HTML, links and images off means: what would have been markup stays text only if it was escaped.
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])

# What Streamlit's renderer replaces in text after Markdown is parsed.
_LATE = (
    *(r":[\w+-]+:", r":\w+\[", r"https?://", r"www\.\w", r"\S+@\w+\.\w"),
    *(r"(^|\s)(<->|->|<-|--|>=|<=|~=)(\s|$)",),
)
# Ends a piece of text and leaves nothing on the page.
_BREAK = ":small[]"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m", id="terminal escape"),
        pytest.param("a\x00b", r"a\x00b", id="nul"),
        pytest.param("\u202egnp.exe", r"\u202egnp.exe", id="right-to-left override"),
        pytest.param("pay\u200bpal", r"pay\u200bpal", id="zero-width space"),
        pytest.param("\ufeffhead", r"\ufeffhead", id="byte-order mark"),
        pytest.param("line\u2028two", r"line\u2028two", id="line separator"),
        pytest.param("\ud800", r"\ud800", id="lone surrogate"),
        pytest.param("tag\U000e0041", r"tag\U000e0041", id="invisible tag"),
        pytest.param("福州 榕盾 ｆｕｌｌ", "福州 榕盾 ｆｕｌｌ", id="readable text"),
        pytest.param("one\ntwo\tthree", "one\ntwo\tthree", id="line breaks and tabs are kept"),
        pytest.param("a\r\nb", "a\\x0d\nb", id="carriage return"),
    ],
)
def test_what_cannot_be_seen_is_shown_as_its_code(text: str, shown: str) -> None:
    assert harmless(text) == shown


@given(st.text())
def test_nothing_hidden_remains(text: str) -> None:
    hidden = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert not [each for each in harmless(text) if unicodedata.category(each) in hidden and each not in "\n\t"]


@given(st.text())
def test_one_line_is_one_line(text: str) -> None:
    assert len(one_line(text).splitlines()) <= 1


@given(st.text(min_size=400, max_size=2000))
def test_a_long_text_is_cut_and_says_by_how_much(text: str) -> None:
    assert one_line(text, longest=100).endswith(f"(+{len(text) - 100})")


_MARKUP = st.lists(
    st.sampled_from(
        [
            *(
                "[",
                "]",
                "(",
                ")",
                "<img src=x onerror=alert(1)>",
                "**",
                "_",
                "`",
                "```\n",
                "# ",
                "> ",
                "- ",
                "1. ",
                "~~",
            ),
            *(
                ":red[",
                ":smile:",
                ":material/home:",
                "$x^2$",
                "https://example.org",
                "www.example.org",
                "a@example.org",
            ),
            *("&lt;", "&#x3c;", "->", "<->", ">=", "--", "\\", "!", "\n", " ", "x", "福", "\u2060", ":", "|"),
        ]
    ),
    max_size=30,
).map("".join)


@given(st.one_of(_MARKUP, st.text()))
def test_plain_text_is_never_markup(text: str) -> None:
    if not one_line(text).strip():
        return
    blocks = _MARKDOWN.parse(plain(text))
    assert [block.type for block in blocks] == ["paragraph_open", "inline", "paragraph_close"]
    pieces = blocks[1].children or []
    assert {piece.type for piece in pieces} <= {"text", "text_special"}
    read = "".join(piece.content for piece in pieces)
    assert read.replace(_BREAK, "") == one_line(text).strip()


@pytest.mark.parametrize("late", _LATE)
@given(text=_MARKUP)
def test_plain_text_holds_nothing_that_is_replaced_after_parsing(late: str, text: str) -> None:
    read = "".join(piece.content for piece in _MARKDOWN.parse(f"word {plain(text)}")[1].children or [])
    assert [piece for piece in read.split(_BREAK) if re.search(late, piece)] == []


@pytest.mark.parametrize(
    ("copied", "wanted"),
    [
        pytest.param("192.\u2060168.\u20600.1", "192.168.0.1", id="word joiners"),
        pytest.param("\ufeff fd00::1\u200b\n", "fd00::1", id="byte-order mark, zero width, line break"),
        pytest.param("a\tb", "ab", id="tab"),
        pytest.param(" 政务云 门户 ", "政务云 门户", id="readable text"),
    ],
)
def test_what_is_searched_has_no_unseen_characters(copied: str, wanted: str) -> None:
    assert searchable(copied) == wanted
