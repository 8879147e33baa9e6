"""The table of masks that fail: words for every check, in both languages, and text that is no evidence stays text."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.mask_words import evidence_text
from dashboards.translation import LANGUAGES, Language, words_in
from dlp.mask_findings import MaskCheck


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("check", [check.value for check in MaskCheck])
def test_every_check_has_a_name_and_words_on_how_to_mend_it(language: Language, check: str) -> None:
    words = words_in(language)
    assert words(f"mask_check.{check}") != check
    assert words(f"mask_mend.{check}") != check


@pytest.mark.parametrize(
    ("evidence", "told"),
    [
        (json.dumps({"raw_rows": 3, "rate": 0.0012345}), "raw rows 3, rate 0.001234"),
        (json.dumps({"unheard_of": [1, 2]}), "unheard_of [1, 2]"),
        ("no JSON", "no JSON"),
        ("[1]", "[1]"),
    ],
)
def test_evidence_in_words(evidence: str, told: str) -> None:
    assert evidence_text(evidence, words_in("en")) == told


def test_the_page_shows_every_mask_that_fails(city_desk: Callable[..., AppTest]) -> None:
    page = city_desk("data_protection")
    assert not page.exception
    tables = [frame.value for frame in page.dataframe if "mend" in frame.value.columns]
    assert len(tables) == 1
    assert len(tables[0]) == 22
    assert tables[0]["severity"].tolist()[0] == ["critical"]


def test_without_findings_the_page_says_so(desk: Callable[..., AppTest]) -> None:
    assert not desk("data_protection").exception
