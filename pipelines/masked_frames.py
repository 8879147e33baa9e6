"""Frames with some of their columns masked, and with what those hold masked wherever else it stands in the row."""

import polars as pl

from pipelines.masked_records import masked_value
from pipelines.maskers import TOLD_ANYWHERE, Masker, Masking


def masked_frame(frame: pl.DataFrame, masking: Masking) -> pl.DataFrame:
    """The frame with the columns that have a masker masked, each distinct value once; they are text afterwards."""
    names = [name for name in masking.maskers if name in frame.columns]
    made = frame.with_columns(_masked_series(frame[name], masking.maskers[name]) for name in names)
    return _echoes_masked(frame, made, masking)


def masked_typed_frame(frame: pl.DataFrame, masking: Masking) -> pl.DataFrame:
    """The same of a frame of any types: columns that are masked are text afterwards, or nested as before."""
    columns = []
    for series in frame.get_columns():
        nested = isinstance(series.dtype, pl.Struct | pl.List | pl.Array)
        below = any(path == series.name or path.startswith(f"{series.name}.") for path in masking.maskers)
        if nested and below:
            values = [masked_value(value, series.name, masking.maskers) for value in series.to_list()]
            # A number that was masked is none any more, and goes.
            columns.append(pl.Series(series.name, values, dtype=series.dtype, strict=False))
        elif series.name in masking.maskers:
            columns.append(_masked_series(_text(series), masking.maskers[series.name]))
        else:
            columns.append(series)
    made = pl.DataFrame(columns)
    flat = [name for name in masking.echoed if name in made.columns and made.schema[name] == pl.String]
    return _echoes_masked(frame.with_columns(_text(frame[name]) for name in flat), made, masking)


def _echoes_masked(frame: pl.DataFrame, made: pl.DataFrame, masking: Masking) -> pl.DataFrame:
    texts = [name for name in made.columns if name not in masking.whole and made.schema[name] == pl.String]
    echoed = [name for name in made.columns if name in masking.echoed and made.schema[name] == pl.String]
    for text in texts:
        for name in echoed:
            made = made.with_columns(_without_echo(made[text], frame[name].cast(pl.String), made[name]))
    return made


def _without_echo(text: pl.Series, old: pl.Series, new: pl.Series) -> pl.Series:
    """The texts with the old value of the same row replaced by the new one."""
    rows = pl.DataFrame({"text": text, "old": old})
    told = pl.col("old").str.contains(TOLD_ANYWHERE)
    within = rows.select((pl.col("text").str.contains(pl.col("old"), literal=True) & told).fill_null(value=False))[
        "text"
    ]
    if not within.any():
        return text
    mended = text.to_list()
    for at in within.arg_true().to_list():
        mended[at] = mended[at].replace(old[at], new[at] or "")
    return pl.Series(text.name, mended, dtype=pl.String)


def _masked_series(series: pl.Series, masker: Masker) -> pl.Series:
    distinct = series.drop_nulls().unique()
    made = pl.Series([masker(value) for value in distinct.to_list()], dtype=pl.String)
    return series.replace_strict(distinct, made, default=None, return_dtype=pl.String).alias(series.name)


def _text(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Binary:
        decoded = [None if value is None else value.decode("utf-8", "replace") for value in series.to_list()]
        return pl.Series(series.name, decoded, dtype=pl.String)
    if series.dtype.is_float():
        whole = series.cast(pl.Int64, strict=False)
        return whole.cast(pl.String).zip_with((whole == series).fill_null(value=False), series.cast(pl.String))
    return series.cast(pl.String)
