import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dlp.free_text import DistinctSample, TextSample, language_of
from dlp.policy import TextPolicy
from dlp.profiles import profiles

POLICY = TextPolicy(values=5)


def counted(values: list[str]) -> pl.DataFrame:
    frame = pl.DataFrame({"value": values}, schema={"value": pl.String}).group_by("value").len("rows")
    return frame.with_columns(pl.col("rows").cast(pl.Int64), pl.col("value").hash(seed=7).alias("order"))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("您好，我想咨询社保缴费的问题", True),
        ("Failed password for root from 192.0.2.7", True),
        ('{"message": "user logged in", "level": "warning"}', True),
        ("福州市鼓楼区", False),
        ("13800138000", False),
        ("https://example.org/a/b/c/index.html", False),
        ("3f786850-e387-550f-dab8-36e6adcd3a12", False),
    ],
)
def test_sentences_are_told_from_values(text: str, sentence: bool) -> None:
    sample = TextSample()
    sample.observe(counted([text]), profiles(pl.Series([text])), POLICY)
    assert sample.is_free_text(1, POLICY) is sentence


@given(st.lists(st.text(max_size=5), min_size=1, max_size=40), st.integers(1, 39))
@settings(max_examples=60, deadline=None)
def test_the_same_values_are_kept_in_whatever_pieces_they_come(values: list[str], cut: int) -> None:
    whole, pieces = DistinctSample(), DistinctSample()
    whole.observe(counted(values), 5)
    for part in (values[cut:], values[:cut]):
        pieces.observe(counted(part), 5)
    assert whole.counted() == pieces.counted()
    assert len(whole.counted()) == min(5, len(set(values)))


@pytest.mark.parametrize(("text", "language"), [("plain text", "en"), ("user 张 logged in", "zh"), ("", "en")])
def test_one_chinese_character_makes_a_text_chinese(text: str, language: str) -> None:
    assert language_of(text) == language
