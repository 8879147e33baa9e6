"""Bare values of JSON told from all else by their bytes: most are written as they are read."""

import numpy as np
import numpy.typing as npt

from pipelines.sources.cutting import Places
from pipelines.sources.text_views import MASKS, WORD, Octets, Words, words_at

Marked = npt.NDArray[np.bool_]

_WIDEST = 17  # 3999999999.123456
_WHOLE_DIGITS = 16
# So few digits say exactly which number it is, so that its shortest form has no others: below 2**32 doubles lie closer
# than two numbers with six places.
_FRACTION_DIGITS, _DIGITS_BEFORE = 6, 10

_NOUGHTS = np.uint64(0x3030303030303030)
_TO_HIGHEST = np.uint64(0x7676767676767676)
_HIGHEST = np.uint64(0x8080808080808080)
_OTHERS = ~_HIGHEST
_DOTS = np.uint64(0x2E2E2E2E2E2E2E2E)
_TRUE, _FALSE = np.uint64(int.from_bytes(b"true", "little")), np.uint64(int.from_bytes(b"false", "little"))
_ONE = np.uint64(1)


def written_as_read(octets: Octets, starts: Places, ends: Places) -> Marked:
    """Which stretches are the text of what JSON (RFC 8259) says there: whole numbers, short fractions, true and false.

    A number with a sign or an exponent, a nought at the end of a fraction, or more digits than a double holds is left
    to be looked at.
    """
    sizes = ends - starts
    widest = min(int(sizes.max(initial=1)), _WIDEST)
    words = words_at(octets, starts, -(-widest // WORD))
    digits, dots = sizes <= _WIDEST, np.zeros(len(sizes), np.int64)
    dot = np.zeros(len(sizes), np.int64)
    for number in range(words.shape[1]):
        kept = MASKS.take(sizes - WORD * number, mode="clip")
        told = words[:, number] & kept
        points = _points(told)
        digits &= (_no_digits(told, kept) & ~points) == 0
        if points.any():
            dots += np.bitwise_count(points)
            dot += np.where(points != 0, np.bitwise_count((points & -points) - _ONE) // WORD + WORD * number, 0)
    first, last = words[:, 0] & np.uint64(0xFF), octets[ends - 1]
    nought = first == ord("0")
    whole: Marked = digits & (dots == 0) & (sizes >= 1) & (sizes <= _WHOLE_DIGITS) & (~nought | (sizes == 1))
    if np.all(whole):
        return whole
    behind = sizes - 1 - dot
    short = (dot >= 1) & (dot < _DIGITS_BEFORE) | (dot == _DIGITS_BEFORE) & (first <= ord("3"))
    short &= (behind >= 1) & (behind <= _FRACTION_DIGITS) & (last != ord("0")) & (~nought | (dot == 1))
    words_said = ((sizes == len("true")) & (words[:, 0] & MASKS[4] == _TRUE)) | (
        (sizes == len("false")) & (words[:, 0] & MASKS[5] == _FALSE)
    )
    found: Marked = whole | (digits & (dots == 1) & short) | words_said
    return found


def _no_digits(words: Words, kept: Words) -> Words:
    """The highest bit of every byte that is kept and no digit."""
    from_nought = words ^ (_NOUGHTS & kept)
    # Where a byte is above 0x7F the sum may carry into the next, which only makes more of them no digits.
    return ((from_nought + _TO_HIGHEST) | from_nought) & _HIGHEST


def _points(words: Words) -> Words:
    """The highest bit of every byte that is a full stop."""
    other = words ^ _DOTS
    return ~(((other & _OTHERS) + _OTHERS) | other | _OTHERS)
