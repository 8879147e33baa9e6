"""A percentile that slides is the one of the values that are there."""

from collections import deque
from decimal import Decimal
from fractions import Fraction
from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.sliding_percentile import SlidingPercentile

NUMBERS = st.lists(st.decimals(-50, 50, places=1), min_size=1, max_size=400)


@given(NUMBERS, st.sampled_from(["0", "10", "50", "95", "99.9", "100"]), st.integers(1, 120))
def test_it_is_the_percentile_of_the_last_values(numbers: list[Decimal], percentile: str, width: int) -> None:
    sliding, inside = SlidingPercentile(Decimal(percentile)), deque[Decimal]()
    for number in numbers:
        sliding.add(number)
        inside.append(number)
        if len(inside) > width:
            sliding.remove(inside.popleft())
        ordered = sorted(inside)
        place = Fraction(percentile) / 100 * (len(ordered) - 1)
        below, above = ordered[int(place)], ordered[min(int(place) + 1, len(ordered) - 1)]
        numerator, denominator = sliding.ratio()
        assert Fraction(numerator) / denominator == Fraction(below) + Fraction(above - below) * (place - int(place))
        assert len(sliding) == len(ordered)


@given(NUMBERS)
def test_the_fiftieth_is_the_median(numbers: list[Decimal]) -> None:
    sliding = SlidingPercentile(Decimal(50))
    for number in numbers:
        sliding.add(number)
    numerator, denominator = sliding.ratio()
    assert Fraction(numerator) / denominator == median(map(Fraction, numbers))


def test_what_left_is_not_kept_for_ever() -> None:
    sliding = SlidingPercentile(Decimal(50))
    for number in range(10_000):
        sliding.add(Decimal(number % 7 * 10**6 + number))
        if number >= 10:
            sliding.remove(Decimal((number - 10) % 7 * 10**6 + number - 10))
    assert len(sliding) == 10
    assert len(sliding._low._heap) + len(sliding._high._heap) < 300


def test_of_no_values_there_is_none() -> None:
    sliding = SlidingPercentile(Decimal(50))
    sliding.add(Decimal(1))
    sliding.remove(Decimal(1))
    with pytest.raises(IndexError):
        sliding.ratio()
