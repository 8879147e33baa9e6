"""Windows of masks that differ: what one column hides another shows, and the union of both is the value."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dlp.mask_columns import ColumnFacts, shown_positions
from dlp.mask_findings import MaskCheck, MaskFinding, Severity
from dlp.mask_policy import ChecksPolicy
from dlp.policy import Masks
from dlp.residual import candidates_left, whole_mask

_HIDDEN = "*"
_AGREEING = 0.9  # of the rows: two columns that contradict each other more often hold different values
_FEWEST = 3  # rows that must be compared
_MANY = 3
_MOST_COMPARED = 40  # masked columns of a data set: each is held against each


@dataclass(frozen=True)
class Joined:
    """What two columns show together, over the rows that both speak of."""

    compared: int
    agreeing: int
    left_alone: int | None
    right_alone: int | None
    together: int | None
    rebuilt: int
    positions: str
    overlapping: int

    @property
    def reveals(self) -> bool:
        """Whether both belong to the same values and show more together than each shows alone."""
        alone = [left for left in (self.left_alone, self.right_alone) if left is not None]
        return (
            self.compared >= _FEWEST
            and self.agreeing >= self.compared * _AGREEING
            and self.together is not None
            and bool(alone)
            and self.together < min(alone)
        )


def union(left: str, right: str) -> str | None:
    """What two masks of one value show together; None where they contradict each other or differ in length."""
    if len(left) != len(right):
        return None
    merged = []
    for first, second in zip(left, right, strict=True):
        if _HIDDEN not in (first, second) and first.upper() != second.upper():
            return None
        merged.append(second if first == _HIDDEN else first)
    return "".join(merged)


def joined(
    left: Sequence[str | None], right: Sequence[str | None], entity_type: str, masks: Masks, *, wanted: int
) -> Joined:
    """What the masks of two columns show together, row by row."""
    pairs = {
        (whole_mask(first, entity_type), whole_mask(second, entity_type)): 0
        for first, second in zip(left, right, strict=True)
        if first and second
    }
    merged = [(first, second, union(first, second)) for first, second in pairs]
    agreeing = [(first, second, both) for first, second, both in merged if both is not None]
    counted = [(candidates_left(both, entity_type, masks), both) for _, _, both in agreeing]
    known = [(count, both) for count, both in counted if count is not None]
    return Joined(
        compared=len(merged),
        agreeing=len(agreeing),
        left_alone=_least((first for first, _, _ in agreeing), entity_type, masks),
        right_alone=_least((second for _, second, _ in agreeing if _HIDDEN in second), entity_type, masks),
        together=min((count for count, _ in known), default=None),
        rebuilt=sum(count < wanted for count, _ in known),
        positions=shown_positions(min(known)[1]) if known else "",
        overlapping=sum(_overlap(first, second) for first, second, _ in agreeing),
    )


def together(shown: Sequence[Sequence[str | None]], entity_type: str) -> list[str | None]:
    """What several columns show of the same values, row by row; None where they contradict each other."""
    merged: list[str | None] = []
    for row in zip(*shown, strict=True):
        masks = [whole_mask(mask, entity_type) for mask in row if mask]
        both: str | None = masks[0] if masks else None
        for mask in masks[1:]:
            both = union(both, mask) if both is not None else None
        merged.append(both)
    return merged


def window_finding(
    names: tuple[str, ...], entity_type: str, both: Joined, checks: ChecksPolicy, *, key: str = ""
) -> MaskFinding | None:
    """The finding on two columns that show more together, joined by a key; None while enough values still fit."""
    wanted = checks.candidates_wanted(entity_type)
    if not both.reveals or both.together is None or both.together >= wanted:
        return None
    broken = both.together <= checks.candidates_broken(entity_type)
    severity: Severity = "critical" if both.together <= 1 else "high" if broken else "medium"
    if not key and not both.overlapping and severity == "critical":
        severity = "high"  # two numbers of one person would look the same
    evidence: dict[str, object] = {
        "rows_compared": both.compared,
        "rows_agreeing": both.agreeing,
        "candidates_first": both.left_alone,
        "candidates_second": both.right_alone,
        "candidates_together": both.together,
        "candidates_wanted": wanted,
        "rows_below": both.rebuilt,
        "shown_together": both.positions,
        # Where no place is shown by both, nothing but the name and the key says that they hold the same value.
        "rows_proven": both.overlapping,
    }
    if key:
        evidence["key"] = key
    return MaskFinding(MaskCheck.windows, names, severity, entity_type, evidence)


def windows_within(columns: Sequence[ColumnFacts], checks: ChecksPolicy, masks: Masks) -> list[MaskFinding]:
    """Columns of one data set that show more of a value together than each does alone."""
    found = []
    masking = [column for column in columns if column.masked_type][:_MOST_COMPARED]
    for at, first in enumerate(masking):
        entity_type = first.masked_type
        shown = first.masks(entity_type)
        # What another column holds raw is a finding of its own: it needs no second window.
        for second in masking[at + 1 :]:
            other = [] if _says_else(second, entity_type) else second.masks(entity_type)
            if not any(other):
                continue
            both = joined(shown, other, entity_type, masks, wanted=checks.candidates_wanted(entity_type))
            found.append(window_finding((first.name, second.name), entity_type, both, checks))
    pairs = [finding for finding in found if finding is not None]
    return pairs or _windows_of_many(masking, checks, masks)


def _says_else(column: ColumnFacts, entity_type: str) -> bool:
    """Whether the name of a column says another type: a masked telephone looks like an ID of which little is shown."""
    return bool(column.hints.says) and entity_type not in column.hints.says | column.hints.beside


def _windows_of_many(masking: Sequence[ColumnFacts], checks: ChecksPolicy, masks: Masks) -> list[MaskFinding]:
    """Three or more columns that show too much together, where no two of them do."""
    found = []
    for entity_type in dict.fromkeys(column.masked_type for column in masking):
        columns = [column for column in masking if column.masked_type == entity_type]
        if len(columns) < _MANY:
            continue
        shown = [column.masks(entity_type) for column in columns]
        wanted = checks.candidates_wanted(entity_type)
        both = joined(shown[0], together(shown[1:], entity_type), entity_type, masks, wanted=wanted)
        found.append(window_finding(tuple(column.name for column in columns), entity_type, both, checks))
    return [finding for finding in found if finding is not None]


def _overlap(left: str, right: str) -> bool:
    """Whether both show some of the same places, so that agreeing means something."""
    return sum(_HIDDEN not in places for places in zip(left, right, strict=False)) >= _FEWEST


def _least(shown: Iterable[str], entity_type: str, masks: Masks) -> int | None:

    counts = [count for text in shown if (count := candidates_left(text, entity_type, masks)) is not None]
    return min(counts, default=None)
