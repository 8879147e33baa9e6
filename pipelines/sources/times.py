"""Points in time as sources write them, as UTC columns."""

import polars as pl

from pipelines.sources.even_times import even_times

_DAY = 86_400_000_000
_DAYS_BEFORE_1970 = 719_468  # since the first of March of the year 0
_UTC = pl.Datetime("us", "UTC")

# 2026-03-01T10:00:00.003Z | 2026-03-01 10:00:00,003 +0800 | 2026-03-01T10:00:00
_ISO = (
    r"^(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<clock>\d\d:\d\d:\d\d)(?:[.,](?P<fraction>\d+))?"
    r" ?(?:[Zz]|UTC|(?P<sign>[+-])(?P<hours>\d\d):?(?P<minutes>\d\d))?$"
)
_NUMBER = r"^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$"


def utc_times(texts: pl.Series) -> pl.Series:
    """Each text as a point in time, null where it is none.

    RFC 3339 and its relatives (a missing zone is UTC), and numbers since 1970 in seconds, or in milli-, micro- or
    nanoseconds where the number is too large for the unit before.
    """
    column = texts.cast(pl.String).alias("text")
    if (even := even_times(column)) is not None:
        return even.alias("time")
    numeric = column.str.contains(_NUMBER).fill_null(value=False)
    # One of the two ways is most often enough, and each costs.
    if numeric.all() and len(column):
        time = _epoch()
    elif not numeric.any():
        time = _iso()
    else:
        time = pl.coalesce(_iso(), _epoch())
    return column.to_frame().select(time.alias("time"))["time"]


def dated_times(year: pl.Expr, month: pl.Expr, day: pl.Expr, of_day: pl.Expr) -> pl.Expr:
    """Points in time from numbers, null where there is no such day.

    Args:
        year: of the day, as are `month` and `day`.
        month: from 1.
        day: from 1.
        of_day: microseconds since midnight in UTC; of a clock in another zone they may lie before or after that day.
    """
    exists = year.is_between(1000, 9999) & month.is_between(1, 12) & day.is_between(1, 31) & of_day.is_not_null()
    # Days are counted from March on, so that a leap day is the last of its year.
    from_march = (month.cast(pl.Int64) + 9) % 12
    years = year.cast(pl.Int64) - from_march // 10
    before = years * 365 + years // 4 - years // 100 + years // 400
    days = before + (from_march * 306 + 5) // 10 + day.cast(pl.Int64) - 1 - _DAYS_BEFORE_1970
    # The 30th of February would be a day of March.
    right = (days * _DAY).cast(pl.Datetime("us")).dt.month() == month
    time = (days * _DAY + of_day).cast(pl.Datetime("us"))
    return pl.when(exists & right).then(time).dt.replace_time_zone("UTC")


def _iso() -> pl.Expr:
    part = pl.col("text").str.extract_groups(_ISO).struct
    clock = part.field("clock").str.replace(":60$", ":59")  # a leap second is the second before it
    whole = (part.field("day") + " " + clock).str.to_datetime("%Y-%m-%d %H:%M:%S", time_unit="us", strict=False)
    fraction = part.field("fraction").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64).fill_null(0)
    minutes = part.field("hours").cast(pl.Int64) * 60 + part.field("minutes").cast(pl.Int64)
    east = pl.when(part.field("sign") == "-").then(-minutes).otherwise(minutes).fill_null(0)
    shift = fraction - east * 60_000_000
    return (whole + pl.duration(microseconds=shift)).dt.replace_time_zone("UTC").cast(_UTC)


def _epoch() -> pl.Expr:
    numeric = pl.when(pl.col("text").str.contains(_NUMBER)).then(pl.col("text"))
    number = numeric.cast(pl.Float64, strict=False)
    size = number.abs()
    per_second = pl.when(size < 1e11).then(1.0).when(size < 1e14).then(1e3).when(size < 1e17).then(1e6).otherwise(1e9)
    # Beyond what a double tells exactly.
    whole = pl.when(size >= 1e17).then(pl.col("text")).cast(pl.Int64, strict=False)
    micros = pl.when(size >= 1e17).then(whole // 1000).otherwise((number / per_second * 1e6).round())
    inside = (micros.abs() < 8e15).fill_null(value=False)
    return pl.when(inside).then(micros).cast(pl.Int64, strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
