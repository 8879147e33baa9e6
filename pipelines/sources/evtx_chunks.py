"""The chunks of an event log before anything follows what they point to: lists that run in circles are taken away."""

from typing import Final

import numpy as np
import numpy.typing as npt

CHUNK: Final = 65_536

_Places = npt.NDArray[np.int64]

# Where a chunk keeps the beginnings of its 64 lists of names and 32 lists of templates; each item begins with the place
# of the next, 0 at the end.
_BEGINNINGS, _LISTS = 128, 96
_LINK = 4


def open_circles(chunks: bytearray) -> int:
    """How many lists had no end; their beginnings are 0 now, so that nobody follows them.

    What such a list names is still found where a record first says it. The parser would follow the list for ever.

    Args:
        chunks: whole chunks, one after the other; the last may be cut.
    """
    octets = np.frombuffer(bytes(chunks) + bytes(-len(chunks) % CHUNK + _LINK), np.uint8)
    links = np.ndarray((len(octets) - _LINK + 1,), "<u4", octets, 0, (1,))
    base = np.repeat(np.arange(0, len(octets) - CHUNK, CHUNK), _LISTS)
    beginnings = base + _BEGINNINGS + np.tile(np.arange(_LISTS) * _LINK, len(base) // _LISTS)
    endless = beginnings[_endless(links, base, links[beginnings].astype(np.int64))].tolist()
    for place in endless:
        chunks[place : place + _LINK] = bytes(_LINK)
    return len(endless)


def _endless(links: npt.NDArray[np.uint32], base: _Places, first: _Places) -> _Places:
    """Which lists come back to where they were: one that goes twice as fast meets the slow one there (Floyd)."""
    found = list[_Places]()
    going = np.flatnonzero(_inside(first))
    slow = fast = first[going]
    while len(going):
        slow = links[base[going] + slow].astype(np.int64)
        fast = _next(links, base[going], _next(links, base[going], fast))
        found.append(going[(fast == slow) & (fast > 0)])
        still = (fast > 0) & (fast != slow)
        going, slow, fast = going[still], slow[still], fast[still]
    return np.concatenate(found) if found else going


def _next(links: npt.NDArray[np.uint32], base: _Places, places: _Places) -> _Places:
    """What follows each item of a list, 0 where nothing does."""
    following = links[base + places].astype(np.int64)
    return np.where((places > 0) & _inside(following), following, 0)


def _inside(places: _Places) -> npt.NDArray[np.bool_]:
    return (places > 0) & (places <= CHUNK - _LINK)
