"""What a column holds, counted over its distinct values: the evidence on which a verdict on the whole column rests."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlp.documents import DocumentSample
from dlp.free_text import DistinctSample, TextSample
from dlp.kind_counts import KindCount
from dlp.kinds import Kind
from dlp.mask_marks import beside_masks, hollow, in_pairs, is_masked, is_nothing_else
from dlp.masked_values import MaskedValues
from dlp.normal import normalised
from dlp.policy import Policy
from dlp.profiles import ANY, DIGIT, DOT, LETTER, LONGEST, SEPARATOR, WORD, Profiles, fitting, holding, profiles
from dlp.registry import KINDS
from dlp.seen import Seen
from dlp.spans import spans

_PREFIXES_KEPT = 200
_HASH = r"^(?i:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$"
_HASH_LENGTHS = (32, 64)
_SHORTEST_TEXT = 5  # characters: a value of four and something beside it
_MAY_HIDE = holding(ANY & ~(DIGIT | SEPARATOR))
_MAY_BE_RULED = fitting(DIGIT | SEPARATOR, DIGIT | SEPARATOR, 4, LONGEST)
_MIXED = holding(ANY & ~WORD, beyond=DIGIT | DOT, shortest=_SHORTEST_TEXT)
_LONGEST_WORD = 16
_MAY_BE_WORD = holding(ANY & ~DIGIT) & fitting(ANY, 0, 1, _LONGEST_WORD)
_CONTEXT_WORDS = sorted({word for kind in KINDS if kind.in_text and not kind.in_text_alone for word in kind.context})


@dataclass
class ColumnEvidence:
    """Everything counted of a column so far; batches may come one after the other.

    Attributes:
        rows: rows that hold anything.
        valued: rows that hold a value, and no word for nothing such as `NULL` or `无`.
        hashes: rows that hold something as long as an MD5, SHA-1 or SHA-256 in hex.
        profiles: of the unmasked distinct values, how many have each profile (`dlp.profiles`).
        words: rows that hold a word of a closed list, by type.
        masks: what was counted of its masked values.
        texts: some of its sentences.
        documents: some of its cells that hold fields of their own.
        values: some of its distinct values.
    """

    rows: int = 0
    valued: int = 0
    distinct: int = 0
    hashes: int = 0
    kinds: dict[str, KindCount] = field(default_factory=dict)
    profiles: Counter[int] = field(default_factory=Counter)
    words: Counter[str] = field(default_factory=Counter)
    masks: MaskedValues = field(default_factory=MaskedValues)
    texts: TextSample = field(default_factory=TextSample)
    documents: DocumentSample = field(default_factory=DocumentSample)
    values: DistinctSample = field(default_factory=DistinctSample)
    _seen: Seen = field(default_factory=Seen)

    def observe(self, counted: pl.DataFrame, *, key: bytes, policy: Policy) -> None:
        """Count the distinct values of one batch: columns `value` (text) and `rows` (how many rows hold it)."""
        values = counted.select(normalised(counted["value"]).alias("value"), pl.col("rows").cast(pl.Int64))
        values = values.filter(pl.col("value").str.len_bytes() > 0)
        if values.is_empty():
            return
        hashes = values["value"].hash(seed=Seen.SEED)
        fresh = pl.Series("fresh", self._seen.fresh(hashes.to_numpy()))
        values = values.with_columns(fresh, hashes.alias("order"))
        self.rows += int(values["rows"].sum())
        values, made = self._without_nulls(values, profiles(values["value"]), policy)
        if values.is_empty():
            return
        self.valued += int(values["rows"].sum())
        self.distinct += int(values["fresh"].sum())
        self.texts.observe(values, made, policy.text)
        self.documents.observe(values, made, policy.text.values)
        self.values.observe(values, policy.text.confirmed_values)
        values, made = self._without_masks(values, made, key=key, policy=policy)
        if not values.is_empty():
            _Batch(values, made).count(self, key)

    def _without_nulls(self, values: pl.DataFrame, made: Profiles, policy: Policy) -> tuple[pl.DataFrame, Profiles]:
        """The values that are none of the words for nothing; words of closed lists are counted by the way."""
        at = np.flatnonzero(_MAY_BE_WORD[made])
        if not len(at):
            return values, made
        words = values["value"].gather(at).str.to_lowercase()
        listed = words.is_in(list(policy.vocabulary)).to_numpy()
        for word, rows in zip(words.filter(listed), values["rows"].gather(at[listed]), strict=True):
            self.words.update(dict.fromkeys(policy.vocabulary[word], rows))
        empty = at[words.is_in(list(policy.null_words)).to_numpy()]
        if not len(empty):
            return values, made
        kept = np.ones(len(values), dtype=np.bool_)
        kept[empty] = False
        return values.filter(pl.Series(kept)), made[kept]

    def _without_masks(
        self, values: pl.DataFrame, made: Profiles, *, key: bytes, policy: Policy
    ) -> tuple[pl.DataFrame, Profiles]:
        """Count the masked values; the others, and those that are to be looked at both ways."""
        at = np.flatnonzero(_MAY_HIDE[made] | self._ruled(values, made))
        at = at[is_masked(values["value"].gather(at)).to_numpy()] if len(at) else at
        if not len(at):
            return values, made
        hidden = values[at]
        bare = hollow(hidden["value"])
        shown = bare.is_not_null()
        self.masks.hollow += int(hidden.filter(shown)["rows"].sum())
        self.masks.observe(in_pairs(hidden.filter(~shown)), key=key, policy=policy)
        kept = np.ones(len(values), dtype=np.bool_)
        hiding = is_nothing_else(hidden["value"])
        # What stands between and beside the signs is the value, or beside the mask another one.
        left = bare.fill_null(beside_masks(hidden["value"]).set(~hiding, None))
        read = left.is_not_null()
        kept[at] = (read | ~hiding).to_numpy()
        if read.any():
            texts = values["value"].scatter(at[read.to_numpy()], left.drop_nulls())
            values, made = values.with_columns(texts), profiles(texts)
        return values.filter(pl.Series(kept)), made[kept]

    def _ruled(self, values: pl.DataFrame, made: Profiles) -> NDArray[np.bool_]:
        """Which values of digits and separators alone hold a run of hyphens, which may hide: 138-----678."""
        ruled = np.zeros(len(made), dtype=np.bool_)
        at = np.flatnonzero(_MAY_BE_RULED[made])
        if len(at):
            ruled[at] = values["value"].gather(at).str.contains("---", literal=True).to_numpy()
        return ruled

    def count(self, kind: Kind) -> KindCount:
        """What was counted of a kind."""
        return self.kinds.setdefault(kind.name, KindCount())

    def look_alikes(self, kind: Kind) -> int:
        """Distinct values that could be taken for a hit of a kind: made of the same, and as long as one."""
        count = self.kinds.get(kind.name)
        if count is None or not count.hit_lengths:
            return 0
        if kind.marked:
            return count.candidates
        alike = fitting(kind.of, kind.needs, 0, LONGEST, some=kind.some_of)
        return sum(many for made, many in self.profiles.items() if alike[made] and made & LONGEST in count.hit_lengths)


class _Batch:
    """The unmasked distinct values of one batch, and which of them are already claimed by a type."""

    def __init__(self, values: pl.DataFrame, made: Profiles) -> None:
        self._values, self._made = values, made
        self._texts = values["value"]
        self._claimed: dict[str, NDArray[np.bool_]] = {}
        self._gates: dict[tuple[str, int, bool], NDArray[np.intp]] = {}
        self._mixed = np.flatnonzero(_MIXED[made])
        self._spoken: NDArray[np.intp] | None = None

    def count(self, evidence: ColumnEvidence, key: bytes) -> None:
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

    def _count_hashes(self, evidence: ColumnEvidence, present: Profiles) -> None:
        table = fitting(DIGIT | LETTER, 0, *_HASH_LENGTHS)
        if table[present].any():
            long = self._values.filter(pl.Series(table[self._made]))
            evidence.hashes += int(long.filter(long["value"].str.contains(_HASH))["rows"].sum())

    def _count_whole(self, kind: Kind, evidence: ColumnEvidence, key: bytes) -> None:
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
        if kind.spread and len(count.prefixes) < _PREFIXES_KEPT:
            bare = kept["value"].str.replace(r"^(?:\+|00)?86[- ]?", "")
            count.prefixes.update(bare.str.head(kind.spread).unique().head(_PREFIXES_KEPT).to_list())
        if len(holding_at):
            count.show(kept["value"], kind, key)
            claimed = self._claimed.setdefault(kind.entity_type, np.zeros(len(self._texts), dtype=np.bool_))
            claimed[holding_at] = True

    def _count_text(self, kind: Kind, evidence: ColumnEvidence, key: bytes) -> None:
        at = self._gated(kind)
        if kind.entity_type in self._claimed:
            at = at[~self._claimed[kind.entity_type][at]]
        if not len(at):
            return
        texts = self._values[at]
        if not kind.in_text_alone:
            texts = texts.filter(texts["value"].str.contains_any(list(kind.context), ascii_case_insensitive=True))
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
            # A word must speak for it, and words are rarer than digits.
            at = self._mixed if kind.in_text_alone else self._with_any_context()
            at = at[fitting(ANY, kind.needs, _SHORTEST_TEXT, LONGEST)[self._made[at]]]
            passed = self._texts.gather(at).str.contains(kind.gate).to_numpy() if len(at) else at
            self._gates[key] = at[passed]
        at = self._gates[key]
        longer = holding(ANY, shortest=kind.lengths[0] + 1)
        return at[longer[self._made[at]]] if len(at) else at

    def _with_any_context(self) -> NDArray[np.intp]:
        if self._spoken is None:
            texts = self._texts.gather(self._mixed)
            said = texts.str.contains_any(_CONTEXT_WORDS, ascii_case_insensitive=True).to_numpy()
            self._spoken = self._mixed[said]
        return self._spoken
