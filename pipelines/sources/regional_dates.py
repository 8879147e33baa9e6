"""Dates of numbers alone, in the order in which the writer's region has them."""

import polars as pl

_DATE = r"^(?P<first>\d{1,4})(?P<mark>[/.\-]|年)(?P<second>\d{1,2})(?:[/.\-]|月)(?P<third>\d{1,4})日?$"


def iso_dates(texts: pl.Series) -> pl.Series:
    """Each date as `2026-03-01`, null where a text is none.

    A year of four digits at the front begins the date. Else the month comes first, as in the United States, unless
    dots part the numbers, or one of these texts can only be read with the day first.
    """
    parts = texts.cast(pl.String).str.extract_groups(_DATE).struct.unnest()
    year_first = pl.col("first").str.len_chars() == 4
    impossible = ((pl.col("first").cast(pl.Int64, strict=False) > 12) & ~year_first).any()
    day_first = impossible | (pl.col("mark") == ".")
    year = pl.when(year_first).then("first").otherwise("third")
    month = pl.when(year_first | day_first).then("second").otherwise("first")
    day = pl.when(year_first).then("third").when(day_first).then("first").otherwise("second")
    whole = pl.when(year.str.len_chars() <= 2).then(pl.lit("20") + year.str.zfill(2)).otherwise(year)
    return parts.select(pl.format("{}-{}-{}", whole, month.str.zfill(2), day.str.zfill(2)).alias("date"))["date"]
