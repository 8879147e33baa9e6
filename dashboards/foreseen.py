"""Answers to the questions that a page is about to ask, gotten while the reader's browser still loads the desk."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

import polars as pl

_LASTS_SECONDS = 5
_MOST = 100  # questions that wait to be asked by a page

Answer = Future[pl.DataFrame]


@dataclass(frozen=True)
class _Kept:
    answer: Answer
    until: float


class Foreseen:
    """Answers by question; each is taken once, and within five seconds, so that nobody sees an old one.

    Any thread may give and take. At most a hundred are kept: what is not kept the page asks itself.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many answers wait to be taken."""
        return len(self._kept)

    def get(
        self, database: str, name: str, parameters: Mapping[str, object], asked: Callable[[], pl.DataFrame]
    ) -> pl.DataFrame:
        """The answer, which is kept too; whoever takes it meanwhile waits for it.

        Raises:
            StoreError: the database refused; who waits asks again, and is told.
        """
        answer = Answer()
        with self._lock:
            now = self._clock()
            self._kept = {question: kept for question, kept in self._kept.items() if kept.until > now}
            if len(self._kept) < _MOST:
                self._kept[_question(database, name, parameters)] = _Kept(answer, now + _LASTS_SECONDS)
        try:
            found = asked()
        except BaseException as failure:
            answer.set_exception(failure)
            raise
        answer.set_result(found)
        return found

    def take(self, database: str, name: str, parameters: Mapping[str, object]) -> pl.DataFrame | None:
        """The answer to a question, gone from here with it; None where it was not asked, not lately, or in vain."""
        with self._lock:
            kept = self._kept.pop(_question(database, name, parameters), None)
        if kept is None or kept.until <= self._clock() or kept.answer.exception() is not None:
            return None
        return kept.answer.result()

    def forget(self) -> None:
        """Give none of the answers that are kept: something was decided since."""
        with self._lock:
            self._kept.clear()


def _question(database: str, name: str, parameters: Mapping[str, object]) -> str:
    return json.dumps([database, name, parameters], sort_keys=True, default=str)


FORESEEN = Foreseen()
