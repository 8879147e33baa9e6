"""SHA-256 of a file's beginnings as its fingerprint was taken: what is read of it then need not be hashed once more."""

import hashlib
import os
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import IO

_STEP = 1024 * 1024  # bytes
_STEPS = 1024  # at most; a longer file has longer ones
# A change this soon after another may leave the time of change as it is: clocks of file systems tick.
_SETTLED_NS = 1_000_000_000

_State = tuple[int, int, int, int]


@dataclass
class HashTrail:
    """The hash after each step of a file's content, for as long as nobody touches the file.

    Whether anybody did is told by the time of its last change (`ctime`), which no program can set. Of a file that was
    changed within the second before the first look nothing is kept.
    """

    _state: _State
    _settled: bool
    _step: int
    _places: list[int] = field(default_factory=list)
    _hashers: list["hashlib._Hash"] = field(default_factory=list)

    @classmethod
    def of(cls, file: IO[bytes]) -> "HashTrail":
        """A trail of an open file that nothing was read of."""
        told = os.fstat(file.fileno())
        settled = time.time_ns() - told.st_ctime_ns > _SETTLED_NS
        return cls(_state(told), settled, _STEP * max(1, -(-told.st_size // (_STEP * _STEPS))))

    def passed(self, place: int, hasher: "hashlib._Hash") -> None:
        """Keep the hash of everything before a place, where a step ends there."""
        if self._settled and place and place % self._step == 0:
            self._places.append(place)
            self._hashers.append(hasher.copy())

    def holds(self, file: IO[bytes]) -> bool:
        """Whether an open file is still the one that was looked at, untouched; ask after reading of it."""
        return self._settled and _state(os.fstat(file.fileno())) == self._state

    def within(self, begin: int, end: int) -> tuple[int, "hashlib._Hash"] | None:
        """The last place behind `begin` and up to `end` with a hash, and a copy of that; None where there is none."""
        at = bisect_right(self._places, end) - 1
        if at < 0 or self._places[at] <= begin:
            return None
        return self._places[at], self._hashers[at].copy()


def _state(told: os.stat_result) -> _State:
    return told.st_dev, told.st_ino, told.st_size, told.st_ctime_ns
