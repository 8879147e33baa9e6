"""Questions that wait for their answers, in bounded memory."""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

MOST_PENDING = 65_536

Question = TypeVar("Question")


class Pending(Generic[Question]):
    """Questions by what their answers will share with them; the longest waiting give way when there are too many."""

    def __init__(self, most: int = MOST_PENDING) -> None:
        self._waiting: OrderedDict[Hashable, deque[Question]] = OrderedDict()
        self._most = most
        self._count = 0

    def add(self, key: Hashable, question: Question) -> Question | None:
        """Let a question wait; gives back the one that gave way for it, if any."""
        queue = self._waiting.get(key)
        if queue is None:
            self._waiting[key] = deque((question,))
        else:
            queue.append(question)
        self._count += 1
        if self._count <= self._most:
            return None
        return self.pop(next(iter(self._waiting)))

    def pop(self, key: Hashable) -> Question | None:
        """The first question that waits under a key, which no longer waits; None where none does."""
        queue = self._waiting.get(key)
        if not queue:
            return None
        self._count -= 1
        question = queue.popleft()
        if not queue:
            del self._waiting[key]
        return question

    def first(self, key: Hashable) -> Question | None:
        """The first question that waits under a key, and goes on waiting."""
        queue = self._waiting.get(key)
        return queue[0] if queue else None

    def drain(self) -> Iterator[Question]:
        """All that wait, none of which waits afterwards."""
        while self._waiting:
            _, queue = self._waiting.popitem(last=False)
            self._count -= len(queue)
            yield from queue
