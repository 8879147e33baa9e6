"""Which values of a column came before: their hashes, up to a number that memory bears."""

from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

_REMEMBERED = 500_000  # distinct values of a column that are told apart across batches


class Seen:
    """The hashes of the values of a column so far; once full, later values count as new each time they come."""

    SEED: ClassVar[int] = 7

    def __init__(self) -> None:
        self._hashes: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)

    def fresh(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """For each of these hashes, whether it did not come before; they are remembered."""
        if not len(self._hashes):
            self._hashes = np.sort(hashes[:_REMEMBERED])
            return np.ones(len(hashes), dtype=np.bool_)
        # Looked up in order, the search walks through memory once.
        order = np.argsort(hashes)
        sought = hashes[order]
        at = np.minimum(np.searchsorted(self._hashes, sought), len(self._hashes) - 1)
        new = self._hashes[at] != sought
        fresh = np.empty(len(hashes), dtype=np.bool_)
        fresh[order] = new
        if len(self._hashes) < _REMEMBERED:
            self._hashes = np.sort(np.concatenate([self._hashes, sought[new]])[:_REMEMBERED])
        return fresh
