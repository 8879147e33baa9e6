"""Sets of row numbers that stay small whichever way a condition turns them: a few rows, or all but a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.uint32]

NO_ROWS: Rows = np.empty(0, np.uint32)


@dataclass(frozen=True, slots=True, eq=False)
class RowSet:
    """Row numbers of a block.

    Attributes:
        rows: ascending, each once.
        others: whether the set is every row but these.
    """

    rows: Rows
    others: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether no row is in it, whatever the block holds."""
        return not self.others and not len(self.rows)

    def inverted(self) -> "RowSet":
        """Every row that is not in it."""
        return RowSet(self.rows, not self.others)

    def within(self, universe: Rows) -> Rows:
        """Those of ascending row numbers that are in it."""
        if self.others:
            return _without(universe, self.rows)
        return _common(universe, self.rows)


NOTHING = RowSet(NO_ROWS)
EVERYTHING = RowSet(NO_ROWS, others=True)


def intersection(one: RowSet, other: RowSet) -> RowSet:
    """The rows that are in both."""
    if one.others and other.others:
        return RowSet(merged([one.rows, other.rows]), others=True)
    if one.others:
        return RowSet(_without(other.rows, one.rows))
    if other.others:
        return RowSet(_without(one.rows, other.rows))
    return RowSet(_common(one.rows, other.rows))


def union(one: RowSet, other: RowSet) -> RowSet:
    """The rows that are in either."""
    if one.is_empty:
        return other
    if other.is_empty:
        return one
    return intersection(one.inverted(), other.inverted()).inverted()


def merged(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, each of which is ascending: ascending, each once."""
    parts = [part for part in parts if len(part)]
    if len(parts) <= 1:
        return parts[0] if parts else NO_ROWS
    rows = ascending(parts)
    # `numpy.unique` would build a hash table; these are nearly always few, or nearly in order.
    again = rows[1:] == rows[:-1]
    return rows[np.concatenate([[True], ~again])] if again.any() else rows


def ascending(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts, each of which is ascending and no two of which share one: ascending."""
    if len(parts) == 1:
        return parts[0]
    return np.sort(np.concatenate(parts)) if parts else NO_ROWS


def _common(one: Rows, other: Rows) -> Rows:
    if len(other) < len(one):
        one, other = other, one
    if not len(one):
        return NO_ROWS
    return one[_found(one, other)]


def _without(rows: Rows, gone: Rows) -> Rows:
    if not len(gone) or not len(rows):
        return rows
    return rows[~_found(rows, gone)]


def _found(wanted: Rows, rows: Rows) -> npt.NDArray[np.bool_]:
    """For each wanted row whether it is among others, both ascending: a search in the longer by the shorter."""
    if len(wanted) > len(rows):
        marks = np.zeros(len(wanted), np.bool_)
        at = np.searchsorted(wanted, rows)
        inside = at < len(wanted)
        at, rows = at[inside], rows[inside]
        marks[at[wanted[at] == rows]] = True
        return marks
    at = np.searchsorted(rows, wanted)
    at[at == len(rows)] = len(rows) - 1
    marks = rows[at] == wanted
    return cast("npt.NDArray[np.bool_]", marks)
