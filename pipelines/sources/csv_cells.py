"""Lines of comma-separated values whose places have names, taken apart for all lines at once."""

from collections.abc import Mapping, Sequence

import polars as pl

# A cell in quotes ends where the quote does; any other at the next comma.
_CELL = r',(?:"(?:[^"]|"")*"|[^,]*)'


def cells_of(texts: pl.Series) -> pl.Series:
    """The cells of each text, in a list; quotes around a cell are taken off, doubled ones within are one."""
    return ("," + texts).str.extract_all(_CELL).alias("cells")


def named_cells(cells: pl.Series, names: Sequence[str] | Mapping[int, str]) -> pl.DataFrame:
    """A text column for each name, by its place; null where a text has fewer cells, '' where a cell is empty.

    Args:
        cells: of each text, as `cells_of` gives them.
        names: the names in order, or by place.
    """
    places = names if isinstance(names, Mapping) else {place: name for place, name in enumerate(names) if name}
    bare = [_bare(pl.col("cells").list.get(place, null_on_oob=True)).alias(name) for place, name in places.items()]
    return cells.to_frame().select(bare)


def _bare(cell: pl.Expr) -> pl.Expr:
    text = cell.str.slice(1)
    quoted = text.str.len_chars().ge(2) & text.str.starts_with('"') & text.str.ends_with('"')
    within = text.str.slice(1, text.str.len_chars() - 2).str.replace_all('""', '"', literal=True)
    return pl.when(quoted).then(within).otherwise(text)
