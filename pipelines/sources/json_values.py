"""Values of JSON (RFC 8259) as columns: the texts that `fields` holds, as reading each by itself would give them."""

import json
from collections.abc import Callable, Mapping

import polars as pl

from pipelines.sources.json_records import text_of

# Values that are written as `fields` holds them: no exponent, no sign before a nought, not too long for a number.
_PLAIN = r"0|-?[1-9]\d{0,17}|true|false"
_FRACTION = r"-?(?:0|[1-9]\d*)\.\d+"
# So few digits say exactly which number it is, so that its shortest form has no others: below 2**32 doubles lie closer
# than two numbers with six places.
_SHORT = r"-?(?:0|[1-9]\d{0,8}|[1-3]\d{9})\.\d{1,6}"
# What a text does not hold as it stands: escapes, and control characters, which JSON forbids in texts.
_ESCAPED = r"[\\\x00-\x1f]"
_ALL_PLAIN = rf"^(?:{_PLAIN})$"
_ALL_SHORT = rf"^{_SHORT}$"
_ALL_FRACTION = rf"^{_FRACTION}$"
_PLAIN_LIST = rf"^(?:{_PLAIN})(?:,(?:{_PLAIN}))*$"
_SHORT_LIST = rf"^(?:{_PLAIN}|{_SHORT})(?:,(?:{_PLAIN}|{_SHORT}))*$"

# The texts, null where a value is, and which of the values are no JSON; None where all are.
Texts = tuple[pl.Series, pl.Series | None]


def _unescaped(written: pl.Series) -> Texts:
    plain = ~written.str.contains(_ESCAPED)
    return _one_by_one(written, plain, written, lambda text: _scalar(f'"{text}"'))


def _bare(written: pl.Series) -> Texts:
    plain = written.str.contains(_ALL_PLAIN)
    cut = written.str.strip_chars_end("0").str.strip_suffix(".")
    fraction = written.str.contains(_ALL_SHORT)
    if (plain | fraction).fill_null(value=True).all():
        return cut.zip_with(fraction.fill_null(value=False), written), None
    # Of a fraction the shortest form that is the same number; where that is another text, it is left to be parsed.
    shortest = written.cast(pl.Float64, strict=False).cast(pl.String).str.strip_suffix(".0")
    fraction = written.str.contains(_ALL_FRACTION) & (shortest == cut).fill_null(value=False)
    return _one_by_one(cut.zip_with(fraction, written), plain | fraction, written, _scalar)


def _listed(written: pl.Series) -> Texts:
    joined = written.str.replace_all(", ", ",", literal=True)
    short = joined.str.contains(_SHORT_LIST)
    cut = joined.str.replace_all(r"(\.\d*[1-9])0+(,|$)", "${1}${2}").str.replace_all(r"\.0+(,|$)", "${1}")
    return _one_by_one(cut, short, written, _scalars)


# By kind: whether a value is another than the text that it is written as, and the texts of values.
UNUSUAL: Mapping[str, Callable[[pl.Expr], pl.Expr]] = {
    "text": lambda column: column.str.contains(_ESCAPED),
    "bare": lambda column: ~column.str.contains(_ALL_PLAIN),
    "list": lambda column: ~column.str.contains(_PLAIN_LIST),
}
TEXTS: Mapping[str, Callable[[pl.Series], Texts]] = {"text": _unescaped, "bare": _bare, "list": _listed}


def _one_by_one(
    read: pl.Series, sure: pl.Series, written: pl.Series, parsed: Callable[[str], "str | _NoValue | None"]
) -> Texts:
    """The values with those that are not sure parsed, each distinct one once."""
    sure = sure.fill_null(value=True)
    if sure.all():
        return read, None
    distinct = written.filter(~sure).unique().to_list()
    known = {text: parsed(text) for text in distinct}
    wrong = [text for text, value in known.items() if isinstance(value, _NoValue)]
    right = {text: value for text, value in known.items() if not isinstance(value, _NoValue)}
    values = written.replace_strict(list(right), list(right.values()), default=None, return_dtype=pl.String)
    return read.zip_with(sure, values), written.is_in(wrong) & ~sure if wrong else None


class _NoValue:
    """What is said of a text that is no value of the kind."""


def _scalar(text: str) -> str | _NoValue | None:
    value = _loaded(text)
    if value is None or isinstance(value, _NoValue):
        return value
    return _NoValue() if isinstance(value, list | dict) else text_of(value)


def _scalars(text: str) -> str | _NoValue | None:
    values = _loaded(f"[{text}]")
    if not isinstance(values, list) or any(isinstance(value, list | dict) for value in values):
        return _NoValue()
    texts = [text_of(value) for value in values if value is not None]
    return ",".join(texts) if texts or not values else None


def _loaded(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NoValue()
