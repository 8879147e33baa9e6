"""JSON objects, one a line, told apart by their shape: lines that differ in nothing but their values.

A line is cut at its quotation marks. Every second piece is a name or a text; the pieces between are punctuation with at
most one bare value (a number, true, false or null). Lines with the same names in the same places are compared, piece by
piece, with the first of them; only that one is parsed. What a value is called is therefore known from one line, and
that the others are JSON (RFC 8259) of the same structure, from their being the same text but for the values.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.sources.cutting import cut_behind, places_of
from pipelines.sources.json_records import JsonObject
from pipelines.sources.json_templates import Kind, Template, placeholder, template_of

FEWEST = 16  # of one shape; below, learning it costs more than it saves
_ROUNDS = 3
_SAMPLE = 50
_PIECES_LIMIT = 1001

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
        told: the text after the name that tells objects apart, the same in all of them; None where it is no text.
    """

    rows: Rows
    content: JsonObject
    flat: dict[str, str]
    written: pl.DataFrame
    kinds: dict[str, Kind]
    told: str | None


def shapes(lines: pl.DataFrame, told_by: str, fewest: int = FEWEST) -> list[Shape]:
    """The shapes that at least so many lines have; a line belongs to one of them or to none.

    Args:
        lines: `text`, `decode_error`.
        told_by: the name whose text is part of the shape.
        fewest: how many lines make a shape.
    """
    if lines.height < fewest:
        return []
    text = _without_hidden_quotes(lines["text"]).str.join("\n").item().encode() + b"\n"
    ends = places_of(text, b'"', b"\n")
    pieces = cut_behind(text, ends)
    last = np.flatnonzero(np.frombuffer(text, np.uint8)[ends] == ord("\n"))
    if len(last) != lines.height:
        return []
    starts = np.concatenate([last[:0], [0], last[:-1] + 1])
    counts = last + 1 - starts
    able = ~lines["decode_error"].to_numpy() & (counts % 2 == 1) & (counts > 1) & (counts <= _PIECES_LIMIT)
    found: list[Shape] = []
    for count in np.unique(counts[able]):
        rows = np.flatnonzero(able & (counts == count))
        if len(rows) >= fewest:
            places = (starts[rows, None] + np.arange(count)).ravel()
            found += _shapes(_Cut(pieces[places], int(count), rows), told_by, fewest)
    return found


@dataclass(frozen=True)
class _Cut:
    """Lines with equally many pieces: `n` of line `m` is `pieces[m * count + n]`, with the character behind it."""

    pieces: pl.Series
    count: int
    rows: Rows

    def of(self, members: Rows) -> "_Cut":
        if len(members) == len(self.rows):
            return self
        places = (members[:, None] * self.count + np.arange(self.count)).ravel()
        return _Cut(self.pieces[places], self.count, self.rows[members])

    def signatures(self, told_by: str) -> npt.NDArray[np.uint64]:
        """A number for each line, equal where the same names stand in the same places."""
        shape = (-1, self.count)
        hashes = self.pieces.hash().to_numpy().reshape(shape)[:, 1::2]
        named = self.pieces.str.starts_with(":").to_numpy().reshape(shape)[:, 2::2].copy()
        tells = named & (hashes == pl.Series([f'{told_by}"']).hash()[0])
        named[:, 1:] |= tells[:, :-1]
        weights = np.random.default_rng(0).integers(1, 1 << 62, hashes.shape[1], dtype=np.uint64) * 2 + 1
        signatures: npt.NDArray[np.uint64] = np.where(named, hashes, 1) @ weights
        return signatures

    def template(self, told_by: str) -> Template | None:
        """What the first line makes."""
        return template_of([piece[:-1] for piece in self.pieces[: self.count]], told_by)

    def fitting(self, template: Template) -> Rows:
        """The lines that say what the template says, but for the values, counted from 0."""
        height = len(self.rows)
        told = pl.Series(_ended(template.pieces), dtype=pl.String)[np.tile(np.arange(self.count), height)]
        same = (self.pieces == told).to_numpy().reshape(height, self.count)[:, template.constant]
        return np.flatnonzero(same.all(axis=1))


def _shapes(cut: _Cut, told_by: str, fewest: int) -> Iterator[Shape]:
    pending = np.arange(len(cut.rows))
    alike = _alike(cut.of(pending[:: len(pending) // _SAMPLE + 1]), told_by)
    for _ in range(_ROUNDS):
        groups = [pending] if alike else _groups(cut.signatures(told_by), pending)
        alike, left = False, [pending[:0]]
        for members in (members for members in groups if len(members) >= fewest):
            some = cut.of(members)
            template = some.template(told_by)
            fitting = some.fitting(template) if template else pending[:0]
            if template and len(fitting) >= fewest:
                yield _shape(some.of(fitting), template)
                left.append(np.delete(members, fitting))
        pending = np.concatenate(left)
        if not len(pending):
            return


def _alike(sample: _Cut, told_by: str) -> bool:
    """Whether all lines of a sample are alike: most often all others are too, and there is nothing to tell apart."""
    template = sample.template(told_by)
    return template is not None and len(sample.fitting(template)) == len(sample.rows)


def _shape(cut: _Cut, template: Template) -> Shape:
    pieces = [pl.col("").gather_every(cut.count, at).alias(placeholder(at)) for at in template.bare]
    pieces += [
        pl.col("").gather_every(cut.count, at).str.strip_suffix('"').alias(placeholder(at)) for at in template.quoted
    ]
    ends = dict(enumerate(_ended([""] * cut.count)))
    # The methods of a series are a query each: all columns in one take a tenth of the time.
    columns = cut.pieces.alias("").to_frame().select(pieces)
    bare = {
        placeholder(at): pl.col(placeholder(at)).str.strip_prefix(before).str.strip_suffix(after + ends[at])
        for at, (before, after, _) in template.bare.items()
    }
    rows, written = cut.rows, columns.with_columns(bare.values())
    if bare:
        around = [len(f"{before}{after}.".encode()) for before, after, _ in template.bare.values()]
        fits = (_lengths(columns, bare) - _lengths(written, bare) == around).all(axis=1)
        rows, written = (rows, written) if fits.all() else (rows[fits], written.filter(fits))
    return Shape(rows, template.content, template.flat, written, template.kinds, template.told)


def _ended(pieces: Sequence[str]) -> list[str]:
    """The pieces of a line with the characters that it is cut at."""
    return [f'{piece}"' for piece in pieces[:-1]] + [f"{pieces[-1]}\n"]


def _lengths(columns: pl.DataFrame, names: Iterable[str]) -> Rows:
    return columns.select(pl.col(name).str.len_bytes().cast(pl.Int64) for name in names).to_numpy()


def _groups(signatures: npt.NDArray[np.uint64], pending: Rows) -> list[Rows]:
    _, group = np.unique(signatures[pending], return_inverse=True)
    order = np.argsort(group, kind="stable")
    return np.split(pending[order], np.flatnonzero(np.diff(group[order])) + 1)


def _without_hidden_quotes(text: pl.Series) -> pl.Series:
    """The lines with every escaped quotation mark and backslash written as a number: the same JSON."""
    if not text.str.contains("\\", literal=True).any():
        return text
    numbered = text.str.replace_all("\\\\", "\\u005c", literal=True)
    return numbered.str.replace_all('\\"', "\\u0022", literal=True)
