"""Where characters stand in a text."""

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

Places = npt.NDArray[np.int64]


def places_of(text: bytes, *characters: bytes) -> Places:
    """Where these characters of one byte each stand in the text."""
    octets = np.frombuffer(text, np.uint8)
    there = octets == ord(characters[0])
    for character in characters[1:]:
        there |= octets == ord(character)
    return np.flatnonzero(there)


def cut_behind(text: bytes, ends: Places) -> pl.Series:
    """The pieces of a UTF-8 text that end at these places, each with the character that stands there.

    Args:
        text: valid UTF-8.
        ends: where characters of one byte stand, ascending; what is behind the last of them is left out.
    """
    offsets = np.concatenate([np.zeros(1, np.int64), ends + 1])
    array = pa.LargeStringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(text))
    pieces = pl.from_arrow(array)
    if not isinstance(pieces, pl.Series):  # narrows the library's union type
        raise TypeError(type(pieces))
    return pieces
