"""Figures: short, in the reader's own units, a dash where there is nothing."""

from datetime import UTC, datetime

import pytest

from dashboards.figures import amount, moment, score, seconds, share, size
from dashboards.translation import words_in

ZH, EN = words_in("zh"), words_in("en")


@pytest.mark.parametrize(
    ("number", "chinese", "english"),
    [
        pytest.param(0, "0", "0", id="none"),
        pytest.param(9_999, "9,999", "9,999", id="below ten thousand"),
        pytest.param(12_345, "1.2 万", "12.3k", id="tens of thousands"),
        pytest.param(10_000_000, "1,000.0 万", "10.0M", id="ten million"),
        pytest.param(2_500_000_000, "25.0 亿", "2.5B", id="billions"),
        pytest.param(None, "–", "–", id="nothing"),
        pytest.param(float("nan"), "–", "–", id="not a number"),
    ],
)
def test_amounts_are_shortened_in_the_units_of_the_language(number: float | None, chinese: str, english: str) -> None:
    assert (amount(ZH, number), amount(EN, number)) == (chinese, english)


@pytest.mark.parametrize(
    ("duration", "shown"),
    [(0.0036, "4 ms"), (-1, "0 ms"), (1, "1.0 s"), (90, "1.5 min"), (5400, "1.5 h"), (172_800, "2.0 d"), (None, "–")],
)
def test_durations_use_their_largest_unit(duration: float | None, shown: str) -> None:
    assert seconds(EN, duration) == shown


@pytest.mark.parametrize(("number", "shown"), [(0, "0 B"), (1536, "1.5 KiB"), (5 * 1024**4, "5.0 TiB")])
def test_sizes_are_binary(number: int, shown: str) -> None:
    assert size(number) == shown


def test_a_share_of_nothing_is_a_dash() -> None:
    assert (share(1, 4), share(0, 0)) == ("25%", "–")


def test_a_score_is_whole() -> None:
    assert (score(61.5), score(None), score(float("nan"))) == ("62", "–", "–")


def test_a_moment_that_never_was_is_a_dash() -> None:
    assert moment(datetime(1970, 1, 1, tzinfo=UTC)) == "–"
    assert moment(datetime(2026, 3, 1, 10, 0, tzinfo=UTC)) == "2026-03-01 10:00:00"
