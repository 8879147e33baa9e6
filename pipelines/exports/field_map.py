"""The overflow map of many rows, built flat: of each entry only the rows that have it."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.batch import FIELDS
from pipelines.capture.network import Flags
from pipelines.capture.window import Ints, Words


class FieldMap:
    """Collects named columns of text and the rows in which each is worth keeping."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._names: list[str] = []
        self._values: list[pl.Series] = []
        self._kept: list[Flags] = []

    def text(self, name: str, values: pl.Series, kept: Flags) -> None:
        """An entry with these values in the kept rows."""
        if kept.any():
            self._names.append(name)
            self._values.append(values.cast(pl.String))
            self._kept.append(kept)

    def number(self, name: str, values: Words) -> None:
        """An entry with the numbers that are not zero."""
        kept = values != 0
        if kept.any():
            self.text(name, pl.Series(values), kept)

    def choice(self, name: str, texts: Sequence[str], index: Ints) -> None:
        """An entry whose value is one of a few texts, by index; '' is none."""
        kept = np.array([text != "" for text in texts], np.bool_)[index]
        if kept.any():
            self.text(name, pl.Series(list(texts), dtype=pl.String).gather(index.astype(np.uint32)), kept)

    def series(self) -> pl.Series:
        """The map column."""
        if not self._names:
            return pl.Series("fields", [{}], dtype=FIELDS).new_from_index(0, self._rows)
        kept = np.column_stack(self._kept)
        place = np.flatnonzero(kept.reshape(-1))
        row, column = np.divmod(place, len(self._names))
        offsets = np.concatenate([[0], np.cumsum(kept.sum(axis=1))])
        values = pl.concat(self._values, rechunk=True).gather(column * self._rows + row)
        names = pl.Series(self._names).gather(column)
        entries = (part.to_arrow().cast(pa.string()) for part in (names, values))
        made = pl.from_arrow(pa.MapArray.from_arrays(pa.array(offsets, pa.int32()), *entries))
        if not isinstance(made, pl.Series):  # narrows the library's union type
            raise TypeError(type(made))
        return made.alias("fields").cast(FIELDS)
