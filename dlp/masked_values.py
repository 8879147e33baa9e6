"""Masked values of a column: what is left of them tells which type they were, and how many values still fit."""

import re
from collections import Counter
from dataclasses import dataclass, field

import polars as pl

from dlp.mask_marks import one_mask
from dlp.masking import fingerprint, masked
from dlp.policy import Policy
from dlp.registry import ENTITY_TYPES, KINDS
from dlp.residual import residual_candidates

_MASKS_TRIED = 50  # masked values per batch whose residual candidates are counted
_MOST = 0.5
_MASKED_TYPES = {kind.entity_type for kind in KINDS if kind.masked_forms or kind.named_masks}
_TYPES = [name for name in ENTITY_TYPES if name in _MASKED_TYPES]

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
        fits = pl.DataFrame({name: _fits(masks["value"], name) for name in _TYPES})
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


def _candidates(claims: Claims, named: frozenset[str]) -> list[str]:
    """The types to choose from: those that the name says, else those whose form alone says so."""
    return [name for name, _ in claims if name in named] or [name for name, proving in claims if proving]


def _fits(masks: pl.Series, name: str) -> pl.Series:
    """For each mask 2 when its form alone says that type, 1 when it may be of it, 0 when it cannot."""
    kinds = [kind for kind in KINDS if kind.entity_type == name]
    proving = [form for kind in kinds if kind.alone is not None for form in kind.masked_forms]
    others = [form for kind in kinds for form in (*kind.masked_forms, *kind.named_masks)]
    return _fitting(masks, proving).cast(pl.Int8) + _fitting(masks, others).cast(pl.Int8)


def _fitting(masks: pl.Series, forms: list[str]) -> pl.Series:
    return masks.str.contains("^(?:" + "|".join(forms) + ")$") if forms else pl.repeat(False, len(masks), eager=True)
