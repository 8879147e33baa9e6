"""Numbers, shares, durations and times as a reader of either language expects them."""

import math
from datetime import datetime
from decimal import Decimal

from dashboards.translation import Words

Number = int | float | Decimal

NOTHING = "–"


def amount(words: Words, number: Number | None) -> str:
    """A count, shortened from ten thousand up: 1.2 万 in Chinese, 12.3k in English."""
    if number is None or math.isnan(number):
        return NOTHING
    number = float(number)
    steps = [(1e8, " 亿"), (1e4, " 万")] if words.language == "zh" else [(1e9, "B"), (1e6, "M"), (1e4, "k")]
    for size, unit in steps:
        if number >= size:
            shown = number / (1e3 if unit == "k" else size)
            return f"{shown:,.1f}{unit}"
    return f"{number:,.0f}"


def share(part: float, whole: float) -> str:
    """A part of a whole in percent, a dash when there is no whole."""
    return f"{part / whole:.0%}" if whole else NOTHING


def seconds(words: Words, duration: Number | None) -> str:
    """A duration in its largest fitting unit, from milliseconds to days."""
    if duration is None or math.isnan(duration):
        return NOTHING
    duration = float(duration)
    if duration < 1:
        return f"{max(duration, 0) * 1000:.0f} {words('unit.ms')}"
    for size, unit in ((86400, "unit.d"), (3600, "unit.h"), (60, "unit.min")):
        if duration >= size:
            return f"{duration / size:.1f} {words(unit)}"
    return f"{duration:.1f} {words('unit.s')}"


def size(number: float) -> str:
    """A number of bytes in binary units."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}" if unit == "B" else f"{number:.1f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


def moment(at: datetime | None) -> str:
    """A time, already in the city's zone, to the second."""
    return at.strftime("%Y-%m-%d %H:%M:%S") if at is not None and at.year > 1970 else NOTHING


def score(value: float | None) -> str:
    """A posture score from 0 (worst) to 100 (best)."""
    return NOTHING if value is None or math.isnan(value) else f"{value:.0f}"
