"""The overflow map of many rows of flows: of each entry only the rows that have it, and each text made once."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.batch import FIELDS
from pipelines.capture.window import Flags, Ints, Words
from pipelines.field_maps import as_views, fields_of_entries

# Ports, interfaces and most numbers of networks are below; their texts are made once.
_SMALL: Final = 1 << 16
# For a few rows the texts of all small numbers would cost more than those of their own.
_MANY: Final = 4_096
# A text of up to so many bytes lies in its view; of a longer one the view says in which buffer (Arrow, Utf8View).
_INLINE: Final = 12
# NumPy moves sixteen bytes that mean nothing to it several times as fast as two numbers of eight.
_VIEW: Final = np.dtype("V16")

Views = NDArray[np.void]


class FieldMap:
    """Collects entries: a name, for each row the view of its text, and the rows in which it is kept."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._names: list[str] = []
        self._texts: list[Views] = []
        self._kept: list[Flags] = []
        self._buffers: list[pa.Buffer] = []

    def text(self, name: str, values: pl.Series, kept: Flags) -> None:
        """An entry with these values in the kept rows."""
        if kept.any():
            self._add(name, self._views(values.cast(pl.String)), kept)

    def number(self, name: str, values: Words, kept: Flags | None = None) -> None:
        """An entry with the numbers in the kept rows, else with those that are not zero."""
        chosen: Flags = values != 0 if kept is None else kept
        if not chosen.any():
            return
        if self._rows >= _MANY and values.max() < _SMALL:
            self._add(name, _small_numbers().take(values.view(np.int64)), chosen)
        else:
            self.text(name, pl.Series(values), chosen)

    def choice(self, name: str, texts: Sequence[str], index: Ints) -> None:
        """An entry whose value is one of a few texts, by index; '' is none."""
        kept = np.array([text != "" for text in texts], np.bool_)[index]
        if kept.any():
            self._add(name, self._views(pl.Series(list(texts), dtype=pl.String)).take(index), kept)

    def series(self) -> pl.Series:
        """The map column."""
        if not self._names:
            return pl.Series("fields", [{}], dtype=FIELDS).new_from_index(0, self._rows)
        counts = np.zeros(self._rows, np.int64)
        for kept in self._kept:
            counts += kept
        ends = np.cumsum(counts)
        own_names, names_buffers = _parts(pl.Series(self._names, dtype=pl.String))
        # Where most rows have most entries, all of them as a table is less work than a place for each.
        is_dense = 2 * int(ends[-1]) >= self._rows * len(self._names)
        names, texts = self._of_table(own_names) if is_dense else self._placed(own_names, ends - counts, int(ends[-1]))
        offsets = np.append(0, ends).astype(np.int32)
        return fields_of_entries(offsets, _array(names, names_buffers), _array(texts, self._buffers))

    def _of_table(self, own_names: Views) -> tuple[Views, Views]:
        shape = (self._rows, len(own_names))
        table, kept = np.empty(shape, _VIEW), np.empty(shape, np.bool_)
        for number, (texts, rows) in enumerate(zip(self._texts, self._kept, strict=True)):
            table[:, number] = texts
            kept[:, number] = rows
        return np.broadcast_to(own_names, shape)[kept], table[kept]

    def _placed(self, own_names: Views, place: Ints, count: int) -> tuple[Views, Views]:
        names, texts = np.empty(count, _VIEW), np.empty(count, _VIEW)
        for name, column, kept in zip(own_names, self._texts, self._kept, strict=True):
            here = place[kept]
            names[here] = name
            texts[here] = column[kept]
            place = place + kept
        return names, texts

    def _add(self, name: str, texts: Views, kept: Flags) -> None:
        self._names.append(name)
        self._texts.append(texts)
        self._kept.append(kept)

    def _views(self, texts: pl.Series) -> Views:
        """The views of texts, whose buffers are put behind those there are."""
        views, buffers = _parts(texts)
        before = len(self._buffers)
        self._buffers += buffers
        if not before or not buffers:
            return views
        moved = views.copy()
        numbers = moved.view(np.uint32).reshape(-1, 4)
        numbers[numbers[:, 0] > _INLINE, 2] += np.uint32(before)
        return moved


@cache
def _small_numbers() -> Views:
    """The texts of all small numbers; each lies in its view."""
    return _parts(pl.Series([str(number) for number in range(_SMALL)], dtype=pl.String))[0]


def _parts(texts: pl.Series) -> tuple[Views, list[pa.Buffer]]:
    """The views of texts, none of them null, and the buffers of the longer ones."""
    array = as_views(texts)
    _, views, *buffers = array.buffers()
    return np.frombuffer(views, _VIEW)[array.offset : array.offset + len(array)], buffers


def _array(views: Views, buffers: list[pa.Buffer]) -> pa.Array:
    return pa.Array.from_buffers(pa.string_view(), len(views), [None, pa.py_buffer(views.view(np.uint64)), *buffers])
