"""From a frame of 802.11 to what it carries, behind radiotap or not."""

import numpy as np

from pipelines.capture.cursor import LLC, OTHER, WIFI, WIFI_PADDED, Cursor
from pipelines.capture.window import Ints

_MOST_BITMAPS = 4
_TIME, _FLAGS = 1, 2
_PADDED = 0x20


def radiotap(cursor: Cursor, rows: Ints) -> None:
    """Step over a radiotap header, which may say that the frame's own header is filled up."""
    rows = cursor.holding(rows, 8)
    length = cursor.byte(rows, 2) | (cursor.byte(rows, 3) << 8)
    fits = (length >= 8) & (cursor.offset[rows] + length <= cursor.end[rows])
    cursor.layer[rows[~fits]] = OTHER
    rows, length = rows[fits], length[fits]
    padded = _flags(cursor, rows, length) & _PADDED != 0
    cursor.move(rows, length, np.where(padded, WIFI_PADDED, WIFI))


def wifi(cursor: Cursor, rows: Ints) -> None:
    """Step over the header of an unencrypted 802.11 data frame; all other frames carry no IP that can be read."""
    rows, length = _data_frames(cursor, rows)
    cursor.move(rows, length, LLC)


def wifi_padded(cursor: Cursor, rows: Ints) -> None:
    """The same where the header is filled up to words of four bytes, as some cards do."""
    rows, length = _data_frames(cursor, rows)
    cursor.move(rows, (length + 3) & ~3, LLC)


def _data_frames(cursor: Cursor, rows: Ints) -> tuple[Ints, Ints]:
    """The rows that hold readable data, and the bytes of their headers (IEEE 802.11 §9.3.2)."""
    rows = cursor.holding(rows, 24)
    control, flags = cursor.byte(rows, 0), cursor.byte(rows, 1)
    carries = (control & 0x0F == 0x08) & (control & 0x40 == 0) & (flags & 0x40 == 0)
    cursor.layer[rows[~carries]] = OTHER
    rows, control, flags = rows[carries], control[carries], flags[carries]
    quality = control & 0x80 != 0
    length = 24 + np.where(flags & 3 == 3, 6, 0) + np.where(quality, np.where(flags & 0x80, 6, 2), 0)
    return rows, length


def _flags(cursor: Cursor, rows: Ints, length: Ints) -> Ints:
    """Radiotap's flags, 0 where there are none: they lie behind all bitmaps and the time, which is aligned."""
    offset, present = cursor.offset[rows], cursor.byte(rows, 4)
    at, more = np.full(len(rows), 8, np.int64), cursor.byte(rows, 7) >= 0x80
    for _ in range(_MOST_BITMAPS):
        at += np.where(more, 4, 0)
        more &= cursor.buffer[offset + at - 1] >= 0x80
    at = np.where(present & _TIME, (at + 7) // 8 * 8 + 8, at)
    there = (present & _FLAGS != 0) & ~more & (at < length)
    return np.where(there, cursor.buffer[offset + np.where(there, at, 0)], 0)
