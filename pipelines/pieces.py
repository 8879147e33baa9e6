"""A piece of a table: what a scan gets to see of some of its rows."""

from dataclasses import dataclass, field

import polars as pl

BATCH_ROWS = 65_536
DEEPEST = 8  # levels of nested fields that are looked into


@dataclass(frozen=True)
class Piece:
    """Some rows of a table: text columns only, and how far the reading is.

    Attributes:
        frame: one column of text per column of the table; what cannot hold personal data by its type is left out.
        rows: how many rows of the table these are.
        share: how much of the table has been read, 0 to 1.
        rejected: rows that could not be read.
        narrow: the same rows of columns that hold no identifier by their type, yet help to rebuild one (small
            whole numbers), as text; empty where a format has none.
        note: what whoever reads the report must know of the reading, or ''.
    """

    frame: pl.DataFrame
    rows: int
    share: float = 1.0
    rejected: int = 0
    narrow: pl.DataFrame = field(default_factory=pl.DataFrame)
    note: str = ""

    def whole(self) -> pl.DataFrame:
        """All that is known of the rows, as text; of a column that is in both, whichever has the value."""
        if self.narrow.is_empty():
            return self.frame
        shared = [name for name in self.narrow.columns if name in self.frame.columns]
        held = [self.frame[name].zip_with(self.frame[name].is_not_null(), self.narrow[name]) for name in shared]
        both = self.frame.with_columns(held)
        return both.hstack(self.narrow.drop(shared))
