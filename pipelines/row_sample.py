"""Some rows of a table, whole: evenly spread, the same in every reading of the same rows."""

from dataclasses import dataclass, field

import polars as pl

_MOST_CELLS = 2_000_000


@dataclass
class RowSample:
    """Every so many rows of what was added, at least `rows` of them where there are so many, at most twice that."""

    rows: int = 2000
    _every: int = 1
    _seen: int = 0
    _taken: int = 0
    _frames: list[pl.DataFrame] = field(default_factory=list)

    def add(self, frame: pl.DataFrame) -> None:
        """Take rows of the next piece of the table."""
        first = -self._seen % self._every
        self._seen += frame.height
        taken = frame.gather_every(self._every, first) if first < frame.height else frame.clear()
        if taken.is_empty():
            return
        self._frames.append(taken)
        self._taken += taken.height
        most = 2 * max(1, min(self.rows, _MOST_CELLS // max(1, frame.width)))
        while self._taken > most:
            self._thin()

    def frame(self) -> pl.DataFrame:
        """The rows, columns that some pieces lack filled with nulls."""
        return pl.concat(self._frames, how="diagonal") if self._frames else pl.DataFrame()

    def _thin(self) -> None:
        # Every piece begins at a row of its own, so all are joined before each second one goes.
        self._frames = [self.frame().gather_every(2)]
        self._taken = self._frames[0].height
        self._every *= 2
