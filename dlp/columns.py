"""What a column holds, counted over its distinct values: the evidence on which a verdict on the whole column rests."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from dlp.free_text import DistinctSample, TextSample
from dlp.kinds import Kind
from dlp.masked_values import MaskedValues, is_masked, is_nothing_else
from dlp.masking import fingerprint, masked
from dlp.normal import normalised
from dlp.policy import Policy
from dlp.registry import KINDS

Mask = NDArray[np.bool_]

_REMEMBERED = 500_000  # distinct values of a column that are told apart across batches
_CONTEXT_BEFORE, _CONTEXT_AFTER = 24, 8  # characters
_PREFIXES_KEPT = 200
_HASH = r"^(?i:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$"


@dataclass
class KindCount:
    """What was counted of one kind in one column; `rows` count rows, everything else distinct values."""

    rows: int = 0
    whole: int = 0
    candidates: int = 0
    shape_lengths: Counter[int] = field(default_factory=Counter)
    hit_lengths: set[int] = field(default_factory=set)
    text_rows: int = 0
    in_text: int = 0
    text_candidates: int = 0
    text_shapes: int = 0
    with_context: int = 0
    prefixes: set[str] = field(default_factory=set)
    shown: str = field(default="", repr=False)
    sample: str = ""
    sample_fingerprint: str = ""

    @property
    def shapes(self) -> int:
        """Values that could be taken for a hit: of the looser shape, and as long as one."""
        return sum(self.shape_lengths[length] for length in self.hit_lengths)


@dataclass
class ColumnEvidence:
    """Everything counted of a column so far; batches may come one after the other.

    Attributes:
        rows: rows that hold a value.
        hashes: rows that hold something as long as an MD5, SHA-1 or SHA-256 in hex.
        masks: what was counted of its masked values.
        texts: some of its sentences.
        values: some of its distinct values.
    """

    rows: int = 0
    distinct: int = 0
    hashes: int = 0
    kinds: dict[str, KindCount] = field(default_factory=dict)
    masks: MaskedValues = field(default_factory=MaskedValues)
    texts: TextSample = field(default_factory=TextSample)
    values: DistinctSample = field(default_factory=DistinctSample)
    _seen: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))

    def observe(self, counted: pl.DataFrame, *, key: bytes, policy: Policy) -> None:
        """Count the distinct values of one batch: columns `value` (text) and `rows` (how many rows hold it)."""
        values = counted.select(normalised(counted["value"]).alias("value"), pl.col("rows").cast(pl.Int64))
        values = values.filter(pl.col("value").str.len_bytes() > 0)
        if values.is_empty():
            return
        values = values.with_columns(pl.Series("fresh", self._fresh(values["value"])))
        self.rows += int(values["rows"].sum())
        self.distinct += int(values["fresh"].sum())
        self.texts.observe(values, policy.text)
        self.values.observe(values, policy.text.confirmed_values)
        hidden = is_masked(values["value"])
        self._observe_raw(values.filter(~(hidden & is_nothing_else(values["value"]))), key)
        if hidden.any():
            self.masks.observe(values.filter(hidden), key=key, policy=policy)

    def count(self, kind: Kind) -> KindCount:
        """What was counted of a kind."""
        return self.kinds.setdefault(kind.name, KindCount())

    def _fresh(self, values: pl.Series) -> NDArray[np.bool_]:
        hashes = values.hash(seed=7).to_numpy()
        fresh = ~np.isin(hashes, self._seen)
        if len(self._seen) < _REMEMBERED:
            self._seen = np.concatenate([self._seen, hashes[fresh]])
        return np.asarray(fresh)

    def _observe_raw(self, values: pl.DataFrame, key: bytes) -> None:
        if values.is_empty():
            return
        self.hashes += int(values.filter(pl.col("value").str.contains(_HASH))["rows"].sum())
        lengths = values["value"].str.len_chars().to_numpy()
        mixed = values["value"].str.contains(r"[^0-9A-Za-z]").to_numpy()
        gates = _gates(values["value"])
        claimed: dict[str, Mask] = {}
        for kind in KINDS:
            gate = gates.get(kind.gate)
            if gate is None:
                continue
            taken = claimed.get(kind.entity_type, np.zeros(len(values), dtype=np.bool_))
            fits = gate & (lengths >= kind.lengths[0]) & (lengths <= kind.lengths[1])
            if fits.any():
                taken = taken | self._observe_whole(kind, values, fits & ~taken, key)
                self._observe_shapes(kind, values.filter(pl.Series(fits)))
            claimed[kind.entity_type] = taken
            longer = gate & mixed & (lengths > kind.lengths[0]) & ~taken
            if kind.in_text and longer.any():
                self._observe_text(kind, values.filter(pl.Series(longer)), key)

    def _observe_whole(self, kind: Kind, values: pl.DataFrame, free: Mask, key: bytes) -> Mask:
        """Which of all the values hold this kind, counted by the way."""
        whole = _within(free, values["value"].filter(pl.Series(free)).str.contains(kind.whole))
        if not whole.any():
            return whole
        found = values.filter(pl.Series(whole))
        holding = kind.holds(found["value"])
        count, kept = self.count(kind), found.filter(holding)
        count.candidates += int(found["fresh"].sum())
        count.rows += int(kept["rows"].sum())
        count.whole += int(kept["fresh"].sum())
        count.hit_lengths.update(kept["value"].str.len_chars().unique().to_list())
        if kind.spread and len(count.prefixes) < _PREFIXES_KEPT:
            bare = kept["value"].str.replace(r"^(?:\+|00)?86[- ]?", "")
            count.prefixes.update(bare.str.head(kind.spread).unique().head(_PREFIXES_KEPT).to_list())
        if not kept.is_empty():
            _show(count, kept["value"], kind, key)
        return _within(whole, holding)

    def _observe_shapes(self, kind: Kind, values: pl.DataFrame) -> None:
        if kind.shape:
            shaped = values["value"].filter(values["value"].str.contains(f"^(?:{kind.shape})$") & values["fresh"])
            lengths = shaped.str.len_chars().value_counts()
            self.count(kind).shape_lengths.update(dict(lengths.iter_rows()))

    def _observe_text(self, kind: Kind, values: pl.DataFrame, key: bytes) -> None:
        if not kind.in_text_alone:
            values = values.filter(values["value"].str.contains_any(list(kind.context), ascii_case_insensitive=True))
        if values.is_empty():
            return
        count = self.count(kind)
        if kind.shape and kind.in_text_alone:
            edged = rf"(?:^|[^0-9A-Za-z.])(?:{kind.shape})(?:[^0-9A-Za-z]|$)"
            count.text_shapes += int(values["value"].str.count_matches(edged).sum())
        spans = _spans(kind, values.filter(values["value"].str.contains(kind.pattern)))
        if spans.is_empty():
            return
        count.text_candidates += len(spans)
        spans = spans.filter(kind.holds(spans["token"]))
        count.in_text += len(spans)
        count.with_context += int(spans["context"].sum())
        believed = spans if kind.in_text_alone else spans.filter(pl.col("context"))
        count.text_rows += int(believed.unique("at")["rows"].sum())
        if not believed.is_empty():
            _show(count, believed["token"], kind, key)


def _show(count: KindCount, values: pl.Series, kind: Kind, key: bytes) -> None:
    # The least of all, so that it does not depend on the order in which values come.
    value = str(values.min())
    if not count.shown or value < count.shown:
        count.shown = value
        count.sample = masked(value, kind.entity_type)
        count.sample_fingerprint = fingerprint(value, key)


def _gates(values: pl.Series) -> dict[str, Mask]:
    """For each gate that any value contains, which ones do."""
    gates = list(dict.fromkeys(kind.gate for kind in KINDS))
    frame = values.alias("value").to_frame()
    found = frame.select(pl.col("value").str.contains(gate).alias(gate) for gate in gates)
    masks = {gate: found[gate].to_numpy() for gate in gates}
    return {gate: mask for gate, mask in masks.items() if mask.any()}


def _within(mask: Mask, chosen: pl.Series) -> Mask:
    """The mask, narrowed to those of its members that are chosen."""
    taken = mask.copy()
    taken[mask] = chosen.to_numpy()
    return taken


def _spans(kind: Kind, values: pl.DataFrame) -> pl.DataFrame:
    bounded = _compiled(kind.bounded)
    found = [
        (at, rows, match.group(), _has_context(kind, text, match))
        for at, (text, rows) in enumerate(values.select("value", "rows").iter_rows())
        for match in bounded.finditer(text)
    ]
    schema = {"at": pl.Int64, "rows": pl.Int64, "token": pl.String, "context": pl.Boolean}
    return pl.DataFrame(found, schema=schema, orient="row")


def _has_context(kind: Kind, text: str, match: re.Match[str]) -> bool:
    start, end = match.span()
    near = f"{text[max(0, start - _CONTEXT_BEFORE) : start]} {text[end : end + _CONTEXT_AFTER]}"
    return _any_word(kind.context).search(near) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@cache
def _any_word(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(word) for word in words) or r"(?!)", re.IGNORECASE)
