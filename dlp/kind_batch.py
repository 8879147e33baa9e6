"""The unmasked distinct values of one batch, counted by kind."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlp.kind_counts import KindCount, KindCounts
from dlp.kinds import Kind
from dlp.profiles import ANY, DIGIT, DOT, LETTER, LONGEST, WORD, Profiles, fitting, holding
from dlp.registry import KINDS
from dlp.spans import spans

PREFIXES_KEPT = 200
HASH = r"^(?i:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$"
HASH_LENGTHS = (32, 64)
_SHORTEST_TEXT = 5  # characters: a value of four and something beside it
MIXED = holding(ANY & ~WORD, beyond=DIGIT | DOT, shortest=_SHORTEST_TEXT)
_CONTEXT_WORDS = sorted({word for kind in KINDS if kind.in_text and not kind.in_text_alone for word in kind.words})


class KindBatch:
    """The unmasked distinct values of one batch, and which of them are already claimed by a type."""

    def __init__(self, values: pl.DataFrame, made: Profiles) -> None:
        """Values with the `rows` that hold each and whether it is `fresh`, and their profiles."""
        self._values, self._made = values, made
        self._texts = values["value"]
        self._claimed: dict[str, NDArray[np.bool_]] = {}
        self._gates: dict[tuple[str, int, bool], NDArray[np.intp]] = {}
        self._made_of: dict[tuple[int, bool], tuple[NDArray[np.intp], pl.Series]] = {}
        self._mixed = np.flatnonzero(MIXED[made])
        self._spoken: NDArray[np.intp] | None = None

    def count(self, evidence: KindCounts, key: bytes) -> None:
        """Count every kind, whole values first."""
        fresh = np.bincount(self._made[self._values["fresh"].to_numpy()], minlength=0)
        evidence.profiles.update({int(code): int(fresh[code]) for code in np.flatnonzero(fresh)})
        present = np.unique(self._made)
        self._count_hashes(evidence, present)
        for kind in KINDS:
            if kind.fits[present].any():
                self._count_whole(kind, evidence, key)
            if kind.in_text and len(self._mixed):
                self._count_text(kind, evidence, key)

    def _count_hashes(self, evidence: KindCounts, present: Profiles) -> None:
        table = fitting(DIGIT | LETTER, 0, *HASH_LENGTHS)
        if table[present].any():
            long = self._values.filter(pl.Series(table[self._made]))
            evidence.hashes += int(long.filter(long["value"].str.contains(HASH))["rows"].sum())

    def _count_whole(self, kind: Kind, evidence: KindCounts, key: bytes) -> None:
        free = kind.fits[self._made]
        if kind.entity_type in self._claimed:
            free &= ~self._claimed[kind.entity_type]
        at = np.flatnonzero(free)
        at = at[self._texts.gather(at).str.contains(kind.whole).to_numpy()]
        if not len(at):
            return
        holding_at = at[kind.holds(self._texts.gather(at)).to_numpy()]
        count, kept = evidence.count(kind), self._values[holding_at]
        count.candidates += int(self._values["fresh"].gather(at).sum())
        count.rows += int(kept["rows"].sum())
        count.whole += int(kept["fresh"].sum())
        count.hit_lengths.update(int(code) & LONGEST for code in np.unique(self._made[holding_at]))
        if kind.spread and (kind.given_out or len(count.prefixes) < PREFIXES_KEPT):
            _count_beginnings(kind, count, kept)
        if kind.mistaken:
            count.mistaken += int(kept["fresh"].filter(kept["value"].str.contains(rf"^(?:{kind.mistaken})$")).sum())
        if len(holding_at):
            count.show(kept["value"], kind, key)
            claimed = self._claimed.setdefault(kind.entity_type, np.zeros(len(self._texts), dtype=np.bool_))
            claimed[holding_at] = True

    def _count_text(self, kind: Kind, evidence: KindCounts, key: bytes) -> None:
        at = self._gated(kind)
        if kind.entity_type in self._claimed:
            at = at[~self._claimed[kind.entity_type][at]]
        if not len(at):
            return
        texts = self._values[at]
        if not kind.in_text_alone:
            texts = texts.filter(texts["value"].str.contains_any(list(kind.words), ascii_case_insensitive=True))
        count = evidence.count(kind)
        if kind.shape and kind.in_text_alone:
            edged = rf"(?:^|[^0-9A-Za-z.])(?:{kind.shape})(?:[^0-9A-Za-z]|$)"
            count.text_shapes += int(texts["value"].str.count_matches(edged).sum())
        found = spans(kind, texts)
        if found.is_empty():
            return
        count.text_candidates += len(found)
        found = found.filter(kind.holds(found["token"]))
        count.in_text += len(found)
        count.with_context += int(found["context"].sum())
        believed = found if kind.in_text_alone else found.filter(pl.col("context"))
        count.text_rows += int(believed.unique("at")["rows"].sum())
        if not believed.is_empty():
            count.show(believed["token"], kind, key)

    def _gated(self, kind: Kind) -> NDArray[np.intp]:
        """Which texts may hold a value of a kind, beside something else."""
        key = kind.gate, kind.needs, kind.in_text_alone
        if key not in self._gates:
            at, texts = self._able(kind)
            self._gates[key] = at[texts.str.contains(kind.gate).to_numpy()] if len(at) else at
        at = self._gates[key]
        longer = holding(ANY, shortest=kind.lengths[0] + 1)
        return at[longer[self._made[at]]] if len(at) else at

    def _able(self, kind: Kind) -> tuple[NDArray[np.intp], pl.Series]:
        """Which texts are made of what a kind needs, and they themselves."""
        key = kind.needs, kind.in_text_alone
        if key not in self._made_of:
            # A word must speak for it, and words are rarer than digits.
            at = self._mixed if kind.in_text_alone else self._with_any_context()
            at = at[fitting(ANY, kind.needs, _SHORTEST_TEXT, LONGEST)[self._made[at]]]
            self._made_of[key] = at, self._texts.gather(at)
        return self._made_of[key]

    def _with_any_context(self) -> NDArray[np.intp]:
        if self._spoken is None:
            texts = self._texts.gather(self._mixed)
            said = texts.str.contains_any(_CONTEXT_WORDS, ascii_case_insensitive=True).to_numpy()
            self._spoken = self._mixed[said]
        return self._spoken


def beginnings(values: pl.Series, kind: Kind) -> pl.Series:
    """What values begin with, as far as it must vary, behind a country code."""
    return values.str.replace(r"^(?:\+|00)?86[- ]?", "").str.head(kind.spread)


def _count_beginnings(kind: Kind, count: KindCount, kept: pl.DataFrame) -> None:
    begun = beginnings(kept["value"], kind)
    if len(count.prefixes) < PREFIXES_KEPT:
        count.prefixes.update(begun.unique().head(PREFIXES_KEPT).to_list())
    if kind.given_out:
        strange = ~begun.str.contains(rf"^(?:{kind.given_out})$")
        count.strange += int(kept["fresh"].filter(strange).sum())
