"""Texts where they lie: Arrow's views of stretches of a buffer, and the stretches that views are of."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.sources.cutting import Places

Octets = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

WORD = 8
AHEAD = 64  # bytes behind a text that may be looked at, though never told
PADDING = b" " * AHEAD
MASKS = np.array([(1 << 8 * size) - 1 for size in range(WORD + 1)], np.uint64)  # the first bytes of a word, so many

_INLINE = 12  # bytes that lie in an Arrow view itself
_HALF = np.uint64(32)
# Of a view with so many bytes: which of the first four, and which of the eight behind them, are the text's.
_FIRST = MASKS[np.minimum(np.arange(_INLINE + 1), 4)]
_BEHIND = MASKS[np.maximum(np.arange(_INLINE + 1) - 4, 0)]


@dataclass(frozen=True)
class Stretches:
    """Parts of one buffer, in order, none of them within another.

    Attributes:
        octets: all bytes of the buffer; there are `AHEAD` behind the last stretch.
        starts: where each stretch starts.
        ends: where it ends.
        between: how many control characters lie between them, and nothing else does.
    """

    octets: Octets
    starts: Places
    ends: Places
    buffer: pa.Buffer
    between: int = 0


def words_at(octets: Octets, starts: Places, count: int) -> Words:
    """So many words of eight bytes from each place on, as little-endian numbers: a row for each place."""
    kind = np.dtype(f"V{WORD * count}")
    stretches = np.ndarray((len(octets) - kind.itemsize + 1,), kind, octets, strides=(1,))
    found: Words = stretches[starts].view("<u8").reshape(len(starts), count)
    return found


def views_of(octets: Octets, buffer: pa.Buffer, starts: Places, sizes: Places, kind: pa.DataType) -> pl.Series:
    """Stretches of a buffer as a column; what is longer than twelve bytes is not copied.

    Args:
        octets: the buffer's bytes, `AHEAD` of them behind the last stretch.
        buffer: where they lie.
        starts: where each stretch starts.
        sizes: its bytes.
        kind: Arrow's `string_view`, where every stretch is whole characters of UTF-8, or `binary_view`.
    """
    shortest, longest = int(sizes.min(initial=AHEAD)), int(sizes.max(initial=0))
    words = words_at(octets, starts, 2)
    views = np.empty((len(sizes), 2), np.uint64)
    views[:, 0] = ((words[:, 0] & _FIRST.take(sizes, mode="clip")) << _HALF) | sizes.view(np.uint64)
    if longest <= 4:
        views[:, 1] = 0
    elif shortest > _INLINE:
        views[:, 1] = starts.view(np.uint64) << _HALF
    else:
        near = ((words[:, 0] >> _HALF) | (words[:, 1] << _HALF)) & _BEHIND.take(sizes, mode="clip")
        far = longest > _INLINE
        views[:, 1] = np.where(sizes > _INLINE, starts.view(np.uint64) << _HALF, near) if far else near
    texts = pl.from_arrow(pa.Array.from_buffers(kind, len(sizes), [None, pa.py_buffer(views), buffer]))
    if not isinstance(texts, pl.Series):  # narrows the library's union type
        raise TypeError(type(texts))
    return texts


def stretches_of(texts: pl.Series) -> Stretches | None:
    """Where texts lie that follow each other in one buffer, a control character between any two; None where not so."""
    array = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    _, views, *contents = array.buffers()
    parts = np.frombuffer(views, "<u4").reshape(-1, 4)[array.offset : array.offset + len(array)]
    sizes, buffers, places = parts[:, 0], parts[:, 2], parts[:, 3]
    if array.null_count or not len(array) or sizes.min() <= _INLINE or (buffers != buffers[0]).any():
        return None
    starts = places.astype(np.int64)
    ends = starts + sizes
    buffer = contents[buffers[0]]
    if (starts[1:] != ends[:-1] + 1).any() or buffer.size < ends[-1] + AHEAD:
        return None
    octets = np.frombuffer(buffer, np.uint8)
    between = len(array) - 1 if (octets[ends[:-1]] < ord(" ")).all() else None
    return None if between is None else Stretches(octets, starts, ends, buffer, between)
