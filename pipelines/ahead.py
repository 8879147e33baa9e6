"""Work done beside: while one item is used, the next is already being made in a thread of its own."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def ahead(items: Iterable[Item], make: Callable[[Item], Made]) -> Iterator[tuple[Item, Made]]:
    """Each item in order with what is made of it; one more is in the making meanwhile, and no more than one.

    What `make` raises is raised where its item would have come; whatever is in the making is waited for.
    """
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        making: tuple[Item, Future[Made]] | None = None
        for item in items:
            following = (item, thread.submit(make, item))
            if making is not None:
                yield making[0], making[1].result()
            making = following
        if making is not None:
            yield making[0], making[1].result()


def one_by_one(items: Iterable[Item], make: Callable[[Item], Made]) -> Iterator[tuple[Item, Made]]:
    """The same without a thread, for what only one thread may use."""
    return ((item, make(item)) for item in items)
