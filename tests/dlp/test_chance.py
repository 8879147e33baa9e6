from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlp.chance import accident, interval


@given(st.integers(1, 40), st.integers(1, 40), st.floats(0.001, 0.5))
def test_the_bound_is_never_below_the_true_probability(total: int, hits: int, chance: float) -> None:
    hits = min(hits, total)
    true = sum(comb(total, k) * chance**k * (1 - chance) ** (total - k) for k in range(hits, total + 1))
    assert accident(total, hits, chance) >= true * (1 - 1e-9)


@pytest.mark.parametrize(("hits", "total"), [(0, 10), (1, 100_000), (50, 100), (10, 10)])
def test_an_interval_holds_its_share(hits: int, total: int) -> None:
    low, high = interval(hits, total)
    assert 0 <= low <= hits / total <= high <= 1


def test_a_share_as_large_as_chance_is_no_evidence() -> None:
    assert accident(1000, 100, 0.1) == 1.0
