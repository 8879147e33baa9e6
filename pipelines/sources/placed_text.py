"""Many places of one text at once: compared with what should stand there, and made columns where they lie."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.sources.cutting import Places

Words = npt.NDArray[np.uint64]
Marked = npt.NDArray[np.bool_]

_WORD = 8
_INLINE = 12  # bytes that lie in an Arrow view itself
_AHEAD = 16  # bytes behind the text that may be looked at, though never told

_HALF = np.uint64(32)
_BYTES_LIMIT = 1 << 31  # what a view can tell the place of
_MASKS = np.array([(1 << 8 * size) - 1 for size in range(_WORD + 1)], np.uint64)
# Of a view with so many bytes: which of the first four, and which of the eight behind them, are the text's.
_FIRST = _MASKS[np.minimum(np.arange(_INLINE + 1), 4)]
_BEHIND = _MASKS[np.maximum(np.arange(_INLINE + 1) - 4, 0)]


@dataclass(frozen=True)
class PlacedText:
    """Lines of UTF-8, one behind the other without anything between them.

    Attributes:
        octets: all bytes, and some behind them.
        words: the eight bytes from each place on as a little-endian number.
        starts: where each line starts.
        ends: where it ends.
    """

    octets: npt.NDArray[np.uint8]
    words: Words
    starts: Places
    ends: Places
    _buffer: pa.Buffer

    def piece(self, start: int, end: int) -> str:
        """What stands between two places; they must not part a character."""
        return self.octets[start:end].tobytes().decode()

    def stands(self, expected: bytes, starts: Places) -> Marked:
        """Whether these bytes stand at each place; all of them must lie inside of the text."""
        size = len(expected)
        if size < _WORD:
            found = self.words[starts] & _MASKS[size]
            return np.equal(found, int.from_bytes(expected, "little"))
        same = np.ones(len(starts), np.bool_)
        # The last word may say again what the one before said.
        for at in [*range(0, size - _WORD, _WORD), size - _WORD]:
            same &= self.words[starts + at] == int.from_bytes(expected[at : at + _WORD], "little")
        return same

    def hashes(self, starts: Places, sizes: Places) -> Words:
        """A number for each stretch, made of its first and last bytes and its size: equal for equal stretches."""
        head = self.words[starts] & _MASKS.take(sizes, mode="clip")
        tail = np.where(sizes > _WORD, self.words[np.maximum(starts + sizes - _WORD, 0)], np.uint64(0))
        return (head * np.uint64(0x9E3779B97F4A7C15)) ^ (tail * np.uint64(0xC2B2AE3D27D4EB4F)) ^ sizes.astype(np.uint64)

    def texts(self, starts: Places, ends: Places) -> pl.Series:
        """The stretches as a column that lies where the text lies: no piece is an object, long ones are not copied.

        Every stretch must be whole characters inside of the text.
        """
        sizes = ends - starts
        views = np.empty((len(sizes), 2), np.uint64)
        views[:, 0] = ((self.words[starts] & _FIRST.take(sizes, mode="clip")) << _HALF) | sizes.view(np.uint64)
        views[:, 1] = self._behind(starts, sizes) if len(sizes) else 0
        array = pa.Array.from_buffers(pa.string_view(), len(sizes), [None, pa.py_buffer(views), self._buffer])
        texts = pl.from_arrow(array)
        if not isinstance(texts, pl.Series):  # narrows the library's union type
            raise TypeError(type(texts))
        return texts

    def _behind(self, starts: Places, sizes: Places) -> "Words | int":
        """What follows the first four bytes of a view: the rest of a short text, or where a long one lies."""
        shortest, longest = int(sizes.min()), int(sizes.max())
        if longest <= 4:
            return 0
        if shortest > _INLINE:
            return starts.view(np.uint64) << _HALF
        near: Words = self.words[starts + 4] & _BEHIND.take(sizes, mode="clip")
        return near if longest <= _INLINE else np.where(sizes > _INLINE, starts.view(np.uint64) << _HALF, near)


def placed(lines: pl.Series) -> PlacedText | None:
    """The lines, none of them null, as one text; None where they are too long for that."""
    if not len(lines) or int(lines.str.len_bytes().cast(pl.Int64).sum()) >= _BYTES_LIMIT:
        return None
    more = pl.Series([" " * _AHEAD])
    _, offsets, content = pl.concat([lines.rename(""), more]).rechunk().to_arrow(compat_level=_OFFSETS).buffers()
    places = np.frombuffer(offsets, np.int64)[: len(lines) + 1]
    octets = np.frombuffer(content, np.uint8)
    words = np.ndarray((len(octets) - _WORD + 1,), "<u8", octets, strides=(1,))
    return PlacedText(octets, words, places[:-1], places[1:], content)


_OFFSETS = pl.CompatLevel.oldest()
