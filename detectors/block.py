"""A block of events turned on its side: for every place a rule looks at, the distinct values and who holds each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.rowsets import Rows, ascending

# Lower-cases texts as the database does; asked only for those beyond ASCII.
Fold = Callable[[Sequence[str]], Sequence[str]]

# ASCII, punctuation (general, CJK, full-width before its letters), kana, CJK ideographs: to lower-case these is to
# lower-case their ASCII, in every version of Unicode.
_CASELESS = (
    r"\A[\x00-\x7F\x{2010}-\x{2027}\x{3000}-\x{303F}\x{3041}-\x{30FF}"
    r"\x{3400}-\x{4DBF}\x{4E00}-\x{9FFF}\x{FF01}-\x{FF20}]*\z"
)

Values = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Column:
    """One place over a block; `values` are positions in its distinct texts.

    Attributes:
        first: position of its first value among those of all columns of the block.
        texts: the distinct values as they came.
        folded: the same values lower-cased.
        wide: for each value whether it goes beyond ASCII.
        starts: where the rows of each value begin in `rows`, and where the last ones end.
        rows: the rows of the first value, then those of the second, ...
    """

    first: int
    texts: pl.Series
    folded: pl.Series
    wide: npt.NDArray[np.bool_]
    starts: npt.NDArray[np.int64]
    rows: Rows

    @cached_property
    def present(self) -> Rows:
        """The rows that hold any value here."""
        return np.sort(self.rows)

    def rows_of(self, values: Values) -> Rows:
        """The rows that hold one of these values."""
        if len(values) == len(self.texts):
            return self.present
        return ascending([self.rows[self.starts[value] : self.starts[value + 1]] for value in values])

    def text_at(self, rows: Rows, *, folded: bool = False) -> pl.Series:
        """The text that each of these rows holds, as it came or folded; null where it holds none."""
        at = self._value_at[np.minimum(rows, len(self._value_at) - 1)]
        at = np.where(rows < len(self._value_at), at, -1)
        return (self.folded if folded else self.texts).gather(pl.Series(at).replace(-1, None))

    @cached_property
    def _value_at(self) -> npt.NDArray[np.int64]:
        """For each row up to the last that holds a value: which one, -1 for none."""
        at = np.full(int(self.rows.max()) + 1 if len(self.rows) else 1, -1, np.int64)
        at[self.rows] = np.repeat(np.arange(len(self.texts)), np.diff(self.starts))
        return at


@dataclass(frozen=True)
class EventBlock:
    """Events seen column by column.

    Attributes:
        height: how many events.
        columns: place to its values; a place that no event holds is not there.
        members: for each route, the rows of its events, ascending.
        heard: text to the rows that hold it in any value; a text that is not there may be anywhere.
    """

    height: int
    columns: Mapping[str, Column]
    members: Sequence[Rows]
    heard: Mapping[str, Rows] = field(default_factory=dict)


def columns_of(held: pl.DataFrame, places: Sequence[str], texts: pl.Series, fold: Fold) -> dict[str, Column]:
    """The columns of what rows hold, as many as there are places that hold anything.

    Args:
        held: (`place`, `value`, `row`) triples; positions in `places`, in `texts` and in the block, rows ascending.
        places: the places, each once.
        texts: the values; every value of one place once.
        fold: lower-cases texts as the database does.
    """
    # One number for both: numbers are grouped several times as fast as texts.
    both = (pl.col("place").cast(pl.UInt64) * 2**32 + pl.col("value")).alias("both")
    grouped = held.lazy().group_by(both).agg(pl.col("row")).sort("both").collect()
    if grouped.is_empty():
        return {}
    both_numbers = grouped["both"].to_numpy()
    at = both_numbers & np.uint64(2**32 - 1)
    edges = np.flatnonzero(np.diff(both_numbers >> np.uint64(32), prepend=-1, append=2**32))
    starts = np.concatenate([[0], np.cumsum(grouped["row"].list.len().to_numpy(), dtype=np.int64)])
    rows = grouped["row"].explode(empty_as_null=False).to_numpy()
    folded, wide = _folded(texts, fold)
    values, lowered, beyond = texts.gather(at), folded.gather(at), wide[at]
    return {
        places[int(both_numbers[first]) >> 32]: Column(
            first, values[first:last], lowered[first:last], beyond[first:last],
            starts[first : last + 1] - starts[first], rows[starts[first] : starts[last]],
        )
        for first, last in pairwise(edges.tolist())
    }  # fmt: skip


def _folded(texts: pl.Series, fold: Fold) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    lowered = texts.str.to_lowercase()
    wide = (texts.str.len_bytes() != texts.str.len_chars()).to_numpy()
    at = np.flatnonzero(wide)
    # Chinese has no case: only what has letters of other alphabets is the database's to fold.
    at = at[~texts.gather(at).str.contains(_CASELESS).to_numpy()]
    if len(at):
        lowered = lowered.scatter(at, pl.Series(list(fold(texts.gather(at).to_list())), dtype=pl.String))
    return lowered, wide
