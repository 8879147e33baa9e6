"""The words: complete in every language, and every word that a page uses exists."""

import re
from pathlib import Path
from string import Formatter

import pytest

import dashboards
from dashboards.errors import UnknownWord
from dashboards.translation import LANGUAGES, Words, words_in

SOURCES = sorted(Path(dashboards.__file__).parent.rglob("*.py"))
USED = {
    key
    for source in SOURCES
    for key in re.findall(r"words\(\s*[\"']([^\"']+)[\"']", source.read_text(encoding="utf-8"))
}
BUILT = {
    prefix
    for source in SOURCES
    for prefix in re.findall(r"words\(\s*f\"([a-z_.]+\.)\{", source.read_text(encoding="utf-8"))
}
GROUPS = {
    group
    for source in SOURCES
    for group in re.findall(r"(?:label|codes)\(\s*[\"']([a-z_]+)[\"']", source.read_text(encoding="utf-8"))
}


def _holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_language_has_the_same_words_with_the_same_holes() -> None:
    first, *others = ({key: _holes(text) for key, text in words_in(each).entries.items()} for each in LANGUAGES)
    assert all(first == other for other in others)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty(language: str) -> None:
    assert not [key for key, text in words_in(language).entries.items() if not text.strip()]


def test_no_chinese_is_left_on_an_english_screen() -> None:
    own = {"language.name", "product.name"}
    entries = words_in("en").entries
    chinese = re.compile(r"[\u4e00-\u9fff]")
    assert not [key for key, text in entries.items() if chinese.search(text) and key not in own]
    assert not [
        key for key, text in words_in("zh").entries.items() if chinese.search(text) is None and key not in NAMES
    ]


# Groups that only tables label, column by column.
TABLED = {
    *("sector", "grade", "entity", "category", "verdict", "place", "language", "layer", "assessed"),
    *("grant_state", "legal_basis", "change", "reviewed", "protection_state"),
    *("mask_check", "mask_mend", "mask_evidence"),
    *("exchange_way", "exchange_origin", "basis_kind"),
}

# Proper names that Chinese readers use in Latin letters.
NAMES = {"column.domestic_cpu"}


def test_every_word_that_a_page_uses_exists() -> None:
    entries = words_in("zh").entries
    assert not USED - set(entries)
    assert not [prefix for prefix in BUILT if not any(key.startswith(prefix) for key in entries)]
    assert not [group for group in GROUPS if not any(key.startswith(f"{group}.") for key in entries)]


def test_every_word_is_used() -> None:
    literal = "\n".join(source.read_text(encoding="utf-8") for source in SOURCES)
    unused = [
        key
        for key in words_in("zh").entries
        if key not in USED
        and not re.search(rf"[\"']{re.escape(key)}[\"']", literal)
        and not any(key.startswith(prefix) for prefix in BUILT)
        and key.split(".")[0] not in GROUPS | TABLED
    ]
    assert unused == []


def test_an_unknown_word_says_where_to_add_it() -> None:
    with pytest.raises(UnknownWord, match=r"dashboards/locale/zh\.yml has no 'no\.such\.word'"):
        words_in("zh")("no.such.word")


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert words_in("en").label("sector", "space\x1b") == r"space\x1b"


def test_no_code_is_a_dash() -> None:
    assert Words("en", {}).label("grade", "") == "–"
