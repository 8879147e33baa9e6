"""Values as databases and spreadsheets hand them over, as the text that a scan looks at."""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import polars as pl

_LARGEST_WHOLE = 2**53
_LONGEST_VALUE = 4 * 1024 * 1024  # characters


def text_frame(rows: Sequence[Sequence[object]], names: Sequence[str]) -> pl.DataFrame:
    """Rows as one column of text per name; what cannot hold personal data by its type is null.

    A row may be shorter than the names, never longer.
    """
    columns = {
        name: [cell_text(row[at]) if at < len(row) else None for row in rows]  # a row may lack its last cells
        for at, name in enumerate(names)
    }
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))


def narrow_frame(rows: Sequence[Sequence[object]], texts: pl.DataFrame) -> pl.DataFrame:
    """What of these rows `text_frame` leaves out by its type, yet tells rows apart: moments and truth values.

    Columns of text under the same names; none where nothing was left out.
    """
    columns = {}
    for at, name in enumerate(texts.columns):
        if not texts[name].null_count():
            continue
        cells = [row[at] if at < len(row) else None for row in rows]
        narrow = [None if cell is None else narrow_text(cell) for cell in cells]
        if any(narrow):
            columns[name] = narrow
    return pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))


def narrow_text(value: object) -> str | None:
    """A truth value, moment or number too large as text; None for everything that `cell_text` reads."""
    if cell_text(value) is not None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float | Decimal | timedelta):
        return str(value)
    moment = getattr(value, "isoformat", None)
    return str(moment()).replace("T", " ").removesuffix(" 00:00:00") if callable(moment) else None


def cell_text(value: object) -> str | None:
    """A value as it would be typed; None for truth values, times of day and bytes that are no text.

    Dates and fractions are a birthday and a position; a moment within a day is neither.
    """
    if isinstance(value, str):
        return value[:_LONGEST_VALUE]
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int):
        # Python refuses to write numbers of more than 4,300 digits.
        return str(value) if abs(value) < 10**40 else None
    if isinstance(value, float | Decimal):
        return number_text(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return _decoded(bytes(value))
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)[:_LONGEST_VALUE]
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else None
    if isinstance(value, date):
        return value.isoformat()
    return None if hasattr(value, "isoformat") or isinstance(value, timedelta) else str(value)[:_LONGEST_VALUE]


def number_text(value: float | Decimal) -> str | None:
    """A number as it would be typed; None for what is no number, and for what is too large to be exact."""
    if not math.isfinite(value):
        return None
    if isinstance(value, float):
        # A number that went through a spreadsheet: 13800138000.0
        if value.is_integer():
            return str(int(value)) if abs(value) < _LARGEST_WHOLE else None
        return repr(value)
    return str(int(value)) if value == value.to_integral_value() else format(value, "f")[:_LONGEST_VALUE]


def _decoded(value: bytes) -> str | None:
    try:
        return value[:_LONGEST_VALUE].decode("utf-8")
    except UnicodeDecodeError:
        return None
