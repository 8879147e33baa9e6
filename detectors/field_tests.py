"""Two fields of the same event compared, over a block."""

from collections.abc import Callable, Mapping, Sequence

import polars as pl

from detectors.block import Column
from detectors.plan import Leaf, Test
from detectors.rowsets import NO_ROWS, Rows, RowSet, merged

_LEFT, _RIGHT = pl.col("left"), pl.col("right")
_COMPARED: Mapping[Test, Callable[[], pl.Expr]] = {
    "field=": lambda: _LEFT == _RIGHT,
    "field^": lambda: _LEFT.str.starts_with(_RIGHT),
    "field$": lambda: _LEFT.str.ends_with(_RIGHT),
    "field*": lambda: _LEFT.str.contains(_RIGHT, literal=True),
}


def rows_comparing(columns: Mapping[str, Column], leaf: Leaf) -> Rows:
    """The rows in which both fields are there and their folded texts compare as the leaf asks, ascending."""
    left, right = _present(columns, leaf.places), _present(columns, leaf.texts)
    rows = RowSet(left).within(right)
    if not len(rows):
        return NO_ROWS
    both = pl.DataFrame({"left": _folded(columns, leaf.places, rows), "right": _folded(columns, leaf.texts, rows)})
    met = both.select(_COMPARED[leaf.test]()).to_series().to_numpy()
    found: Rows = rows[met]
    return found


def _present(columns: Mapping[str, Column], places: Sequence[str]) -> Rows:
    return merged([columns[place].present for place in places if place in columns])


def _folded(columns: Mapping[str, Column], places: Sequence[str], rows: Rows) -> pl.Series:
    """What each of these rows holds in the first of the places that it has."""
    texts = pl.Series([None] * len(rows), dtype=pl.String)
    for column in (columns[place] for place in places if place in columns):
        texts = texts.zip_with(texts.is_not_null(), column.text_at(rows, folded=True))
    return texts
