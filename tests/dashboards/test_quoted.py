"""Text from outside in HTML: a reader sees exactly the text, and a browser sees no markup in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.harmless import harmless, one_line
from dashboards.quoted import quoted, quoted_pairs
from tests.dashboards.quotes import QuoteReader

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</pre></td></table><style>*{display:none}</style>",
    "&lt;b&gt; &amp; &#x3c;",
    "<!-- --> <![CDATA[ ]]>",
    "javascript:alert(1)",
    ":material/home: **bold** [a](b)",
    "\x1b[31mred\u202egnp.exe\x00",
]
ANY = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=60))


@given(ANY)
def test_a_text_is_shown_as_it_is(text: str) -> None:
    read = QuoteReader(quoted(text))
    assert read.elements == [("pre", ("style",))]
    assert read.texts == [harmless(text)]


@given(st.lists(st.tuples(ANY, ANY), max_size=5))
def test_names_and_values_are_shown_as_they_are(pairs: list[tuple[str, str]]) -> None:
    read = QuoteReader(quoted_pairs(pairs))
    assert read.texts == [one_line(part) for pair in pairs for part in pair]
    assert {tag for tag, _ in read.elements} <= {"div", "table", "tbody", "tr", "td"}
    assert all(set(attributes) <= {"style"} for _, attributes in read.elements)


@pytest.mark.parametrize("text", [text for text in HOSTILE if "<" in text])
def test_no_sign_of_markup_is_left(text: str) -> None:
    assert "<" not in quoted(text).split(">", 1)[1].removesuffix("</pre>")


def test_long_texts_are_cut_and_say_so() -> None:
    assert "(+5)" in quoted("x" * 15, longest=10)
    assert "(+5)" in quoted_pairs([("name", "x" * 15)], longest=10)
