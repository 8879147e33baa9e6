"""Where characters stand in a text."""

import numpy as np
import numpy.typing as npt

Places = npt.NDArray[np.int64]


def places_of(text: bytes | memoryview, *characters: bytes) -> Places:
    """Where these characters of one byte each stand in the text."""
    octets = np.frombuffer(text, np.uint8)
    there = octets == ord(characters[0])
    for character in characters[1:]:
        there |= octets == ord(character)
    return np.flatnonzero(there)
