"""What a column holds, counted over its distinct values: the evidence on which a verdict on the whole column rests."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlp.documents import DocumentSample
from dlp.escapes import unescaped
from dlp.free_text import DistinctSample, TextSample
from dlp.kind_batch import KindBatch
from dlp.kind_counts import KindCounts
from dlp.mask_marks import beside_masks, hollow, in_pairs, is_masked, is_nothing_else
from dlp.masked_values import MaskedValues
from dlp.normal import normalised
from dlp.policy import Policy
from dlp.profiles import ANY, DIGIT, LONGEST, SEPARATOR, Profiles, fitting, holding, profiles
from dlp.seen import Seen

# Of which values it has to be asked whether they are masked, and whether they are words of a list.
MAY_HIDE = holding(ANY & ~(DIGIT | SEPARATOR))
MAY_BE_RULED = fitting(DIGIT | SEPARATOR, DIGIT | SEPARATOR, 4, LONGEST)
_LONGEST_WORD = 16
MAY_BE_WORD = holding(ANY & ~DIGIT) & fitting(ANY, 0, 1, _LONGEST_WORD)


@dataclass
class ColumnEvidence(KindCounts):
    """Everything counted of a column so far; batches may come one after the other.

    Attributes:
        rows: rows that hold anything.
        valued: rows that hold a value, and no word for nothing such as `NULL` or `无`.
        words: rows that hold a word of a closed list, by type.
        masks: what was counted of its masked values.
        texts: some of its sentences.
        documents: some of its cells that hold fields of their own.
        values: some of its distinct values.
    """

    rows: int = 0
    valued: int = 0
    distinct: int = 0
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
        fresh = pl.Series("fresh", self.seen(hashes.to_numpy()))
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
            KindBatch(*unescaped(values, made)).count(self, key)

    def seen(self, hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """For each value by its hash, whether it did not come before; they are remembered."""
        return self._seen.fresh(hashes)

    def _without_nulls(self, values: pl.DataFrame, made: Profiles, policy: Policy) -> tuple[pl.DataFrame, Profiles]:
        """The values that are none of the words for nothing; words of closed lists are counted by the way."""
        at = np.flatnonzero(MAY_BE_WORD[made])
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
        at = np.flatnonzero(MAY_HIDE[made] | self._ruled(values, made))
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
        at = np.flatnonzero(MAY_BE_RULED[made])
        if len(at):
            ruled[at] = values["value"].gather(at).str.contains("---", literal=True).to_numpy()
        return ruled
