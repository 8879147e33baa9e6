"""The year that RFC 3164 leaves out, and what may be known about it.

A file is taken to end in the latest year that puts its last line not after now (a day is allowed for the zone, which
RFC 3164 leaves out as well: `syslog_zones`). Backwards from there, each turn of the year inside the file is one
year: a month that falls by more than six is the next year's, one that rises by more than six is a late line of the year
before. A 29th of February must meet a leap year.
"""

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from pipelines.errors import SourceBroken

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int64]

_BLOCK = 4 * 1024 * 1024
_STAMP_BYTES = 16
_LINE_END, _OPENS, _CLOSES, _COLON, _BLANK, _ZERO = b"\n<>: 0"
_SORTED = sorted((int.from_bytes(name.encode()), number) for number, name in enumerate(MONTHS, start=1))
_MONTH_WORDS = np.array([word for word, _ in _SORTED])
_MONTH_NUMBERS = np.array([number for _, number in _SORTED])
_TEN = np.uint8(10)
_TURN = 6
_LONGEST_STAMP = 4096


@dataclass
class YearCounter:
    """Counts the turns of the year from line to line, carried on from one block to the next."""

    year: int
    _month: int = field(default=0)

    def years(self, months: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The year of each line from the months of the lines (1 to 12), in the order they stand."""
        if not len(months):
            return months
        steps = np.diff(months, prepend=self._month or months[0])
        turns = (steps < -_TURN).astype(np.int64) - (steps > _TURN)
        years = self.year + np.cumsum(turns)
        self.year, self._month = int(years[-1]), int(months[-1])
        return years


def first_year(stream: BinaryIO, now: datetime, look: Callable[[bytes, bool], None] | None = None) -> int:
    """The year of the first line of a text of RFC 3164 lines; the stream is left at its start.

    Args:
        stream: the text.
        now: the latest moment that it may end at.
        look: given every block of whole lines on the way, since passing through costs, and whether any line of it
            begins with a digit (behind `<PRI>`, if any), as those with a full date do.
    """
    turns, month, latest, leaps = 0, 0, (0, 1, 1), set[int]()
    for block in _blocks(stream):
        text, starts = _lines(block)
        if look is not None:
            look(block, bool((text[starts] - _ZERO < _TEN).any()))
        for number, day in _stamps(text, starts):
            turns += (number < month - _TURN) - (number > month + _TURN and month > 0)
            month = number
            latest = max(latest, (turns, number, day))
            if number == 2 and day == 29:
                leaps.add(turns)
    stream.seek(0)
    return _fitting(latest, leaps, now)


def month_numbers(first: Bytes, second: Bytes, third: Bytes) -> npt.NDArray[np.int64]:
    """The numbers of months (1 to 12) from the letters of their names, 0 where they name none."""
    words = (first.astype(np.int64) << 16) | (second.astype(np.int64) << 8) | third
    places = np.searchsorted(_MONTH_WORDS, words) % len(_MONTH_WORDS)
    numbers: npt.NDArray[np.int64] = np.where(_MONTH_WORDS[places] == words, _MONTH_NUMBERS[places], 0)
    return numbers


def _lines(block: bytes) -> tuple[Bytes, Places]:
    """A block with room behind it, and where its lines begin (behind `<PRI>`, if any)."""
    text = np.frombuffer(block + bytes(_STAMP_BYTES), dtype=np.uint8)
    starts = np.flatnonzero(text[: len(block)] == _LINE_END) + 1
    starts = np.concatenate([[0], starts])[: len(starts) + 1]
    opens = text[starts] == _OPENS
    for width in range(3, 6) if opens.any() else ():  # <7> to <191>
        starts = np.where(opens & (text[starts + width - 1] == _CLOSES), starts + width, starts)
        opens = text[starts] == _OPENS
    return text, starts


def _stamps(text: Bytes, starts: Places) -> list[tuple[int, int]]:
    """Month and day of the lines that begin with them, the same day not twice in a row."""
    starts = _where_it_changes(text, starts)
    months = month_numbers(text[starts], text[starts + 1], text[starts + 2])
    # `Mar  1 10:` and `Mar 01 10:` take the same place; `Mar 1 10:` is one shorter.
    first, second = text[starts + 4].astype(np.int64) - _ZERO, text[starts + 5].astype(np.int64) - _ZERO
    is_digit = (second >= 0) & (second <= 9)
    days = np.where(is_digit, np.where((first >= 0) & (first <= 9), first * 10, 0) + second, first)
    clock = is_digit & (text[starts + 6] == _BLANK) & (text[starts + 9] == _COLON)
    short = (text[starts + 5] == _BLANK) & (text[starts + 8] == _COLON) & (first >= 0) & (first <= 9)
    stamped = (months > 0) & (days >= 0) & (days <= 31) & (text[starts + 3] == _BLANK) & (clock | short)
    found = np.column_stack([months[stamped], days[stamped]])
    changes = np.concatenate([[True], (np.diff(found, axis=0) != 0).any(axis=1)])[: len(found)]
    return [(int(month), int(day)) for month, day in found[changes]]


def _where_it_changes(text: Bytes, starts: Places) -> Places:
    """The starts whose month, day and tens of hours differ from those before: neighbours say the same most often."""
    words = np.ndarray(len(text) - 7, dtype=np.uint64, buffer=text.data, strides=(1,))[starts]
    colons = (text[starts + 8] == _COLON) | ((text[starts + 9] == _COLON).astype(np.uint8) << 1)
    same = (words[1:] == words[:-1]) & (colons[1:] == colons[:-1])
    changed: Places = starts[np.concatenate([[True], ~same])]
    return changed


def _blocks(stream: BinaryIO) -> Iterator[bytes]:
    """The text in whole lines, as far as it can be read; where it breaks off is for its reader to say."""
    rest = b""
    try:
        while block := stream.read(_BLOCK):
            whole, _, rest = (rest + block).rpartition(b"\n")
            yield whole
            rest = rest[-_LONGEST_STAMP:]
    except SourceBroken:
        pass
    yield rest


def utc_now() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def _fitting(latest: tuple[int, int, int], leaps: set[int], now: datetime) -> int:
    turns, month, day = latest
    limit = (now + timedelta(days=1)).date()
    candidates = range(now.year + 1, now.year - 10, -1)
    fitting = (year for year in candidates if _not_after(year, month, day, limit))
    chosen = next((year for year in fitting if all(calendar.isleap(year - turns + leap) for leap in leaps)), now.year)
    return chosen - turns


def _not_after(year: int, month: int, day: int, limit: date) -> bool:
    return (year, month, day) <= (limit.year, limit.month, limit.day)
