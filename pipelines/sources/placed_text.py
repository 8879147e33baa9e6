"""Many places of one text at once: compared with what should stand there, and made columns where they lie."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from pipelines.sources.cutting import Places

Words = npt.NDArray[np.uint64]
Marked = npt.NDArray[np.bool_]

_WORD = 8
_INLINE = 12  # bytes that lie in an Arrow view itself
_PART = 1 << 18
_AHEAD = 64  # bytes behind the text that may be looked at, though never told

_HALF = np.uint64(32)
_NOUGHTS = np.uint64(0x3030303030303030)
_TO_HIGHEST = np.uint64(0x7676767676767676)
_HIGHEST = np.uint64(0x8080808080808080)
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
        starts: where each line starts.
        ends: where it ends.
    """

    octets: npt.NDArray[np.uint8]
    starts: Places
    ends: Places
    _buffer: pa.Buffer

    def piece(self, start: int, end: int) -> str:
        """What stands between two places; they must not part a character."""
        return self.octets[start:end].tobytes().decode()

    def words(self, starts: Places, count: int) -> Words:
        """So many words of eight bytes from each place on, as little-endian numbers: a row for each place."""
        kind = np.dtype(f"V{_WORD * count}")
        stretches = np.ndarray((len(self.octets) - kind.itemsize + 1,), kind, self.octets, strides=(1,))
        found: Words = stretches[starts].view("<u8").reshape(len(starts), count)
        return found

    def stands(self, expected: bytes, starts: Places) -> Marked:
        """Whether these bytes stand at each place; all of them must lie inside of the text."""
        same = np.ones(len(starts), np.bool_)
        for at in range(0, len(expected), _AHEAD):
            part = expected[at : at + _AHEAD]
            words = self.words(starts + at, -(-len(part) // _WORD))
            for number in range(words.shape[1]):
                told = part[_WORD * number : _WORD * (number + 1)]
                found = words[:, number] if len(told) == _WORD else words[:, number] & _MASKS[len(told)]
                same &= found == int.from_bytes(told, "little")
        return same

    @cached_property
    def plain(self) -> bool:
        """Whether nothing in it is an escape, or a control character."""
        octets = self.octets[: self.ends[-1]]
        # By parts: a comparison of the whole would be written to memory that is not in any cache.
        parts = (octets[at : at + _PART] for at in range(0, len(octets), _PART))
        return all(part.min() >= ord(" ") and not (part == ord("\\")).any() for part in parts)

    def counts(self, starts: Places, ends: Places) -> bool:
        """Whether every stretch is a whole number of at most sixteen digits, written as it is read."""
        sizes = ends - starts
        if not len(sizes) or sizes.min() < 1 or sizes.max() > 2 * _WORD:
            return False
        words = self.words(starts, 2)
        padded = ((words[:, 0] & 0xFF) == ord("0")) & (sizes > 1)
        if padded.any() or not _digits(words[:, 0] & _MASKS.take(sizes, mode="clip"), sizes):
            return False
        more = sizes - _WORD
        return bool((more <= 0).all()) or _digits(words[:, 1] & _MASKS.take(more, mode="clip"), more)

    def hashes(self, starts: Places, sizes: Places) -> Words:
        """A number for each stretch, made of its first and last bytes and its size: equal for equal stretches."""
        head = self.words(starts, 1)[:, 0] & _MASKS.take(sizes, mode="clip")
        last = self.words(np.maximum(starts + sizes - _WORD, 0), 1)[:, 0]
        tail = np.where(sizes > _WORD, last, np.uint64(0))
        return (head * np.uint64(0x9E3779B97F4A7C15)) ^ (tail * np.uint64(0xC2B2AE3D27D4EB4F)) ^ sizes.view(np.uint64)

    def texts(self, starts: Places, ends: Places) -> pl.Series:
        """The stretches as a column that lies where the text lies: no piece is an object, long ones are not copied.

        Every stretch must be whole characters inside of the text.
        """
        sizes = ends - starts
        shortest, longest = int(sizes.min(initial=_AHEAD)), int(sizes.max(initial=0))
        words = self.words(starts, 2)
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
        array = pa.Array.from_buffers(pa.string_view(), len(sizes), [None, pa.py_buffer(views), self._buffer])
        texts = pl.from_arrow(array)
        if not isinstance(texts, pl.Series):  # narrows the library's union type
            raise TypeError(type(texts))
        return texts


def _digits(words: Words, sizes: Places) -> bool:
    """Whether the first bytes of each word, so many, are digits; the others are nought."""
    from_nought = words ^ (_NOUGHTS & _MASKS.take(sizes, mode="clip"))
    # Beside a digit, which is at most 9, nothing is carried into the highest bit of a byte.
    return not (((from_nought + _TO_HIGHEST) | from_nought) & _HIGHEST).any()


def placed(lines: pl.Series) -> PlacedText | None:
    """The lines, none of them null, as one text; None where they are too long for that."""
    if not len(lines) or int(lines.str.len_bytes().cast(pl.Int64).sum()) >= _BYTES_LIMIT:
        return None
    more = pl.Series([" " * _AHEAD])
    _, offsets, content = pl.concat([lines.rename(""), more]).rechunk().to_arrow(compat_level=_OFFSETS).buffers()
    places = np.frombuffer(offsets, np.int64)[: len(lines) + 1]
    return PlacedText(np.frombuffer(content, np.uint8), places[:-1], places[1:], content)


_OFFSETS = pl.CompatLevel.oldest()
