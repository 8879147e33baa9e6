"""Many small columns counted at once: what a wide table of few rows has, where each query costs more than its values.

Only columns of plain values are counted so: no masks, no sentences, no fields, nothing beside anything. Of these each
value by itself says what it is, so all columns go through each question together.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlp.columns import MAY_BE_RULED, MAY_BE_WORD, MAY_HIDE, ColumnEvidence
from dlp.documents import MAY_BE_DOCUMENT
from dlp.free_text import MAY_BE_SENTENCE
from dlp.kind_batch import HASH, HASH_LENGTHS, MIXED, PREFIXES_KEPT, beginnings
from dlp.kinds import Kind
from dlp.mask_marks import is_masked
from dlp.normal import normalised
from dlp.policy import Policy
from dlp.profiles import DIGIT, LETTER, LONGEST, Profiles, fitting, profiles
from dlp.registry import KINDS
from dlp.seen import Seen

Bools = NDArray[np.bool_]


def plain_columns(columns: Sequence[pl.Series]) -> "PlainColumns":
    """The distinct values of columns of text, side by side; a column is told by its place among them."""
    long = pl.DataFrame({"column": _places(columns), "value": pl.concat([one.alias("value") for one in columns])})
    counted = long.drop_nulls("value").group_by("column", "value", maintain_order=True).len("rows")
    texts = counted.select("column", normalised(counted["value"]).alias("value"), pl.col("rows").cast(pl.Int64))
    return PlainColumns(texts.filter(pl.col("value").str.len_bytes() > 0).sort("column", maintain_order=True))


def _places(columns: Sequence[pl.Series]) -> NDArray[np.uint32]:
    return np.repeat(np.arange(len(columns), dtype=np.uint32), [len(one) for one in columns])


class PlainColumns:
    """The distinct values of many columns (`column`, `value`, `rows`), the values of a column side by side."""

    def __init__(self, values: pl.DataFrame) -> None:
        self._values = values
        self._at = values["column"].to_numpy()
        self._made = profiles(values["value"])

    def plain(self) -> set[int]:
        """The numbers of the columns that hold nothing but plain values."""
        made = self._made
        odd = MAY_BE_SENTENCE[made] | MAY_BE_DOCUMENT[made] | MIXED[made]
        odd |= MAY_BE_RULED[made] | _hiding(self._values["value"], made)
        return set(np.unique(self._at).tolist()) - set(np.unique(self._at[odd]).tolist())

    def count(self, wanted: Mapping[int, ColumnEvidence], *, key: bytes, policy: Policy) -> None:
        """Count these columns into their evidence."""
        kept = np.isin(self._at, list(wanted))
        values = self._values.filter(pl.Series(kept))
        if values.is_empty():
            return
        batch = _Batch(values, self._at[kept], self._made[kept], wanted)
        batch.count(key, policy)


class _Batch:
    """Values of columns that are all counted."""

    def __init__(
        self, values: pl.DataFrame, at: NDArray[np.uint32], made: Profiles, wanted: Mapping[int, ColumnEvidence]
    ) -> None:
        numbers, begins, places = np.unique(at, return_index=True, return_inverse=True)
        self._evidence = [wanted[int(number)] for number in numbers]
        self._many = len(numbers)
        self._place = places.astype(np.intp)
        self._made = made
        self._rows = values["rows"].to_numpy()
        hashes = values["value"].hash(seed=Seen.SEED)
        self._fresh = self._seen(hashes.to_numpy(), begins)
        self._frame = values.select("value", "rows").with_columns(hashes.alias("order"))
        self._claimed: dict[str, Bools] = {}

    @property
    def _texts(self) -> pl.Series:
        return self._frame["value"]

    def count(self, key: bytes, policy: Policy) -> None:
        """Count the values, as `ColumnEvidence.observe` does column by column."""
        for evidence, rows in zip(self._evidence, self._sums(self._rows), strict=True):
            evidence.rows += int(rows)
        self._drop_nulls(policy)
        fresh, valued = self._sums(self._fresh), self._sums(self._rows)
        ends = np.cumsum(np.bincount(self._place, minlength=self._many))
        begin = 0
        for evidence, new, rows, end in zip(self._evidence, fresh, valued, ends.tolist(), strict=True):
            if end > begin:
                evidence.valued += int(rows)
                evidence.distinct += int(new)
                evidence.values.observe_later(self._frame, begin, end, policy.text.confirmed_values)
            begin = end
        self._count_profiles()
        self._count_hashes()
        present = np.unique(self._made)
        for kind in KINDS:
            if kind.fits[present].any():
                self._count_whole(kind, key)

    def _seen(self, hashes: NDArray[np.uint64], begins: NDArray[np.intp]) -> Bools:
        ends = [*begins[1:].tolist(), len(hashes)]
        fresh = [
            evidence.seen(hashes[begin:end])
            for evidence, begin, end in zip(self._evidence, begins.tolist(), ends, strict=True)
        ]
        return np.concatenate(fresh)

    def _sums(self, weights: NDArray[np.generic], at: NDArray[np.intp] | None = None) -> NDArray[np.int64]:
        """The weights of the values, or of those at some places, summed by column."""
        places, chosen = (self._place, weights) if at is None else (self._place[at], weights[at])
        return np.bincount(places, weights=chosen, minlength=self._many).astype(np.int64)

    def _drop_nulls(self, policy: Policy) -> None:
        at = np.flatnonzero(MAY_BE_WORD[self._made])
        words = self._texts.gather(at).str.to_lowercase()
        listed = np.flatnonzero(words.is_in(list(policy.vocabulary)).to_numpy())
        for place, word in zip(at[listed].tolist(), words.gather(listed).to_list(), strict=True):
            found = dict.fromkeys(policy.vocabulary[word], int(self._rows[place]))
            self._evidence[self._place[place]].words.update(found)
        empty = at[words.is_in(list(policy.null_words)).to_numpy()]
        if len(empty):
            kept = np.ones(len(self._made), dtype=np.bool_)
            kept[empty] = False
            self._frame = self._frame.filter(pl.Series(kept))
            self._place, self._made = self._place[kept], self._made[kept]
            self._rows, self._fresh = self._rows[kept], self._fresh[kept]

    def _count_profiles(self) -> None:
        both = (self._place[self._fresh].astype(np.int64) << 16) | self._made[self._fresh]
        for pair, times in zip(*(part.tolist() for part in np.unique(both, return_counts=True)), strict=True):
            self._evidence[pair >> 16].profiles[pair & 0xFFFF] += times

    def _count_hashes(self) -> None:
        at = np.flatnonzero(fitting(DIGIT | LETTER, 0, *HASH_LENGTHS)[self._made])
        if len(at):
            at = at[self._texts.gather(at).str.contains(HASH).to_numpy()]
            for place in at.tolist():
                self._evidence[self._place[place]].hashes += int(self._rows[place])

    def _count_whole(self, kind: Kind, key: bytes) -> None:
        free = kind.fits[self._made]
        if kind.entity_type in self._claimed:
            free &= ~self._claimed[kind.entity_type]
        at = np.flatnonzero(free)
        if len(at):
            at = at[self._texts.gather(at).str.contains(kind.whole).to_numpy()]
        if not len(at):
            return
        holds = at[kind.holds(self._texts.gather(at)).to_numpy()]
        counts = {place: self._evidence[place].count(kind) for place in np.unique(self._place[at]).tolist()}
        candidates, rows, whole = (
            self._sums(self._fresh, at),
            self._sums(self._rows, holds),
            self._sums(self._fresh, holds),
        )
        for place, count in counts.items():
            count.candidates += int(candidates[place])
            count.rows += int(rows[place])
            count.whole += int(whole[place])
        if not len(holds):
            return
        claimed = self._claimed.setdefault(kind.entity_type, np.zeros(len(self._made), dtype=np.bool_))
        claimed[holds] = True
        for place, length in zip(self._place[holds].tolist(), (self._made[holds] & LONGEST).tolist(), strict=True):
            counts[place].hit_lengths.add(length)
        self._count_more(kind, holds, key)

    def _count_more(self, kind: Kind, holds: NDArray[np.intp], key: bytes) -> None:
        kept = pl.DataFrame(
            {"place": self._place[holds], "value": self._texts.gather(holds), "fresh": self._fresh[holds]}
        )
        if kind.spread:
            self._count_beginnings(kind, kept)
        if kind.mistaken:
            mistaken = kept.filter(pl.col("fresh") & pl.col("value").str.contains(rf"^(?:{kind.mistaken})$"))
            for place, times in mistaken.group_by("place").len().iter_rows():
                self._evidence[place].count(kind).mistaken += times
        for place, value in kept.group_by("place").agg(pl.col("value").min()).iter_rows():
            self._evidence[place].count(kind).show_one(value, kind, key)

    def _count_beginnings(self, kind: Kind, kept: pl.DataFrame) -> None:
        begun = kept.with_columns(beginnings(kept["value"], kind).alias("begun"))
        for place, prefixes in begun.group_by("place").agg(pl.col("begun").unique()).iter_rows():
            count = self._evidence[place].count(kind)
            if len(count.prefixes) < PREFIXES_KEPT:
                count.prefixes.update(prefixes[:PREFIXES_KEPT])
        if kind.given_out:
            strange = begun.filter(pl.col("fresh") & ~pl.col("begun").str.contains(rf"^(?:{kind.given_out})$"))
            for place, times in strange.group_by("place").len().iter_rows():
                self._evidence[place].count(kind).strange += times


def _hiding(texts: pl.Series, made: Profiles) -> Bools:
    """Which values hold a mask."""
    hides = np.zeros(len(made), dtype=np.bool_)
    at = np.flatnonzero(MAY_HIDE[made])
    if len(at):
        hides[at] = is_masked(texts.gather(at)).to_numpy()
    return hides
