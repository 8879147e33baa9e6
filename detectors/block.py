"""A block of events turned on its side: for every place a rule looks at, the distinct values and who holds each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.rowsets import Rows, ascending

# Lower-cases texts as the database does; asked only for those beyond ASCII.
Fold = Callable[[Sequence[str]], Sequence[str]]

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

    def text_at(self, rows: Rows) -> pl.Series:
        """The text that each of these rows holds, null where it holds none."""
        at = self._value_at[np.minimum(rows, len(self._value_at) - 1)]
        at = np.where(rows < len(self._value_at), at, -1)
        return self.texts.gather(pl.Series(at).replace(-1, None))

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


def columns_of(pairs: pl.DataFrame, fold: Fold) -> dict[str, Column]:
    """The columns of (`place`, `value`, `row`) triples, as many as there are places; rows come ascending."""
    grouped = pairs.group_by("place", "value").agg(pl.col("row")).sort("place")
    if grouped.is_empty():
        return {}
    sizes = grouped["row"].list.len().to_numpy()
    starts = np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)])
    rows = grouped["row"].explode().to_numpy().astype(np.uint32)
    texts = grouped["value"]
    folded, wide = _folded(texts, fold)
    return {
        place: Column(
            first,
            texts[first:last], folded[first:last], wide[first:last], starts[first : last + 1] - starts[first],
            rows[starts[first] : starts[last]],
        )
        for place, first, last in _runs(grouped["place"])
    }  # fmt: skip


def _runs(places: pl.Series) -> Iterator[tuple[str, int, int]]:
    """Each place of a sorted series with the positions where it begins and ends."""
    counted = places.to_frame().group_by("place", maintain_order=True).len()
    end = 0
    for place, count in counted.iter_rows():
        yield str(place), end, end + count
        end += count


def _folded(texts: pl.Series, fold: Fold) -> tuple[pl.Series, npt.NDArray[np.bool_]]:
    lowered = texts.str.to_lowercase()
    wide = (texts.str.len_bytes() != texts.str.len_chars()).to_numpy()
    at = np.flatnonzero(wide)
    if len(at):
        lowered = lowered.scatter(at, pl.Series(list(fold(texts.gather(at).to_list())), dtype=pl.String))
    return lowered, wide
