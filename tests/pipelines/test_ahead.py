"""What is made ahead comes in order, one at a time, and a failure comes where its item would have come."""

import threading
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import pytest

from pipelines.ahead import ahead, one_by_one

Staged = Callable[[Iterable[int], Callable[[int], int]], Iterator[tuple[int, int]]]
BOTH = pytest.mark.parametrize("staged", [ahead, partial(ahead, at_once=2), one_by_one])


def doubled(number: int) -> int:
    if number == 3:
        raise ValueError("three")
    return 2 * number


@BOTH
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_every_item_comes_in_order_with_what_is_made_of_it(staged: Staged, count: int) -> None:
    assert list(staged(range(count), doubled)) == [(number, 2 * number) for number in range(count)]


@BOTH
def test_a_failure_comes_after_what_was_made_before_it(staged: Staged) -> None:
    items = staged(range(5), doubled)
    assert [next(items) for _ in range(3)] == [(0, 0), (1, 2), (2, 4)]
    with pytest.raises(ValueError, match="three"):
        next(items)


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_no_more_is_made_ahead_than_was_asked_for(at_once: int) -> None:
    made: list[int] = []

    def noted(number: int) -> int:
        made.append(number)
        return number

    for taken, (number, _) in enumerate(ahead(range(10), noted, at_once), start=1):
        assert len(made) <= taken + at_once
        assert number in made
    assert sorted(made) == list(range(10))


def test_so_many_are_made_at_once() -> None:
    together = threading.Barrier(2)
    # Each waits for the other: one after the other they would wait for ever.
    assert [number for number, _ in ahead(range(4), lambda _: together.wait(10), at_once=2)] == [0, 1, 2, 3]


def test_it_is_made_beside_the_thread_that_takes_it() -> None:
    [(_, thread)] = ahead([1], lambda _: threading.get_ident())
    assert thread != threading.get_ident()


def test_stages_follow_one_another() -> None:
    staged = ahead(ahead(range(4), lambda number: number + 1), lambda pair: pair[1] * 10)
    assert [made for _, made in staged] == [10, 20, 30, 40]
