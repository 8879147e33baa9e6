"""Which values of a column hold which texts: every text of a rule set looked for at once (Aho and Corasick, 1975)."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import polars as pl

from detectors.block import Column, Values

How = Literal["contains", "starts", "ends"]

NO_VALUES: Values = np.empty(0, np.intp)

# Texts shorter than this occur everywhere: listing every place where they do would cost more than asking for each.
_SHORT = 3
# Bytes of values looked through at once; bounds the list of what was found.
_PIECE = 4_000_000


class Occurrences:
    """Where texts occur in the folded values of a column."""

    def __init__(self, column: Column, wanted: Sequence[str]) -> None:
        self._column = column
        self._found: dict[How, dict[str, Values]] = {"contains": {}, "starts": {}, "ends": {}}
        self._short = frozenset(text for text in wanted if len(text.encode()) < _SHORT)
        searched = [text for text in wanted if text not in self._short]
        if searched and len(column.texts):
            self._look_for(searched)

    def having(self, texts: Iterable[str], how: How) -> list[Values]:
        """For each of these texts that occurs: the values that contain it, or start or end with it."""
        found = self._found[how]
        for text in self._short.intersection(texts).difference(found):
            found[text] = self._ask(text, how)
        # Most texts occur nowhere: looking them up must cost next to nothing.
        return [found[text] for text in texts if text in found]

    def _ask(self, text: str, how: How) -> Values:
        texts = self._column.folded.str
        if how == "contains":
            answer = texts.contains(text, literal=True)
        else:
            answer = texts.starts_with(text) if how == "starts" else texts.ends_with(text)
        return np.flatnonzero(answer.to_numpy())

    def _look_for(self, searched: Sequence[str]) -> None:
        texts = pl.Series("text", list(dict.fromkeys(searched)), dtype=pl.String)
        pieces = [_hits(self._column.folded, first, last, texts) for first, last in _pieces(self._column.folded)]
        hits = pl.concat(pieces)
        whole = self._column.folded.str.len_bytes().gather(hits["value"])
        self._found["contains"] = _by_text(hits, texts)
        self._found["starts"] = _by_text(hits.filter(pl.col("at") == 0), texts)
        self._found["ends"] = _by_text(hits.filter(pl.col("at") + pl.col("length") == whole), texts)


def _hits(folded: pl.Series, first: int, last: int, texts: pl.Series) -> pl.DataFrame:
    piece = folded[first:last]
    found = pl.DataFrame(
        {
            "value": pl.int_range(first, last, eager=True, dtype=pl.UInt32),
            "text": piece.str.extract_many(texts.implode(), overlapping=True),
            "at": piece.str.find_many(texts.implode(), overlapping=True),
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


def _by_text(hits: pl.DataFrame, texts: pl.Series) -> dict[str, Values]:
    each = hits.select("number", "value").unique().sort("number", "value")
    names = texts.gather(each["number"].unique(maintain_order=True)).to_list()
    values = each["value"].to_numpy().astype(np.intp)
    edges = np.flatnonzero(np.diff(each["number"].to_numpy())) + 1
    return dict(zip(names, np.split(values, edges), strict=True)) if names else {}
