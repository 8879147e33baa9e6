"""Which values hold which texts: all texts of a rule set looked for in all values of a block at once.

Aho and Corasick, "Efficient string matching: an aid to bibliographic search", 1975, as polars implements it.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.block import Column, Values

How = Literal["contains", "starts", "ends"]

NO_VALUES: Values = np.empty(0, np.intp)

# Texts shorter than this occur everywhere: listing every place where they do would cost more than asking for each.
_SHORT = 3
# Bytes of values looked through at once; bounds the list of what was found.
_PIECE = 4_000_000


class Occurrences:
    """Where texts occur in the folded values of some columns, which stand side by side in their block."""

    def __init__(self, columns: Iterable[Column], wanted: Iterable[str]) -> None:
        texts = list(dict.fromkeys(wanted))
        self._short = frozenset(text for text in texts if len(text.encode()) < _SHORT)
        self._numbers = {text: number for number, text in enumerate(text for text in texts if text not in self._short)}
        self._found = _found(sorted(columns, key=lambda column: column.first), list(self._numbers))
        self._asked: dict[tuple[int, How, str], Values] = {}

    def having(self, column: Column, texts: Iterable[str], how: How) -> list[Values]:
        """For each of these texts that occurs in a column, once: its values that contain it, or begin or end so."""
        found, base, numbers = self._found[how], column.first * len(self._numbers), self._numbers
        # Most texts occur nowhere: passing over them must cost next to nothing.
        keys = {base + numbers[text] for text in texts if text in numbers}
        short = self._short.intersection(texts)
        return [found[key] for key in keys if key in found] + [self._ask(column, text, how) for text in short]

    def _ask(self, column: Column, text: str, how: How) -> Values:
        key = (column.first, how, text)
        if key not in self._asked:
            values = column.folded.str
            if how == "contains":
                answer = values.contains(text, literal=True)
            else:
                answer = values.starts_with(text) if how == "starts" else values.ends_with(text)
            self._asked[key] = np.flatnonzero(answer.to_numpy())
        return self._asked[key]


def _found(columns: Sequence[Column], texts: Sequence[str]) -> Mapping[How, Mapping[int, Values]]:
    """By how they occur: the values of a column that hold a text, under its `first` × all texts + the text's number."""
    if not texts or not columns:
        return {"contains": {}, "starts": {}, "ends": {}}
    folded = pl.concat([column.folded for column in columns])
    names = pl.Series("text", texts, dtype=pl.String)
    hits = pl.concat([_hits(folded, first, last, names) for first, last in _pieces(folded)])
    sizes = [len(column.folded) for column in columns]
    firsts = np.repeat([column.first for column in columns], sizes)
    within = np.concatenate([np.arange(size) for size in sizes])
    at = hits["value"].to_numpy()
    keys = firsts[at] * len(texts) + hits["number"].to_numpy()
    begins = hits["at"].to_numpy() == 0
    ends = hits["at"].to_numpy() + hits["length"].to_numpy() == folded.str.len_bytes().to_numpy()[at]
    values = within[at]
    return {
        "contains": _by_key(keys, values),
        "starts": _by_key(keys[begins], values[begins]),
        "ends": _by_key(keys[ends], values[ends]),
    }


def _hits(folded: pl.Series, first: int, last: int, texts: pl.Series) -> pl.DataFrame:
    piece, wanted = folded[first:last], texts.implode()
    found = pl.DataFrame(
        {
            "value": pl.int_range(first, last, eager=True, dtype=pl.Int64),
            "text": piece.str.extract_many(wanted, overlapping=True),
            "at": piece.str.find_many(wanted, overlapping=True),
        }
    )
    found = found.filter(pl.col("at").list.len() > 0).explode("text", "at")
    number = pl.col("text").cast(pl.Enum(texts)).to_physical()
    return found.select("value", "at", number.alias("number"), pl.col("text").str.len_bytes().alias("length"))


def _pieces(folded: pl.Series) -> list[tuple[int, int]]:
    """Ranges of values of about so many bytes each."""
    piece = folded.str.len_bytes().cum_sum().to_numpy() // _PIECE
    edges = [0, *(np.flatnonzero(np.diff(piece)) + 1).tolist(), len(folded)]
    return list(pairwise(edges))


def _by_key(keys: npt.NDArray[np.int64], values: npt.NDArray[np.int64]) -> dict[int, Values]:
    """The values of each key, ascending, each once."""
    if not len(keys):
        return {}
    order = np.lexsort((values, keys))
    keys, values = keys[order], values[order]
    kept = np.concatenate([[True], (np.diff(keys) != 0) | (np.diff(values) != 0)])
    keys, values = keys[kept], values[kept]
    edges = np.flatnonzero(np.diff(keys)) + 1
    return dict(zip(keys[np.concatenate([[0], edges])].tolist(), np.split(values, edges), strict=True))
