"""The overflow map of many rows, built flat: of each entry only the rows that have it."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.batch import FIELDS
from pipelines.capture.network import Flags
from pipelines.capture.window import Ints, Words

# Ports, interfaces and most numbers of networks are below; their texts are made once.
_SMALL: Final = 1 << 16
_MANY: Final = 4_096
_NUMBERS: Final = pl.Series([str(number) for number in range(_SMALL)], dtype=pl.String)

Places = NDArray[np.uint32]


class FieldMap:
    """Collects entries: a name, a text for each row by its place in a pool, and the rows in which it is kept."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._names: list[str] = []
        self._places: list[Places] = []
        self._kept: list[Flags] = []
        # For a few rows the texts of all small numbers would cost more than those of their own.
        self._pools: list[pl.Series] = [_NUMBERS] if rows >= _MANY else []
        self._pooled = _SMALL if rows >= _MANY else 0

    def text(self, name: str, values: pl.Series, kept: Flags) -> None:
        """An entry with these values in the kept rows."""
        if kept.any():
            self._add(name, self._pool(values.cast(pl.String)) + np.arange(self._rows, dtype=np.uint32), kept)

    def number(self, name: str, values: Words, kept: Flags | None = None) -> None:
        """An entry with the numbers in the kept rows, else with those that are not zero."""
        chosen: Flags = values != 0 if kept is None else kept
        if not chosen.any():
            return
        if self._rows >= _MANY and values.max() < _SMALL:
            self._add(name, values.astype(np.uint32), chosen)
        else:
            self.text(name, pl.Series(values), chosen)

    def choice(self, name: str, texts: Sequence[str], index: Ints) -> None:
        """An entry whose value is one of a few texts, by index; '' is none."""
        kept = np.array([text != "" for text in texts], np.bool_)[index]
        if kept.any():
            self._add(name, self._pool(pl.Series(list(texts), dtype=pl.String)) + index.astype(np.uint32), kept)

    def series(self) -> pl.Series:
        """The map column."""
        if not self._names:
            return pl.Series("fields", [{}], dtype=FIELDS).new_from_index(0, self._rows)
        kept = np.column_stack(self._kept)
        offsets = np.zeros(self._rows + 1, np.int32)
        np.cumsum(kept.sum(axis=1), out=offsets[1:])
        column = np.broadcast_to(np.arange(len(self._names), dtype=np.uint32), kept.shape)[kept]
        texts = pl.concat(self._pools, rechunk=True).gather(np.column_stack(self._places)[kept])
        names = pl.Series(self._names, dtype=pl.String).gather(column)
        # As views: a copy of every text would cost more than all the rest.
        parts = (part.to_arrow(compat_level=pl.CompatLevel.newest()) for part in (names, texts))
        made = pl.from_arrow(pa.MapArray.from_arrays(pa.array(offsets), *parts))
        if not isinstance(made, pl.Series):  # narrows the library's union type
            raise TypeError(type(made))
        return made.alias("fields").cast(FIELDS)

    def _add(self, name: str, places: Places, kept: Flags) -> None:
        self._names.append(name)
        self._places.append(places)
        self._kept.append(kept)

    def _pool(self, texts: pl.Series) -> np.uint32:
        """Where the texts begin among all."""
        start = np.uint32(self._pooled)
        self._pools.append(texts)
        self._pooled += len(texts)
        return start
