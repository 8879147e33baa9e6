"""Many places of one text at once: compared with what should stand there, and made columns where they lie."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.sources.cutting import Places
from pipelines.sources.decimals import Marked, written_as_read
from pipelines.sources.text_views import AHEAD, MASKS, PADDING, WORD, Stretches, Words, stretches_of, views_of, words_at

_PART = 1 << 18
_BYTES_LIMIT = 1 << 31  # what a view can tell the place of


@dataclass(frozen=True)
class PlacedText(Stretches):
    """Lines of UTF-8, one behind the other, with nothing or a control character between them."""

    def piece(self, start: int, end: int) -> str:
        """What stands between two places; they must not part a character."""
        return self.octets[start:end].tobytes().decode()

    def words(self, starts: Places, count: int) -> Words:
        """So many words of eight bytes from each place on, as little-endian numbers: a row for each place."""
        return words_at(self.octets, starts, count)

    def stands(self, expected: bytes, starts: Places) -> Marked:
        """Whether these bytes stand at each place; all of them must lie inside of the text."""
        same = np.ones(len(starts), np.bool_)
        for at in range(0, len(expected), AHEAD):
            part = expected[at : at + AHEAD]
            words = self.words(starts + at, -(-len(part) // WORD))
            for number in range(words.shape[1]):
                told = part[WORD * number : WORD * (number + 1)]
                found = words[:, number] if len(told) == WORD else words[:, number] & MASKS[len(told)]
                same &= found == int.from_bytes(told, "little")
        return same

    @cached_property
    def plain(self) -> bool:
        """Whether nothing in it is an escape, or a control character."""
        octets = self.octets[self.starts[0] : self.ends[-1]]
        # By parts: a comparison of the whole would be written to memory that is not in any cache.
        parts = [octets[at : at + _PART] for at in range(0, len(octets), _PART)]
        controls = sum(int(np.count_nonzero(part < ord(" "))) for part in parts)
        return controls == self.between and not any((part == ord("\\")).any() for part in parts)

    def numbers(self, starts: Places, ends: Places) -> Marked:
        """Which stretches are a number, true or false, written as it is read."""
        return written_as_read(self.octets, starts, ends)

    def hashes(self, starts: Places, sizes: Places) -> Words:
        """A number for each stretch, made of its first and last bytes and its size: equal for equal stretches."""
        head = self.words(starts, 1)[:, 0] & MASKS.take(sizes, mode="clip")
        last = self.words(np.maximum(starts + sizes - WORD, 0), 1)[:, 0]
        tail = np.where(sizes > WORD, last, np.uint64(0))
        return (head * np.uint64(0x9E3779B97F4A7C15)) ^ (tail * np.uint64(0xC2B2AE3D27D4EB4F)) ^ sizes.view(np.uint64)

    def texts(self, starts: Places, ends: Places) -> pl.Series:
        """The stretches as a column that lies where the text lies: no piece is an object, long ones are not copied.

        Every stretch must be whole characters inside of the text.
        """
        return views_of(self.octets, self.buffer, starts, ends - starts, pa.string_view())


def placed(lines: pl.Series) -> PlacedText | None:
    """The lines, none of them null, as one text; None where they are too long for that."""
    if not len(lines) or int(lines.str.len_bytes().cast(pl.Int64).sum()) >= _BYTES_LIMIT:
        return None
    if lying := stretches_of(lines):
        return PlacedText(lying.octets, lying.starts, lying.ends, lying.buffer, lying.between)
    more = pl.Series([PADDING.decode()])
    _, offsets, content = pl.concat([lines.rename(""), more]).rechunk().to_arrow(compat_level=_OFFSETS).buffers()
    places = np.frombuffer(offsets, np.int64)[: len(lines) + 1]
    return PlacedText(np.frombuffer(content, np.uint8), places[:-1], places[1:], content)


_OFFSETS = pl.CompatLevel.oldest()
