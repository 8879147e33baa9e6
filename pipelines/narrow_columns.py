"""Columns that hold no identifier by their type, yet help to rebuild one: dates and small whole numbers."""

import polars as pl

_NARROW = (pl.Date, pl.Int8, pl.Int16, pl.Int32, pl.UInt8, pl.UInt16, pl.UInt32)


def narrow_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The dates and small whole numbers of a frame, as text; no column where it has none."""
    names = [name for name, kind in frame.schema.items() if kind in _NARROW]
    return frame.select(pl.col(name).cast(pl.String) for name in names)
