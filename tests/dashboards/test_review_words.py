"""Every sentence that a scan may write has words in either language, its numbers kept."""

import re
from datetime import UTC, datetime

import polars as pl
import pytest

from dashboards.review_words import SENTENCES, review_words
from dashboards.translation import words_in
from dlp.checksums import resident_id_holds
from dlp.policy import default_policy
from pipelines.scan_reading import Reading

PHONES = [f"1391234{at:04}" for at in range(200)]  # made up
_ANY = pl.Series([f"35010219900307{at:03}{check}" for at in range(40) for check in range(10)])
WRONG = _ANY.filter(~pl.Series(resident_id_holds(_ANY))).to_list()
COLUMNS = {
    "partly": ("手机号", [*PHONES[:100], *(f"{phone[:3]}****{phone[7:]}" for phone in PHONES[100:])]),
    "contamination": ("备注", ["无"] * 5000 + ["请致电13800138000"]),
    "weak": ("身份证号", [f"350102********{at:03}X" for at in range(200)]),
    "broken": ("身份证号", [f"350102199003{at % 28 + 1:02}****" for at in range(200)]),
    "keyed_hash": ("phone_hmac", [f"{at:064x}" for at in range(200)]),
    "bare_hash": ("phone_md5", [f"{at:032x}" for at in range(200)]),
    "wrong_check": ("身份证号", WRONG),
}


def _reviews(column: str, values: list[str]) -> set[str]:
    reading = Reading(b"a key for tests only, 32 bytes..", default_policy())
    counted = pl.DataFrame({"value": values}).group_by("value").len("rows")
    reading.rows = len(values)
    reading.observe(column, counted)
    return {finding.review for finding in reading.findings(datetime.now(UTC))}


@pytest.mark.parametrize("key", list(COLUMNS))
def test_what_a_scan_writes_is_known(key: str) -> None:
    column, values = COLUMNS[key]
    reviews = _reviews(column, values)
    assert any(SENTENCES[key].fullmatch(review) for review in reviews), reviews


@pytest.mark.parametrize("key", list(COLUMNS))
def test_it_is_told_in_chinese_with_its_numbers(key: str) -> None:
    column, values = COLUMNS[key]
    for review in _reviews(column, values):
        told = review_words(words_in("zh"), review)
        assert re.search("[\u4e00-\u9fff]", told)
        assert set(re.findall(r"\d+", told)) <= set(re.findall(r"\d+", review)) | {"95"}


def test_a_sentence_that_is_not_known_stays() -> None:
    assert review_words(words_in("zh"), "something else") == "something else"
