"""Tables on the screen: text from outside made harmless, codes as coloured chips, times in the city's zone."""

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl
import streamlit as st

from dashboards.harmless import one_line
from dashboards.queries import ZONE
from dashboards.theme import palette
from dashboards.translation import Words

_BEFORE_THE_END = r"^.+?/([^/]+/[^/]+)$"
Column = Any  # Streamlit's ColumnConfig is a private TypedDict


def shown(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame ready for the screen: strings on one line with nothing hidden, times as the city's clock shows them."""
    return frame.with_columns(
        *(_harmless(frame[name]) for name, kind in frame.schema.items() if kind == pl.String),
        *(
            pl.when(pl.col(name).dt.year() > 1970)
            .then(pl.col(name).dt.convert_time_zone(ZONE).dt.replace_time_zone(None))
            .alias(name)
            for name, kind in frame.schema.items()
            if isinstance(kind, pl.Datetime)
        ),
    )


def labelled(frame: pl.DataFrame, words: Words, groups: Mapping[str, str]) -> pl.DataFrame:
    """The frame with stored codes replaced by their labels, `groups` naming the group of each column."""
    return frame.with_columns(
        pl.col(column).map_elements(partial(words.label, group), return_dtype=pl.String)
        for column, group in groups.items()
    )


def as_chips(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """The frame with code columns as lists of one, the shape that a chip column shows."""
    return frame.with_columns(
        pl.when(pl.col(column) == "")
        .then(pl.lit([], dtype=pl.List(pl.String)))
        .otherwise(pl.concat_list(column))
        .alias(column)
        for column in columns
    )


def chip_column(words: Words, label: str, group: str, *, pixels: int | None = None) -> Column:
    """A column of coloured labels for the codes of a group."""
    colours = {"level": palette().level, "band": palette().band, "state": palette().state}.get(group, {})
    codes = words.codes(group)
    return st.column_config.MultiselectColumn(
        label,
        options=codes,
        color=[colours.get(code, palette().muted) for code in codes],
        format_func=lambda code: words.label(group, code),
        width=pixels,
    )


def path_end(path: str) -> str:
    """A long path cut to the folder and the file, the part that tells it apart."""
    return re.sub(_BEFORE_THE_END, r"…/\1", path)


def path_ends(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """The frame with long paths cut to the folder and the file, the part that tells them apart."""
    return frame.with_columns(pl.col(column).str.replace(_BEFORE_THE_END, "…/$1"))


def time_column(label: str, *, year: bool = True, pixels: int | None = None) -> Column:
    """A column of times to the second, in the city's zone; without the year where all are of these days."""
    form = "YYYY-MM-DD HH:mm:ss" if year else "MM-DD HH:mm:ss"
    return st.column_config.DatetimeColumn(label, format=form, width=pixels)


def score_column(label: str) -> Column:
    """A column of posture scores as bars from 0 to 100."""
    return st.column_config.ProgressColumn(label, min_value=0, max_value=100, format="%.0f", width=110)


def number_column(label: str, *, pixels: int | None = None) -> Column:
    """A column of counts with thousands separators."""
    return st.column_config.NumberColumn(label, format="localized", width=pixels)


def text_column(label: str, *, wide: bool = False, pixels: int | None = None) -> Column:
    """A column of plain text."""
    return st.column_config.TextColumn(label, width="large" if wide else pixels)


def _harmless(column: pl.Series) -> pl.Series:
    distinct = column.unique().drop_nulls()
    clean = pl.Series([one_line(str(text)) for text in distinct], dtype=pl.String)
    return column.replace_strict(distinct, clean, default=None, return_dtype=pl.String)
