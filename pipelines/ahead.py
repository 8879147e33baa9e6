"""Work done beside: while one item is used, the next are already being made in threads of their own."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")


def ahead(items: Iterable[Item], make: Callable[[Item], Made], at_once: int = 1) -> Iterator[tuple[Item, Made]]:
    """Each item in order with what is made of it; so many more are in the making meanwhile, and no more than that.

    What `make` raises is raised where its item would have come; whatever is in the making is waited for.
    """
    with ThreadPoolExecutor(at_once, thread_name_prefix="ahead") as threads:
        making: deque[tuple[Item, Future[Made]]] = deque()
        for item in items:
            making.append((item, threads.submit(make, item)))
            if len(making) > at_once:
                first, made = making.popleft()
                yield first, made.result()
        while making:
            first, made = making.popleft()
            yield first, made.result()


def one_by_one(items: Iterable[Item], make: Callable[[Item], Made]) -> Iterator[tuple[Item, Made]]:
    """The same without a thread, for what only one thread may use."""
    return ((item, make(item)) for item in items)
