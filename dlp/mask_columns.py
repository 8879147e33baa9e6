"""What a column is for the masking checks: what it was declared to be, and how many of its values are masked or raw."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

import polars as pl

from dlp.column_names import NameHints, is_named, name_hints
from dlp.columns import ColumnEvidence
from dlp.kinds import Kind
from dlp.mask_marks import is_masked, one_mask
from dlp.mask_policy import ChecksPolicy, Declared
from dlp.masked_values import fits_type
from dlp.normal import normalised
from dlp.policy import Policy
from dlp.registry import ENTITY_TYPES, KINDS
from dlp.verdicts import Verdict, masked_rows

_MOSTLY = 0.5
_DIGEST_NAME = re.compile(r"(?i)(?:^|[^a-z])(?:md5|sha-?(?:1|224|256|384|512)|sm3)(?:$|[^a-z0-9])")


@dataclass(frozen=True)
class TypeCount:
    """Rows of one type in one column: raw ones, masked ones, and whether the raw ones are believed to be of it."""

    raw: int
    masked: int
    believed: bool


@dataclass(frozen=True)
class ColumnFacts:
    """One column as the masking checks see it.

    Attributes:
        evidence: what was counted over all rows.
        sample: rows of the sample, normalised; None where the row has no value.
        counts: by type.
        holds: what its name or the house declares it to hold, or None.
        attributes: sensitive facts without a form that it holds raw, such as a diagnosis.
        inside: of a field of cells, the column whose cells hold it; '' for a column of the table.
    """

    name: str
    hints: NameHints
    evidence: ColumnEvidence
    sample: pl.Series
    counts: dict[str, TypeCount]
    holds: Declared | None
    attributes: tuple[str, ...] = ()
    inside: str = ""

    @property
    def entity_type(self) -> str:
        """The type that most of its rows are of, or that its name says; '' where neither says one."""
        counted = {name: count.masked + count.raw for name, count in self.counts.items() if count.believed}
        if counted:
            return max(counted, key=lambda name: counted[name])
        return next((name for name in ENTITY_TYPES if name in self.hints.says), "")

    @property
    def masked_type(self) -> str:
        """The type that most of its masked values are of; '' where none is masked."""
        masked = {name: count.masked for name, count in self.counts.items() if count.masked}
        return max(masked, key=lambda name: masked[name], default="")

    @property
    def is_masked(self) -> bool:
        """Whether it is declared masked, or most of its rows are."""
        hiding = sum(count.masked for count in self.counts.values()) + self.evidence.masks.hollow
        return self.holds == "mask" or hiding > _MOSTLY * max(1, self.evidence.rows)

    def whole_rows(self, entity_type: str) -> int:
        """How many of its rows are nothing but a value of the form of a type."""
        kinds = (kind.name for kind in KINDS if kind.entity_type == entity_type)
        return sum(self.evidence.kinds[name].rows for name in kinds if name in self.evidence.kinds)

    def has_form(self, entity_type: str) -> bool:
        """Whether any of its values has the form of a type, whether or not its check digit holds."""
        kinds = (kind.name for kind in KINDS if kind.entity_type == entity_type)
        return any(self.evidence.kinds[name].candidates for name in kinds if name in self.evidence.kinds)

    def holds_raw(self, entity_type: str) -> bool:
        """Whether any of its rows is nothing but a value of the form of a type, and no stand-in for it."""
        return self.holds != "token" and self.whole_rows(entity_type) > 0

    def masks(self, entity_type: str) -> list[str | None]:
        """The row sample as masks of a type, `*` for a hidden character; None where the row has no mask of it."""
        return masks_of(self.sample, entity_type)


def column_facts(
    name: str,
    evidence: ColumnEvidence,
    found: list[Verdict],
    sample: pl.Series,
    *,
    dataset: str,
    policy: Policy,
    checks: ChecksPolicy,
    hints: NameHints | None = None,
    called: str = "",
) -> ColumnFacts:
    """What is to be known of a column before its mask is judged; `hints` also tells what its neighbours say.

    A field inside of cells is `called` as the field alone is.
    """
    hints = hints or name_hints(name, policy)
    holds = declared(dataset, name, hints, checks, called=called)
    expected = bool(holds) or hints.hashed
    counts = {}
    raw_types = {verdict.entity_type for verdict in found if not verdict.masked}
    for entity_type in ENTITY_TYPES:
        masked = masked_rows(entity_type, evidence, hints)
        believed = entity_type in raw_types
        raw = _raw_rows(entity_type, evidence) if believed or masked or entity_type in hints.says else 0
        # In a column declared masked, or with masks of the type, a single value of its form is enough.
        if raw and (believed or masked or (expected and entity_type in hints.says)):
            counts[entity_type] = TypeCount(raw, masked, believed=True)
        elif masked:
            counts[entity_type] = TypeCount(0, masked, believed=True)
    return ColumnFacts(name, hints, evidence, normalised(sample.cast(pl.String)), counts, holds)


def declared(dataset: str, column: str, hints: NameHints, checks: ChecksPolicy, *, called: str = "") -> Declared | None:
    """What a column is declared to hold: by the house, else by its name, or by what it is `called`."""
    for entry in checks.declared:
        if fnmatchcase(dataset, entry.dataset) and fnmatchcase(column, entry.column):
            return entry.holds
    column = called or column
    if hints.about:  # `is_masked` says something about a value and holds none
        return None
    if is_named(column, checks.token_words):
        return "token"
    # Words of names are told apart without their digits; md5 and sm3 are nothing without them.
    if hints.hashed or _DIGEST_NAME.search(column) or is_named(column, checks.cipher_words):
        return "hash"
    return "mask" if is_named(column, checks.masked_words) else None


def masks_of(values: pl.Series, entity_type: str) -> list[str | None]:
    """The values as masks of a type, None for those that are none."""
    frame = values.alias("value").to_frame().with_row_index("at")
    hidden = frame.filter(is_masked(values).fill_null(value=False))
    masks: list[str | None] = [None] * len(values)
    if hidden.is_empty():
        return masks
    stars = pl.Series([one_mask(value) for value in hidden["value"].to_list()], dtype=pl.String)
    fits = fits_type(stars, entity_type) & ~stars.str.contains(r"^[*\s-]+$")
    for at, mask, fitting in zip(hidden["at"].to_list(), stars.to_list(), fits.to_list(), strict=True):
        if fitting:
            masks[at] = mask
    return masks


def raw_of(values: pl.Series, entity_type: str) -> list[str | None]:
    """The values that are nothing but a value of a type, check digit and all; None for the others."""
    holds = pl.Series([False] * len(values), dtype=pl.Boolean)
    for kind in KINDS:
        if kind.entity_type != entity_type or (kind.alone is None and kind.check is None):
            continue
        fits = values.str.contains(kind.whole).fill_null(value=False)
        lengths = values.str.len_chars().fill_null(0)
        fits &= (lengths >= kind.lengths[0]) & (lengths <= kind.lengths[1]) & ~is_masked(values).fill_null(value=False)
        if fits.any():
            passed = iter(kind.holds(values.filter(fits)).to_list())
            holds |= pl.Series([next(passed) if fit else False for fit in fits.to_list()], dtype=pl.Boolean)
    return [value if held else None for value, held in zip(values.to_list(), holds.to_list(), strict=True)]


def passing(values: Sequence[str], entity_type: str) -> int:
    """How many values have the whole form of a type and pass its check."""
    return _whole(values, [kind for kind in KINDS if kind.entity_type == entity_type and kind.check is not None])


def fitting_alone(values: Sequence[str], entity_type: str) -> int:
    """How many values have the whole form of a type; kinds that believe any value under their name do not count."""
    return _whole(values, [kind for kind in KINDS if kind.entity_type == entity_type and kind.alone is not None])


def _whole(values: Sequence[str], kinds: Sequence[Kind]) -> int:
    texts = pl.Series(values, dtype=pl.String)
    held = pl.Series([False] * len(texts), dtype=pl.Boolean)
    for kind in kinds:
        at = texts.str.contains(kind.whole).arg_true()
        if len(at):
            held = held.scatter(at, held.gather(at) | kind.holds(texts.gather(at)))
    return int(held.sum())


def shown_positions(mask: str) -> str:
    """Which characters a mask shows, counted from 1: `1-6, 15-18`."""
    return ", ".join(
        f"{run.start() + 1}-{run.end()}" if run.end() - run.start() > 1 else str(run.end())
        for run in re.finditer(r"[^*]+", mask)
    )


def _raw_rows(entity_type: str, evidence: ColumnEvidence) -> int:
    kinds = [kind for kind in KINDS if kind.entity_type == entity_type]
    counted = [evidence.kinds[kind.name] for kind in kinds if kind.name in evidence.kinds]
    return min(evidence.rows, sum(count.rows + count.text_rows for count in counted))
