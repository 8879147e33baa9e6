"""Points in time that all stand alike, digit under digit, as one machine writes them: read as a grid of digits."""

import re

import numpy as np
import numpy.typing as npt
import polars as pl

# 2026-03-01T10:00:00.003Z | 2026-03-01 10:00:00,003 +0800 | 2026-03-01T10:00:00
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))? ?(?:[Zz]|UTC|([+-])(\d\d):?(\d\d))?", re.ASCII
)
_WIDEST = 40
# 1772330400.123456: seconds since 1970, so few digits that a double says exactly which microsecond is meant.
_EPOCH = re.compile(r"\d{10}(?:\.(\d{1,6}))?", re.ASCII)
_EPOCH_WHOLE, _EPOCH_LONGEST = 10, 17
_LATEST_MICROS = 8 * 10**15

_Numbers = npt.NDArray[np.int64]


def even_times(texts: pl.Series) -> pl.Series | None:
    """The texts as points in time (RFC 3339 and its relatives, UTC; seconds); None where they do not all stand alike.

    None too where one of them is no point in time, so that this never says less than reading each by itself.
    """
    first = texts.first() if len(texts) else None
    if not isinstance(first, str) or len(first) > _WIDEST:
        return None
    if _EPOCH.fullmatch(first):
        texts = _with_noughts(texts)
        first = str(texts.first())
    layout, seconds = _ISO.fullmatch(first), _EPOCH.fullmatch(first)
    layout = layout or seconds
    if layout is None or texts.null_count() or not (texts.str.len_bytes() == len(layout.string)).all():
        return None
    written = np.frombuffer(texts.str.join("").item().encode(), np.uint8)
    columns = np.ascontiguousarray(written.reshape(len(texts), len(layout.string)).T)
    digits = [at for at, character in enumerate(layout.string) if character.isdigit()]
    others = [at for at in range(len(layout.string)) if at not in digits]
    like = np.frombuffer(layout.string.encode(), np.uint8)[others, None]
    if (columns[others] != like).any() or (columns[digits] - np.uint8(48) > 9).any():
        return None
    micros = _micros_since_1970(columns, layout) if seconds else _micros(columns, layout)
    return None if micros is None else pl.Series(micros).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


def _with_noughts(texts: pl.Series) -> pl.Series:
    """Seconds since 1970 with the noughts at the end of their fractions, which writers leave out."""
    sizes = texts.str.len_bytes()
    # One byte more than a whole number has is a digit too many, or a point with nothing behind it.
    able = sizes.is_between(_EPOCH_WHOLE, _EPOCH_LONGEST) & (sizes != _EPOCH_WHOLE + 1)
    if sizes.n_unique() == 1 or not able.all():
        return texts
    whole = sizes == _EPOCH_WHOLE
    if whole.any():
        texts = (texts + ".").zip_with(whole, texts)
    return texts.str.pad_end(_EPOCH_LONGEST, "0")


def _micros(columns: npt.NDArray[np.uint8], layout: re.Match[str]) -> _Numbers | None:
    parts = [_number(columns, *layout.span(part)) for part in range(1, 7)]
    year, month, day, hour, minute, second = parts
    if not _all_within(year, 1, 9999) or not _all_within(month, 1, 12) or not _all_within(day, 1, 31):
        return None
    if hour.max() > 23 or minute.max() > 59 or second.max() > 60:
        return None
    months = (year - 1970) * 12 + month - 1
    days = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) + day - 1
    # A day that its month does not have lies in the next one.
    if ((np.datetime64(0, "D") + days).astype("datetime64[M]").astype(np.int64) != months).any():
        return None
    # A leap second is the second before it.
    seconds = ((days * 24 + hour) * 60 + minute) * 60 + np.minimum(second, 59)
    return (seconds - _east(columns, layout)) * 1_000_000 + _fraction(columns, layout)


def _micros_since_1970(columns: npt.NDArray[np.uint8], layout: re.Match[str]) -> _Numbers | None:
    begin, end = layout.span(1)
    micros = _number(columns, 0, 10) * 1_000_000
    if begin > 0:
        micros += _number(columns, begin, end) * int(10 ** (6 - (end - begin)))
    return micros if micros.max() < _LATEST_MICROS else None


def _all_within(numbers: _Numbers, least: int, most: int) -> bool:
    return bool(numbers.min() >= least and numbers.max() <= most)


def _fraction(columns: npt.NDArray[np.uint8], layout: re.Match[str]) -> _Numbers | int:
    begin, end = layout.span(7)
    if begin < 0:
        return 0
    end = min(end, begin + 6)
    return _number(columns, begin, end) * int(10 ** (6 - (end - begin)))


def _east(columns: npt.NDArray[np.uint8], layout: re.Match[str]) -> _Numbers | int:
    """Seconds that the clock is ahead of UTC."""
    if layout[8] is None:
        return 0
    ahead = (_number(columns, *layout.span(9)) * 60 + _number(columns, *layout.span(10))) * 60
    return -ahead if layout[8] == "-" else ahead


def _number(columns: npt.NDArray[np.uint8], begin: int, end: int) -> _Numbers:
    number: _Numbers = columns[begin].astype(np.int64) - 48
    for at in range(begin + 1, end):
        number = number * 10 + columns[at] - 48
    return number
