"""Regular expressions: RE2 matches what Python matches, or the rule is refused with a reason."""

import re
import warnings
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from detectors.errors import UnsupportedRule
from detectors.regex import re2_pattern
from detectors.sql_text import literal
from store.client import Store

ATOMS = st.sampled_from(
    [
        "a",
        "B",
        "é",
        r"\.",
        ".",
        r"\d",
        r"\s",
        r"\W",
        "[a-c]",
        "[^a]",
        r"[\]\-x]",
        "^",
        "$",
        r"\b",
        r"\x41",
        r"\n",
        "_",
        "%",
    ]
)
PATTERNS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+?", "{1,2}", "?"])).map(lambda pair: f"(?:{pair[0]}){pair[1]}"),
    ),
    max_leaves=6,
)
TEXTS = st.text(alphabet="aAbBcé.x-]1 _%\n", max_size=8)


@pytest.fixture(scope="module")
def engine() -> Iterator[Store]:
    with Store.connect("chdb://memory") as store:
        yield store


def compiled(pattern: str, flags: int) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        try:
            return re.compile(pattern, flags | re.ASCII)
        except re.error:
            return None


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(PATTERNS, TEXTS, st.booleans(), st.booleans(), st.booleans())
def test_generated_expressions_match_as_in_python(
    engine: Store, pattern: str, text: str, ignore_case: bool, multiline: bool, dot_all: bool
) -> None:
    flags = re.IGNORECASE * ignore_case | re.MULTILINE * multiline | re.DOTALL * dot_all
    python = compiled(pattern, flags)
    assume(python is not None)
    assert python
    # `$` before more text is where a translated end may eat the newline that the rest wants.
    assume(multiline or not re.search(r"\$[^)|]", pattern + "|"))
    translated = re2_pattern(pattern, ignore_case=ignore_case, multiline=multiline, dot_all=dot_all)
    found = engine.value(f"SELECT match({literal(text)}, {literal(translated)})")
    assert bool(found) is bool(python.search(text))


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("a(?=b)", "lookahead"),
        ("(?<!a)b", "negative lookahead or lookbehind"),
        (r"(a)\1", "back-reference"),
        ("(?P<x>a)(?P=x)", "back-reference"),
        ("(a)?(?(1)b|c)", "conditional group"),
        ("(?>a+)b", "atomic group"),
        ("a++b", "possessive quantifier"),
        ("a{1001}", "1000 times"),
        ("a{5,2000}", "1000 times"),
        ("\ud800", "surrogate"),
        ("(", "not valid"),
        ("(" * 5000 + ")" * 5000, "not valid|nested"),
    ],
)
def test_what_re2_lacks_is_refused_with_the_reason(pattern: str, reason: str) -> None:
    with pytest.raises(UnsupportedRule, match=reason) as caught:
        re2_pattern(pattern)
    assert caught.value.culprit == pattern


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"a$", r"(?-s)a(?:\n?\z)"),
        (r"\s+x", r"(?-s)[\t\n\v\f\r ]+x"),
        (r"x{,3}", r"(?-s)x{0,3}"),
        (r"[[:a]", r"(?-s)[\[:a]"),
        (r"\u00e9", "(?-s)é"),
        (r"(?i:a)b", "(?-s)(?i:a)b"),
    ],
)
def test_what_dialects_spell_differently_keeps_its_meaning(pattern: str, expected: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        assert re2_pattern(pattern) == expected
