"""Fields of many rows as columns: rows whose fields are called alike share their names, and only values are kept.

What many rows have in common, as events of one kind from one machine have most of what is said of them, is kept once.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.field_maps import chosen_views, fields_of_entries
from pipelines.sources.json_records import text_of

Shape = int
_Whole = npt.NDArray[np.int64]


class FieldsOfRows:
    """The fields of rows as they are met, one row after the other."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._names: dict[str, int] = {}
        # Of each shape: the numbers of its names, which of them are common values, and the how manieth of their sort.
        self._layouts: list[tuple[_Whole, npt.NDArray[np.bool_], _Whole]] = []
        self._shape_of_row: list[Shape] = []
        self._common_of_row: list[int] = []
        self._own_met: list[object] = []
        self._commons: dict[tuple[str | int | None, ...], int] = {}
        self._common_met: list[object] = []

    def shape(self, names: Sequence[str], common: Collection[str] = ()) -> Shape:
        """The number of a row of names; the same for the same names in the same order.

        Args:
            names: of the fields.
            common: those whose values many rows have in common; for some names always the same.
        """
        names = tuple(names)
        if names not in self._shapes:
            # Half a surrogate pair is no text that a column could hold.
            codes = [self._names.setdefault(text_of(name), len(self._names)) for name in names]
            is_common = np.array([name in common for name in names], np.bool_)
            rank = np.where(is_common, np.cumsum(is_common), np.cumsum(~is_common)) - 1
            self._shapes[names] = len(self._layouts)
            self._layouts.append((np.array(codes, np.int64), is_common, rank))
        return self._shapes[names]

    def add(self, fields: Mapping[str, str]) -> None:
        """Take the fields of the next row."""
        self.take(self.shape(tuple(fields)), fields.values())

    def take(self, shape: Shape, values: Iterable[object], common: tuple[str | int | None, ...] = ()) -> None:
        """Take the next row as scalars in the order of its names; None is an absent field.

        Args:
            shape: of its names.
            values: of those that are not common.
            common: of the others: texts and whole numbers, no truth values, since what is equal has to be the same.
        """
        place = self._commons.get(common)
        if place is None:
            place = self._commons[common] = len(self._common_met)
            self._common_met.extend(common)
        self._shape_of_row.append(shape)
        self._common_of_row.append(place)
        self._own_met.extend(values)

    def table(self) -> "FieldTable":
        """The fields of all rows taken."""
        values = pl.concat([_texts(self._own_met), _texts(self._common_met)])
        shapes = np.array(self._shape_of_row, np.int64)
        if not len(shapes):
            return FieldTable([], 0, shapes, shapes, values, shapes)
        codes, is_common, rank = (np.concatenate(parts) for parts in zip(*self._layouts, strict=True))
        lengths = np.array([len(layout[0]) for layout in self._layouts], np.int64)
        own = np.array([len(layout[0]) - layout[1].sum() for layout in self._layouts], np.int64)[shapes]
        count = lengths[shapes]
        row = np.repeat(np.arange(len(shapes)), count)
        # Where each field stands among the names of all shapes.
        at = np.arange(len(row)) + np.repeat((np.cumsum(lengths) - lengths)[shapes] - (np.cumsum(count) - count), count)
        first_common = np.array(self._common_of_row, np.int64) + len(self._own_met)
        place = np.where(is_common[at], first_common[row], (np.cumsum(own) - own)[row]) + rank[at]
        return FieldTable(list(self._names), len(shapes), row, codes[at], values, place)


def _texts(met: Sequence[object]) -> pl.Series:
    # Exact types: most are texts, which need no look at what they are, and of the others most are plain numbers.
    texts = [
        value if (kind := type(value)) is str or value is None else str(value) if kind is int else text_of(value)
        for value in met
    ]
    return pl.Series("value", texts, pl.String)


class FieldTable:
    """Fields of rows, one after the other: whose each is, what it is called, where its text lies."""

    def __init__(
        self, names: list[str], height: int, row: _Whole, code: _Whole, values: pl.Series, place: _Whole
    ) -> None:
        self._known = {name: code for code, name in enumerate(names)}
        self._names = names
        self._height = height
        self._values = values
        if values.null_count():
            present = values.is_not_null().to_numpy()[place]
            row, code, place = row[present], code[present], place[present]
        self._row, self._code, self._place = row, code.astype(np.uint32), place.astype(np.uint32)

    @cached_property
    def fields(self) -> pl.Series:
        """The overflow map of each row."""
        offsets = np.zeros(self._height + 1, np.int32)
        np.cumsum(np.bincount(self._row, minlength=self._height), out=offsets[1:])
        keys = chosen_views(pl.Series("key", self._names, pl.String), self._code)
        return fields_of_entries(offsets, keys, chosen_views(self._values, self._place))

    def first(self, names: Sequence[str], *, passing: Collection[str] = ()) -> pl.Series:
        """The text of the first of the fields that each row has, null where it has none of them.

        Args:
            names: of the fields, the most telling first.
            passing: texts that say nothing; the next field counts then.
        """
        taken = np.full(self._height, -1, np.int64)
        for name in reversed(names):
            at = self._places(name, passing)
            taken[self._row[at]] = self._place[at]
        found = pl.DataFrame({"at": taken}).select(pl.when(pl.col("at") >= 0).then("at")).to_series()
        return self._values.gather(found)

    def _places(self, name: str, passing: Collection[str]) -> _Whole:
        if name not in self._known:
            return np.empty(0, np.int64)
        at = np.flatnonzero(self._code == self._known[name])
        if not passing or not len(at):
            return at
        told: npt.NDArray[np.bool_] = ~self._values.gather(self._place[at]).is_in(list(passing)).to_numpy()
        return at[told]
