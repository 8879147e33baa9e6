"""Time in the demo city: the day, its rhythm, and how formats write a moment.

A moment is an integer: microseconds since 1970, UTC. The day is a calendar day of Fuzhou (UTC+8, no summer time).
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

from rongdun.demo.dice import Dice

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
FUZHOU = timezone(timedelta(hours=8))

# In English whatever the locale of the machine that writes the city.
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Rhythm = tuple[int, ...]  # relative weight of each local hour, 24 of them

OFFICE: Rhythm = (1, 1, 1, 1, 1, 2, 4, 18, 70, 100, 96, 84, 28, 36, 88, 98, 92, 66, 20, 10, 8, 6, 3, 2)
CITIZENS: Rhythm = (10, 6, 4, 3, 3, 5, 14, 38, 70, 92, 100, 88, 60, 58, 78, 88, 84, 74, 62, 66, 70, 62, 42, 22)
MACHINES: Rhythm = (50,) * 24


@dataclass(frozen=True)
class Day:
    """One calendar day of Fuzhou."""

    date: date

    @property
    def start(self) -> int:
        """The moment of local midnight that opens the day."""
        opening = datetime(self.date.year, self.date.month, self.date.day, tzinfo=FUZHOU)
        return int(opening.timestamp()) * SECOND

    @property
    def end(self) -> int:
        """The moment of local midnight that closes the day; nothing happens at or after it."""
        return self.start + 24 * HOUR

    def at(self, clock: str) -> int:
        """The moment of a local wall-clock time such as `14:07` or `14:07:30`."""
        hours, minutes, *seconds = (int(part) for part in clock.split(":"))
        return self.start + hours * HOUR + minutes * MINUTE + sum(seconds) * SECOND


def moments(dice: Dice, day: Day, count: int, rhythm: Rhythm) -> list[int]:
    """As many moments of the day as asked for, in order, dense where the rhythm is strong."""
    quarters = [_weight(rhythm, quarter) for quarter in range(96)]
    chosen = dice.choices(range(96), weights=quarters, k=count)
    return sorted(day.start + int((quarter + dice.random()) * 15 * MINUTE) for quarter in chosen)


def every(dice: Dice, day: Day, seconds: int, *, jitter: float = 0.1) -> list[int]:
    """Moments a fixed number of seconds apart all day, each late by up to `jitter` of that distance."""
    step = seconds * SECOND
    first = day.start + int(dice.random() * step)
    return [at + int(dice.random() * jitter * step) for at in range(first, day.end - step, step)]


def between(ordered: list[int], start: int, end: int) -> list[int]:
    """The moments of an ordered list that lie in [start, end)."""
    return ordered[bisect_left(ordered, start) : bisect_left(ordered, end)]


def as_datetime(moment: int) -> datetime:
    """The moment as an aware UTC time."""
    seconds, micros = divmod(moment, SECOND)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)


def as_local(moment: int) -> datetime:
    """The moment as an aware local time of Fuzhou."""
    return as_datetime(moment).astimezone(FUZHOU)


def as_iso(moment: int) -> str:
    """RFC 3339 in UTC with six decimals, as `2026-03-01T10:00:00.000300Z`."""
    return f"{as_datetime(moment):%Y-%m-%dT%H:%M:%S.%f}Z"


def _weight(rhythm: Rhythm, quarter: int) -> float:
    hour, part = divmod(quarter, 4)
    here, following = rhythm[hour], rhythm[(hour + 1) % 24]
    return here + (following - here) * part / 4
