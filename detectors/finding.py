"""Which values hold which texts: all texts of a rule set looked for in all values of a block at once.

Aho and Corasick, "Efficient string matching: an aid to bibliographic search", 1975, as polars implements it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
import polars as pl

from detectors.block import Column, Values

How = Literal["contains", "starts", "ends"]

HOWS: tuple[How, ...] = ("contains", "starts", "ends")
NO_VALUES: Values = np.empty(0, np.intp)

# Texts shorter than this occur everywhere: listing every place where they do would cost more than asking for each.
_SHORT = 3
# Bytes of values looked through at once; bounds the list of what was found.
_PIECE = 4_000_000


class Texts:
    """What rules look for in parts of values: which texts, in which places, and how they are to occur there.

    A *key* stands for a place and a text; it is the same for every block.
    """

    def __init__(self, wanted: Iterable[tuple[str, How, str]], equal: Iterable[tuple[str, str]] = ()) -> None:
        """Take places, ways to occur, and folded texts; and places with folded texts that are whole values there."""
        asked = list(dict.fromkeys(wanted))
        self.equal: dict[str, dict[str, None]] = defaultdict(dict)
        for place, text in equal:
            self.equal[place][text] = None
        texts = dict.fromkeys(text for _, _, text in asked)
        self.long = [text for text in texts if len(text.encode()) >= _SHORT]
        self._numbers = {text: number for number, text in enumerate(self.long)}
        for text in texts:
            self._numbers.setdefault(text, len(self._numbers))
        self.places = {place: number for number, place in enumerate(dict.fromkeys(place for place, _, _ in asked))}
        self.short: dict[str, list[tuple[How, str]]] = defaultdict(list)
        # For each way, place and text whether some rule asks for it: most that occurs is nobody's question.
        self.asked = {how: np.zeros((len(self.places), len(self._numbers)), np.bool_) for how in HOWS}
        for place, how, text in asked:
            self.asked[how][self.places[place], self._numbers[text]] = True
            if self._numbers[text] >= len(self.long):
                self.short[place].append((how, text))

    def key(self, place: str, text: str) -> int:
        """The key of a place and a text, both of which are asked for."""
        return self.places[place] * len(self._numbers) + self._numbers[text]

    def keys(self, places: npt.NDArray[np.int64], texts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The keys of many, by the numbers of their places and texts."""
        return places * len(self._numbers) + texts


class Occurrences:
    """Where texts occur in the folded values of the columns of a block, which stand side by side there.

    Attributes:
        found: by how they occur: key to the values of its column that hold the text so; what occurs nowhere is absent.
        equal: (place, text) to the values of the column that are that text; what no value is, is absent.
    """

    def __init__(self, columns: Mapping[str, Column], texts: Texts) -> None:
        self._texts = texts
        searched = {place: column for place, column in columns.items() if place in texts.places}
        self.found = {how: _short(searched, texts, how) for how in HOWS}
        for how, found in _found(searched, texts).items():
            self.found[how].update(found)
        self.equal = _equal(columns, texts)

    def having(self, place: str, texts: Iterable[str], how: How) -> list[Values]:
        """For each of these texts that occurs in a column, once: its values that contain it, or begin or end so."""
        found, key = self.found[how], self._texts.key
        keys = {key(place, text) for text in texts}
        return [found[each] for each in keys if each in found]


def _equal(columns: Mapping[str, Column], texts: Texts) -> dict[tuple[str, str], Values]:
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place, column in columns.items():
        wanted = texts.equal.get(place)
        if not wanted:
            continue
        at = np.flatnonzero(column.folded.is_in(list(wanted)).to_numpy())
        for value, text in zip(at.tolist(), column.folded.gather(at), strict=True):
            found[place, text].append(value)
    return {key: np.array(values, np.intp) for key, values in found.items()}


def _short(columns: Mapping[str, Column], texts: Texts, how: How) -> dict[int, Values]:
    found = {}
    for place, column in columns.items():
        wanted = [text for asked, text in texts.short.get(place, ()) if asked == how]
        value = pl.col(column.folded.name).str
        if not wanted:
            continue
        # In one go: for polars, to begin costs more than to look.
        held = column.folded.to_frame().select(_test(value, text, how).alias(text) for text in wanted)
        for text in wanted:
            values = np.flatnonzero(held[text].to_numpy())
            if len(values):
                found[texts.key(place, text)] = values
    return found


def _test(value: "pl.expr.string.ExprStringNameSpace", text: str, how: How) -> pl.Expr:
    if how == "contains":
        return value.contains(text, literal=True)
    return value.starts_with(text) if how == "starts" else value.ends_with(text)


def _found(columns: Mapping[str, Column], texts: Texts) -> dict[How, dict[int, Values]]:
    if not texts.long or not columns:
        return {}
    folded = pl.concat([column.folded.alias("folded") for column in columns.values()])
    sizes = [len(column.folded) for column in columns.values()]
    places = np.repeat([texts.places[place] for place in columns], sizes)
    within = np.concatenate([np.arange(size) for size in sizes])
    names = pl.Series("text", texts.long, dtype=pl.String)
    hits = [_hits(folded, first, last, names) for first, last in _pieces(folded)]
    value, number = (np.concatenate([hit[at] for hit in hits]) for at in range(2))
    found: dict[How, dict[int, Values]] = {}
    for how in HOWS:
        asked = texts.asked[how][places[value], number]
        at, text = value[asked], number[asked]
        if how != "contains":
            held = pl.DataFrame({"value": folded.gather(at), "text": names.gather(text)})
            value_of, text_of = pl.col("value").str, pl.col("text")
            test = value_of.starts_with(text_of) if how == "starts" else value_of.ends_with(text_of)
            so = held.select(test).to_series().to_numpy()
            at, text = at[so], text[so]
        found[how] = _by_key(texts.keys(places[at], text), within[at])
    return found


def _hits(
    folded: pl.Series, first: int, last: int, texts: pl.Series
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Which values hold which texts, by number; a text that is there twice is told twice."""
    found = folded[first:last].str.extract_many(texts.implode(), overlapping=True)
    values = np.repeat(np.arange(first, last), found.list.len().to_numpy())
    told = found.explode(empty_as_null=False)
    return values, told.cast(pl.Enum(texts)).to_physical().to_numpy().astype(np.int64)


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
    edges: Sequence[int] = (np.flatnonzero(np.diff(keys)) + 1).tolist()
    begins = [0, *edges]
    return {
        key: values[begin:end]
        for key, begin, end in zip(keys[begins].tolist(), begins, [*edges, len(keys)], strict=True)
    }
