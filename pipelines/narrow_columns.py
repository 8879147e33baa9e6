"""Columns that hold no identifier by their type, yet help to rebuild one: small whole numbers."""

import polars as pl

_NARROW = (pl.Int8, pl.Int16, pl.UInt8, pl.UInt16)


def narrow_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The small whole numbers of a frame, as text; no column where it has none."""
    names = [name for name, kind in frame.schema.items() if kind in _NARROW]
    return frame.select(pl.col(name).cast(pl.String) for name in names)
