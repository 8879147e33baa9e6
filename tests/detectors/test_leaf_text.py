"""How the values of a rule are spelled for people: as the rule spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sigma.types import SigmaString, SpecialChars

from detectors.leaf_text import Asks, Wanted, pattern_text, wanted_of


@given(st.text(alphabet="ab*?\\", max_size=12))
def test_a_pattern_that_is_spelled_reads_as_what_it_was(text: str) -> None:
    value = SigmaString(text)
    assert SigmaString(pattern_text(value.s)).s == value.s


@given(st.text(max_size=40))
def test_text_without_wildcards_is_shown_as_it_is(text: str) -> None:
    value = SigmaString(text)
    value.s = [text] if text else []
    assert wanted_of(value).text == text


@pytest.mark.parametrize(
    ("parts", "wanted"),
    [
        (("*", "\\a.exe"), Wanted(Asks.ENDS_WITH, "\\a.exe")),
        (("*", "100*", "*"), Wanted(Asks.CONTAINS, "100*")),
        (("\\\\", "*", "\\x"), Wanted(Asks.LIKE, "\\\\\\\\*\\x")),
        (("a", "?"), Wanted(Asks.LIKE, "a?")),
        (("*",), Wanted(Asks.PRESENT)),
        ((), Wanted(Asks.EMPTY)),
    ],
)
def test_the_shape_of_a_pattern_is_its_test(parts: tuple[str, ...], wanted: Wanted) -> None:
    signs = {"*": SpecialChars.WILDCARD_MULTI, "?": SpecialChars.WILDCARD_SINGLE}
    value = SigmaString("")
    value.s = [signs.get(part, part) for part in parts]
    assert wanted_of(value) == wanted
