"""What each value of a column is made of: one number per value, by which most kinds are ruled out before any is tried.

The number holds the classes of characters that occur (high byte) and how many characters there are (low byte, 255 for
that many or more).
"""

from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

Profiles = NDArray[np.uint16]

# X has a class of its own: it is a check character among digits, and a mask.
DIGIT, X, UPPER, LOWER, SEPARATOR, DOT, OTHER, BEYOND = (1 << bit for bit in range(8))
LETTER = X | UPPER | LOWER
WORD = DIGIT | LETTER
ASCII = WORD | SEPARATOR | DOT | OTHER
ANY = ASCII | BEYOND

LONGEST = 255
_COUNT = 1 << 16


def profiles(values: pl.Series) -> Profiles:
    """The profile of each value; none may be empty or null."""
    if values.is_empty():
        return np.empty(0, dtype=np.uint16)
    texts = values.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = texts.buffers()
    starts = np.frombuffer(offsets, dtype=np.int64)[texts.offset : texts.offset + len(texts) + 1]
    # bytes.translate is several times faster than indexing a table.
    classes = np.frombuffer(data[starts[0] : starts[-1]].to_pybytes().translate(_CLASS_OF_BYTE), dtype=np.uint8)
    within = np.bitwise_or.reduceat(classes, starts[:-1] - starts[0])
    lengths = np.minimum(values.str.len_chars().to_numpy(), LONGEST)
    return np.asarray((within.astype(np.uint16) << 8) | lengths.astype(np.uint16))


@cache
def fitting(classes: int, needed: int, shortest: int, longest: int, *, some: int = 0) -> NDArray[np.bool_]:
    """For every profile, whether a value of it may be: of these classes, with all needed and one of some, so long."""
    found, length = _numbers() >> 8, _numbers() & 0xFF
    most = min(LONGEST, longest)
    made = ((found & ~np.uint16(classes)) == 0) & ((found & needed) == needed)
    if some:
        made &= (found & some) != 0
    return np.asarray(made & (length >= min(shortest, LONGEST)) & (length <= most))


@cache
def holding(any_of: int, *, beyond: int = 0, shortest: int = 0) -> NDArray[np.bool_]:
    """For every profile, whether it has one of these classes and another than those of `beyond`, and is so long."""
    found, length = _numbers() >> 8, _numbers() & 0xFF
    more = (found & ~np.uint16(beyond)) != 0
    return np.asarray(((found & any_of) != 0) & more & (length >= min(shortest, LONGEST)))


def _numbers() -> Profiles:
    return np.arange(_COUNT, dtype=np.uint16)


def _class_of(byte: int) -> int:
    character = chr(byte)
    if byte >= 128:
        return BEYOND
    if character.isdigit():
        return DIGIT
    if character in "Xx":
        return X
    if character.isalpha():
        return UPPER if character.isupper() else LOWER
    if character in " -\r\n":
        return SEPARATOR
    return DOT if character == "." else OTHER


_CLASS_OF_BYTE = bytes(_class_of(byte) for byte in range(256))
