"""Which columns hold sentences, and a bounded, repeatable choice of them for the text engine; imports no engine."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from dlp.policy import TextPolicy
from dlp.profiles import BEYOND, LETTER, OTHER, SEPARATOR, Profiles, holding

_SHORTEST = 10  # characters
_FOUR_ENGLISH_WORDS = r"(?s)[A-Za-z]{2}(?:.*?[^A-Za-z][A-Za-z]{2}){3}"
MAY_BE_SENTENCE = holding(BEYOND, shortest=_SHORTEST) | (
    holding(LETTER, shortest=_SHORTEST) & holding(SEPARATOR | OTHER)
)
_MOST_WAITING = 8  # batches
_KEPT = pl.Schema({"value": pl.String, "rows": pl.Int64, "order": pl.UInt64})
_NONE = pl.DataFrame(schema=_KEPT)  # frames do not change: all samples begin with the same one


@dataclass
class DistinctSample:
    """Some distinct values of one column, the same ones in whatever order the batches come.

    Small batches wait until they are asked for: most columns of a wide table never are.
    """

    _kept: pl.DataFrame = field(default_factory=lambda: _NONE)
    _waiting: list[tuple[pl.DataFrame, int, int]] = field(default_factory=list, repr=False)
    _most: int = 0

    @property
    def kept(self) -> pl.DataFrame:
        """Columns `value`, `rows` and `order`: the values with the least hashes."""
        waiting, self._waiting = self._waiting, []
        for frame, begin, end in waiting:
            self.observe(frame[begin:end], self._most)
        return self._kept

    def observe(self, values: pl.DataFrame, most: int) -> None:
        """Choose among the values of one more batch: columns `value`, `rows`, and `order`, a hash of the value."""
        kept = self.kept
        ordered = values.select("value", "rows", "order")
        if len(kept) == most:
            ordered = ordered.filter(pl.col("order") <= kept["order"].max())
        if ordered.is_empty():
            return
        together = pl.concat([kept, ordered.bottom_k(most, by=["order", "value"]).cast(_KEPT)])
        # A value that was once left out has more than enough before it: what is kept is counted in full.
        counted = together.group_by("value").agg(pl.col("rows").sum(), pl.col("order").first())
        self._kept = counted.sort("order", "value").head(most)

    def observe_later(self, values: pl.DataFrame, begin: int, end: int, most: int) -> None:
        """The same for some rows of a frame that other columns share, when they are asked for or become many."""
        self._most = most
        self._waiting.append((values, begin, end))
        if len(self._waiting) > _MOST_WAITING:
            self._kept = self.kept

    def some(self) -> Iterator[str]:
        """The values, and maybe more: what waits is not chosen from yet."""
        yield from self._kept["value"]
        for frame, begin, end in self._waiting:
            yield from frame["value"][begin:end].to_list()

    def counted(self) -> list[tuple[str, int]]:
        """The values with their rows."""
        return list(self.kept.select("value", "rows").iter_rows())


@dataclass
class TextSample:
    """Some of the sentences of one column.

    Attributes:
        rows: how many rows hold a sentence.
    """

    rows: int = 0
    sentences: DistinctSample = field(default_factory=DistinctSample)

    def observe(self, values: pl.DataFrame, made: Profiles, policy: TextPolicy) -> None:
        """Count and choose the sentences of one more batch: columns `value`, `rows` and `order`, and their profiles."""
        sentences = values[np.flatnonzero(MAY_BE_SENTENCE[made])]
        if sentences.is_empty():
            return
        sentences = sentences.filter(_is_sentence(sentences["value"]))
        if not sentences.is_empty():
            self.rows += int(sentences["rows"].sum())
            self.sentences.observe(sentences, policy.values)

    def is_free_text(self, rows: int, policy: TextPolicy) -> bool:
        """Whether enough of so many rows are sentences."""
        return self.rows > 0 and self.rows >= policy.least_share * rows


def language_of(text: str) -> str:
    """`zh` for a text with any Chinese character, else `en`."""
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def _is_sentence(values: pl.Series) -> pl.Series:
    # Three bytes each, where an ASCII character has one.
    chinese = (values.str.len_bytes() - values.str.len_chars()) // 2
    punctuated = (chinese >= 4) & values.str.contains(r"[，。！？；：、,!?;:]")
    english = values.str.contains(_FOUR_ENGLISH_WORDS) & values.str.contains(r"[\s{]")
    return (chinese >= 12) | punctuated | english
