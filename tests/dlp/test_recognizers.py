import polars as pl
import pytest

from dlp.kinds import Kind
from dlp.profiles import profiles
from dlp.registry import KINDS


def is_taken(kind: Kind, value: str) -> bool:
    """Whether a value that is nothing else is taken for this kind."""
    values = pl.Series([value])
    if not kind.fits[profiles(values)][0] or not values.str.contains(kind.whole)[0]:
        return False
    return bool(kind.holds(values)[0])


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_takes_its_examples_and_refuses_its_counter_examples(kind: Kind) -> None:
    assert kind.examples, "a kind without an example tells nobody what it looks like"
    assert kind.counter_examples
    assert [value for value in kind.examples if not is_taken(kind, value)] == []
    assert [value for value in kind.counter_examples if is_taken(kind, value)] == []
