"""JSON objects, one a line, told apart by their shape: lines that differ in nothing but their values.

The quotation marks of a line part it into pieces. Every second piece is a name or a text; the pieces between are
punctuation with at most one bare value (a number, true, false or null). Lines with the same names in the same places
are compared with the first of them, in all that stands between the values; only that one is parsed. What a value is
called is therefore known from one line, and that the others are JSON (RFC 8259) of the same structure, from their being
the same text but for the values.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sources.cutting import Places
from pipelines.sources.json_records import JsonObject
from pipelines.sources.json_templates import Kind, Template, placeholder, template_of
from pipelines.sources.placed_text import PlacedText, placed
from pipelines.sources.text_views import Words

FEWEST = 16  # of one shape; below, learning it costs more than it saves
_ROUNDS = 3
_MANY = 4  # as one of so many lines
_PIECES_LIMIT = 1001
_TURNED = 256  # lines

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shape:
    """Some lines of one shape.

    Attributes:
        rows: their numbers, in order.
        content: the first of them, with a placeholder in place of every value.
        flat: the same flattened; its values are placeholders, joined by commas where the object has several.
        written: a column for each placeholder: what stands there, without quotation marks and brackets.
        kinds: of what kind that is, by placeholder.
        unsure: by placeholder, where a value may be another text than it is written as; none where it is not named.
        told: the text after the name that tells objects apart, the same in all of them; None where it is no text.
    """

    rows: Rows
    content: JsonObject
    flat: dict[str, str]
    written: pl.DataFrame
    kinds: dict[str, Kind]
    unsure: Mapping[str, Rows]
    told: str | None


def shapes(lines: pl.DataFrame, told_by: str, fewest: int = FEWEST) -> list[Shape]:
    """The shapes that at least so many lines have; a line belongs to one of them or to none.

    Args:
        lines: `text`, `decode_error`.
        told_by: the name whose text is part of the shape.
        fewest: how many lines make a shape.
    """
    text = placed(_without_hidden_quotes(lines["text"])) if lines.height >= fewest else None
    if text is None:
        return []
    quotes = np.flatnonzero(text.octets[: text.ends[-1]] == ord('"'))
    first = np.searchsorted(quotes, np.append(text.starts, text.ends[-1]))
    counts = np.diff(first)
    able = ~lines["decode_error"].to_numpy() & (counts % 2 == 0) & (counts > 0) & (counts < _PIECES_LIMIT)
    found: list[Shape] = []
    for count in np.unique(counts[able]).tolist():
        rows = np.flatnonzero(able & (counts == count))
        if len(rows) >= fewest:
            marks = np.empty((count + 2, len(rows)), np.int64)
            marks[0], marks[-1] = text.starts[rows] - 1, text.ends[rows]
            _place(quotes, first[rows], marks[1:-1])
            found += _shapes(_Cut(text, marks, rows), told_by, fewest)
    return found


def _place(quotes: Places, first: Places, marks: Places) -> None:
    """Put the quotation marks of lines, which begin with these of all, into a row for each of equally many."""
    count, height = marks.shape
    if first[-1] - first[0] != count * (height - 1):
        for at in range(count):
            marks[at] = quotes[at:][first]
        return
    # No other lines between them: a table that only has to be turned, piece by piece as the processor's cache has room.
    table = quotes[first[0] : first[0] + count * height].reshape(height, count)
    for at in range(0, height, _TURNED):
        marks[:, at : at + _TURNED] = table[at : at + _TURNED].T


@dataclass(frozen=True)
class _Cut:
    """Lines with equally many pieces: `n` of line `m` lies between `marks[n, m]` and `marks[n + 1, m]`."""

    text: PlacedText
    marks: Places
    rows: Rows

    def of(self, members: Rows) -> "_Cut":
        if len(members) == len(self.rows):
            return self
        return _Cut(self.text, np.take(self.marks, members, axis=1), self.rows[members])

    def without(self, members: Rows) -> "_Cut":
        """The other lines."""
        return self.of(np.delete(np.arange(len(self.rows)), members))

    def signatures(self, told_by: str) -> Words:
        """A number for each line, equal where the same names stand in the same places."""
        starts, ends = self.marks[1:-1:2] + 1, self.marks[2:-1:2]
        hashes = self.text.hashes(starts.ravel(), (ends - starts).ravel()).reshape(starts.shape)
        named = self.text.octets[ends + 1] == ord(":")
        tells = named & (hashes == _hash(told_by))
        named[1:] |= tells[:-1]
        weights = np.random.default_rng(0).integers(1, 1 << 62, len(hashes), dtype=np.uint64) * 2 + 1
        signatures: Words = weights @ np.where(named, hashes, 1)
        return signatures

    def template(self, told_by: str) -> Template | None:
        """What the first line makes."""
        marks = self.marks[:, 0].tolist()
        return template_of([self.text.piece(a + 1, b) for a, b in itertools.pairwise(marks)], told_by)

    def fitting(self, template: Template) -> Rows:
        """The lines that say what the template says, but for the values, counted from 0."""
        marks, fits = self.marks, np.ones(len(self.rows), np.bool_)
        for constant in template.constants:
            fits &= constant.end(marks) - constant.start(marks) == len(constant.content)
        for before, after in itertools.pairwise(template.constants):
            fits &= before.end(marks) <= after.start(marks)
        members = np.flatnonzero(fits)
        marks = marks if fits.all() else np.take(marks, members, axis=1)
        for constant in template.constants:
            same = self.text.stands(constant.content, constant.start(marks))
            if not same.all():
                members, marks = members[same], marks[:, same]
        return members


def _shapes(cut: _Cut, told_by: str, fewest: int) -> Iterator[Shape]:
    """The shapes of lines with equally many pieces.

    As long as many lines are like the first that is left, they are told apart by trying; then by what they say.
    """
    while len(cut.rows) >= fewest:
        template = cut.template(told_by)
        fitting = cut.fitting(template) if template else cut.rows[:0]
        if template is None or len(fitting) < max(fewest, len(cut.rows) // _MANY):
            break
        yield _shape(cut.of(fitting), template)
        cut = cut.without(fitting)
    for _ in range(_ROUNDS):
        if len(cut.rows) < fewest:
            return
        left = [cut.rows[:0]]
        for members in (members for members in _groups(cut.signatures(told_by)) if len(members) >= fewest):
            some = cut.of(members)
            template = some.template(told_by)
            fitting = some.fitting(template) if template else some.rows[:0]
            if template and len(fitting) >= fewest:
                yield _shape(some.of(fitting), template)
                left.append(np.delete(members, fitting))
        cut = cut.of(np.concatenate(left))


def _shape(cut: _Cut, template: Template) -> Shape:
    columns, unsure = dict[str, pl.Series](), dict[str, Rows]()
    for at in template.places:
        before, after, _ = template.bare.get(at, ("", "", False))
        starts, ends = cut.marks[at] + 1 + len(before.encode()), cut.marks[at + 1] - len(after.encode())
        columns[placeholder(at)] = cut.text.texts(starts, ends)
        if at not in template.bare:
            doubtful = cut.rows[:0] if cut.text.plain else cut.rows
        else:
            usual = cut.text.numbers(starts, ends)
            doubtful = cut.rows[:0] if usual.all() else cut.rows[~usual]
        if len(doubtful):
            unsure[placeholder(at)] = doubtful
    written = pl.DataFrame(columns)
    return Shape(cut.rows, template.content, template.flat, written, template.kinds, unsure, template.told)


def _hash(name: str) -> np.uint64:
    content = name.encode()
    text = placed(pl.Series([name]))
    return text.hashes(np.array([0]), np.array([len(content)]))[0] if text else np.uint64(0)


def _groups(signatures: Words) -> list[Rows]:
    _, group = np.unique(signatures, return_inverse=True)
    order = np.argsort(group, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _without_hidden_quotes(text: pl.Series) -> pl.Series:
    """The lines with every escaped quotation mark and backslash written as a number: the same JSON."""
    if not text.str.contains("\\", literal=True).any():
        return text
    numbered = text.str.replace_all("\\\\", "\\u005c", literal=True)
    return numbered.str.replace_all('\\"', "\\u0022", literal=True)
