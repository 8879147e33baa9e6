"""Masked values of a column: what is left of them tells which type they were, and how many values still fit."""

import re
from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from dlp.kinds import Kind
from dlp.mask_marks import one_mask
from dlp.masking import fingerprint, masked
from dlp.policy import Policy
from dlp.profiles import DIGIT, DOT, LOWER, SEPARATOR, UPPER, X
from dlp.registry import ENTITY_TYPES, KINDS
from dlp.residual import residual_candidates

_MASKS_TRIED = 50  # masked values per batch whose residual candidates are counted
_MOST = 0.5
_MASKED_TYPES = {kind.entity_type for kind in KINDS if kind.masked_forms or kind.named_masks}
_TYPES = [name for name in ENTITY_TYPES if name in _MASKED_TYPES]

_SIGNS = {DIGIT: "0-9", UPPER: "A-Z", LOWER: "a-z", X: "Xx", SEPARATOR: r" \-", DOT: r"\."}
_CODED = sum(_SIGNS)
_PARTED = r"^[^{\[]"  # JSON has fields, which are judged by themselves
_PARTS = r"[^\s,，;；|/()（）\[\]<>\x22'、:：]{4,}"
_LONGEST = 40  # characters of a value with a mask and something beside it

Claims = tuple[tuple[str, bool], ...]  # the types a masked value may be of, and whether its form alone says so


@dataclass
class MaskCount:
    """Of the masked values of one type: the fewest values that fit one of them, and one to show."""

    weakest: int | None = None
    shown: str = ""
    sample: str = ""
    fingerprint: str = ""


@dataclass
class MaskedValues:
    """What was counted of masked values so far.

    Attributes:
        hollow: rows whose mask hides nothing of the value.
        opaque: rows whose value is nothing but mask characters, or a word for that.
        claims: rows by the types that they may be of.
        shown: by type, what to tell of it.
    """

    hollow: int = 0
    opaque: int = 0
    claims: Counter[Claims] = field(default_factory=Counter)
    shown: dict[str, MaskCount] = field(default_factory=dict)

    @property
    def hidden(self) -> int:
        """Rows whose value is masked, wholly or in a way that some type is."""
        return self.opaque + sum(rows for claims, rows in self.claims.items() if claims)

    def observe(self, values: pl.DataFrame, *, key: bytes, policy: Policy) -> None:
        """Count masked values: columns `value` and `rows`."""
        texts = [one_mask(value) for value in values["value"].to_list()]
        masks = values.with_columns(pl.Series("value", texts, dtype=pl.String))
        opaque = masks["value"].str.contains(r"^[*\s-]+$")
        self.opaque += int(masks.filter(opaque)["rows"].sum())
        masks = masks.filter(~opaque & masks["value"].str.contains(r"\*"))
        if masks.is_empty():
            return
        fits = _types_of(masks)
        masks, fits = _in_parts(masks, fits)
        for name in _TYPES:
            of_type = masks.filter(fits[name] > 0)
            if not of_type.is_empty():
                self._show(name, of_type["value"], key, policy)
        claimed = fits.with_columns(masks["rows"]).group_by(_TYPES).agg(pl.col("rows").sum())
        for *strengths, rows in claimed.iter_rows():
            claims = tuple((name, strength == 2) for name, strength in zip(_TYPES, strengths, strict=True) if strength)
            self.claims[claims] += int(rows)

    def rows_by_type(self, named: frozenset[str], rows: int) -> dict[str, int]:
        """Of so many rows, how many are masked values of each type, when the name of the column says those types."""
        sure = self._settled(named)
        # What most values are, the others may be too, masked in a way that proves less.
        return self._settled(named | {name for name, count in sure.items() if count > _MOST * rows})

    def _settled(self, named: frozenset[str]) -> Counter[str]:
        possible: Counter[str] = Counter()
        for claims, rows in self.claims.items():
            possible.update(dict.fromkeys(_candidates(claims, named), rows))
        settled: Counter[str] = Counter()
        for claims, rows in self.claims.items():
            candidates = _candidates(claims, named)
            if candidates:
                settled[max(candidates, key=lambda name: possible[name])] += rows
        return settled

    def _show(self, name: str, masks: pl.Series, key: bytes, policy: Policy) -> None:
        count = self.shown.setdefault(name, MaskCount())
        # The mask that hides the least is the one that breaks.
        hiding = masks.alias("mask").to_frame().with_columns(masks.str.count_matches(r"\*").alias("hidden"))
        for mask in hiding.bottom_k(_MASKS_TRIED, by=["hidden", "mask"])["mask"].to_list():
            left = residual_candidates(re.sub("[ -]", "", mask), name, policy.masks)
            if left is not None and (count.weakest is None or left < count.weakest):
                count.weakest = left
        least = str(masks.min())
        if not count.shown or least < count.shown:
            count.shown, count.sample, count.fingerprint = least, masked(least, name), fingerprint(least, key)


def fits_type(masks: pl.Series, name: str) -> pl.Series:
    """Which of the masks (`*` for a hidden character) may be of a type."""
    return _fits(masks, name) > 0


def _types_of(masks: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame({name: _fits(masks["value"], name) for name in _TYPES})


def _in_parts(masks: pl.DataFrame, fits: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Masks that have something beside them, such as `138****8000(13800138000)`, by themselves."""
    alone = fits.max_horizontal() > 0
    short = masks["value"].str.len_chars() <= _LONGEST
    others = masks.with_row_index("at").filter(~alone & short & masks["value"].str.contains(_PARTED))
    if others.is_empty():
        return masks, fits
    parts = others.with_columns(pl.col("value").str.extract_all(_PARTS)).explode("value").drop_nulls("value")
    parts = parts.filter(pl.col("value").str.contains("*", literal=True))
    of_parts = _types_of(parts)
    known = of_parts.max_horizontal() > 0
    parts, of_parts = parts.filter(known), of_parts.filter(known)
    left = ~pl.int_range(len(masks), eager=True).is_in(parts["at"].to_list())
    return pl.concat([masks.filter(left), parts.select(masks.columns)]), pl.concat([fits.filter(left), of_parts])


def _candidates(claims: Claims, named: frozenset[str]) -> list[str]:
    """The types to choose from: those that the name says, else those whose form alone says so."""
    return [name for name, _ in claims if name in named] or [name for name, proving in claims if proving]


def _fits(masks: pl.Series, name: str) -> pl.Series:
    """For each mask 2 when its form alone says that type, 1 when it may be of it, 0 when it cannot."""
    kinds = [kind for kind in KINDS if kind.entity_type == name]
    proving = [form for kind in kinds if kind.alone is not None for form in kind.masked_forms]
    others = [form for kind in kinds for form in (*kind.masked_forms, *kind.named_masks, *_as_long(kind))]
    return _fitting(masks, proving).cast(pl.Int8) + _fitting(masks, others).cast(pl.Int8)


def _as_long(kind: Kind) -> tuple[str, ...]:
    """Masks as long as a value, of what it is made of: whatever window they show, believed where the name says so."""
    if kind.of & ~_CODED or not (kind.masked_forms or kind.named_masks):
        return ()
    signs = "".join(text for bit, text in _SIGNS.items() if kind.of & bit)
    return (rf"[{signs}*]{{{kind.lengths[0]},{kind.lengths[1]}}}",)


def _fitting(masks: pl.Series, forms: list[str]) -> pl.Series:
    return masks.str.contains("^(?:" + "|".join(forms) + ")$") if forms else pl.repeat(False, len(masks), eager=True)
