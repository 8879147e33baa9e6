"""What is wrong with export packets, listed up to a bound and counted beyond it."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from pipelines.sources.columns import rejects_of

# More rejects than this of one file say nothing new; a last one counts them.
MOST_LISTED: Final = 1000


class Complaints:
    """Collects rejects."""

    def __init__(self) -> None:
        self._held: list[tuple[int, str, str]] = []
        self.listed = 0
        self._unlisted = 0

    def add(self, number: int, reason: str) -> None:
        """One reject of a message, listed while there are few."""
        if self.listed < MOST_LISTED:
            self._held.append((number, reason, ""))
            self.listed += 1
        else:
            self._unlisted += 1

    def conclude(self, entries: Sequence[tuple[int, str]]) -> None:
        """The rejects that sum something up at the end, and how many were not listed."""
        self._held += [(number, reason, "") for number, reason in entries[:MOST_LISTED]]
        unlisted = self._unlisted + max(0, len(entries) - MOST_LISTED)
        if unlisted:
            self._held.append((0, f"{unlisted} more complaints about export packets are not listed", ""))
        self.listed += len(entries)

    def take(self) -> pl.DataFrame:
        """The rejects since the last time."""
        taken, self._held = self._held, []
        return rejects_of(taken)
