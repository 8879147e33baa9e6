"""Fields of many rows as columns: rows whose fields are called alike share their names, and only values are kept."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.field_maps import as_views, fields_of_entries
from pipelines.sources.json_records import text_of

Shape = int
_Whole = npt.NDArray[np.int64]


class FieldsOfRows:
    """The fields of rows as they are met, one row after the other."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[str, ...], Shape] = {}
        self._names: dict[str, int] = {}
        self._codes: list[_Whole] = []
        self._shape_of_row: list[Shape] = []
        self._values_met: list[object] = []

    def shape(self, names: Sequence[str]) -> Shape:
        """The number of a row of names; the same for the same names in the same order."""
        names = tuple(names)
        if names not in self._shapes:
            # Half a surrogate pair is no text that a column could hold.
            codes = [self._names.setdefault(text_of(name), len(self._names)) for name in names]
            self._shapes[names] = len(self._codes)
            self._codes.append(np.array(codes, np.int64))
        return self._shapes[names]

    def add(self, fields: Mapping[str, str]) -> None:
        """Take the fields of the next row."""
        self.take(self.shape(tuple(fields)), fields.values())

    def take(self, shape: Shape, values: Iterable[object]) -> None:
        """Take the next row as scalars in the order of its names; None is an absent field."""
        self._shape_of_row.append(shape)
        self._values_met.extend(values)

    def table(self) -> "FieldTable":
        """The fields of all rows taken."""
        # Exact types: most are texts, which need no look at what they are, and of the others most are plain numbers.
        texts = [
            value if (kind := type(value)) is str or value is None else str(value) if kind is int else text_of(value)
            for value in self._values_met
        ]
        shapes = np.array(self._shape_of_row, np.int64)
        lengths = np.array([len(codes) for codes in self._codes], np.int64)
        ends = np.cumsum(lengths)
        count = lengths[shapes] if len(shapes) else shapes
        row = np.repeat(np.arange(len(shapes)), count)
        first = np.cumsum(count) - count
        at = np.arange(len(texts)) + ((ends - lengths)[shapes] - first)[row] if texts else row
        codes = np.concatenate(self._codes)[at] if self._codes else row
        return FieldTable(list(self._names), len(shapes), row, codes, pl.Series("value", texts, pl.String))


class FieldTable:
    """Fields of rows, one after the other: whose each is, how it is called, and its text."""

    def __init__(self, names: list[str], height: int, row: _Whole, code: _Whole, values: pl.Series) -> None:
        present = values.is_not_null().to_numpy()
        self._known = {name: code for code, name in enumerate(names)}
        self._names = names
        self._height = height
        self._row, self._code = row[present], code[present].astype(np.uint32)
        self._values = values.drop_nulls()

    @cached_property
    def fields(self) -> pl.Series:
        """The overflow map of each row."""
        offsets = np.zeros(self._height + 1, np.int32)
        np.cumsum(np.bincount(self._row, minlength=self._height), out=offsets[1:])
        keys = pl.Series("key", self._names, pl.String).gather(self._code)
        return fields_of_entries(offsets, as_views(keys), as_views(self._values))

    def first(self, names: Sequence[str], *, passing: Collection[str] = ()) -> pl.Series:
        """The text of the first of the fields that each row has, null where it has none of them.

        Args:
            names: of the fields, the most telling first.
            passing: texts that say nothing; the next field counts then.
        """
        taken = np.full(self._height, -1, np.int64)
        for name in reversed(names):
            at = self._places(name, passing)
            taken[self._row[at]] = at
        found = pl.DataFrame({"at": taken}).select(pl.when(pl.col("at") >= 0).then("at")).to_series()
        return self._values.gather(found)

    def _places(self, name: str, passing: Collection[str]) -> _Whole:
        if name not in self._known:
            return np.empty(0, np.int64)
        at = np.flatnonzero(self._code == self._known[name])
        if not passing or not len(at):
            return at
        told: npt.NDArray[np.bool_] = ~self._values.gather(at).is_in(list(passing)).to_numpy()
        return at[told]
