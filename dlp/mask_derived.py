"""Columns that rebuild a masked identity number: date of birth, gender, division of birth, each row by itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from dlp.column_names import is_named
from dlp.mask_columns import ColumnFacts
from dlp.mask_findings import MaskCheck, MaskFinding, Severity, rate
from dlp.mask_policy import ChecksPolicy
from dlp.policy import Masks
from dlp.resident_masks import resident_candidates
from dlp.residual import whole_mask

_RESIDENT_ID = "CN_RESIDENT_ID"
_HIDDEN = "*"
_MOST_COMPARED = 40  # masked columns
_MALE = frozenset({"男", "m", "male", "1", "男性"})
_FEMALE = frozenset({"女", "f", "female", "2", "女性"})
# 1990-03-07, 1990/3/7, 19900307, 1990年3月7日, 1990-03, 1990
_DATE = re.compile(
    r"(?P<year>(?:19|20)\d{2})(?:[-/.年]?(?P<month>\d{1,2})(?:[-/.月]?(?P<day>\d{1,2})日?)?)?(?:[ T].*)?"
)
_NAMED_BY_CODE = re.compile(r"[1-9]\d(?:\d{2}){0,2}")


@dataclass(frozen=True)
class _Known:
    """Columns beside a masked identity number that say parts of it."""

    birth: ColumnFacts | None
    gender: ColumnFacts | None
    division: ColumnFacts | None

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in (self.birth, self.gender, self.division) if column is not None)


def derived_leaks(columns: Sequence[ColumnFacts], checks: ChecksPolicy, masks: Masks) -> list[MaskFinding]:
    """Masked identity numbers of which fewer values are left when the other columns of the row are known."""
    known = _Known(
        _called(columns, checks.birth_names),
        _called(columns, checks.gender_names),
        _called(columns, checks.division_names),
    )
    masking = [column for column in columns if column.masked_type == _RESIDENT_ID and column.name not in known.names]
    if not known.names:
        return []
    found = [_leak(column, known, checks, masks) for column in masking[:_MOST_COMPARED]]
    return [finding for finding in found if finding is not None]


def with_known(mask: str, *, birth: str = "", division: str = "") -> str | None:
    """The mask of a resident ID with a date of birth and a division code put in; None where they contradict it.

    Args:
        mask: 18 characters.
        birth: `YYYYMMDD`, with `*` for what is not known.
        division: the first two, four or six digits of it.
    """
    filled = list(mask)
    for at, text in ((6, birth), (0, division)):
        for offset, character in enumerate(text):
            if character == _HIDDEN:
                continue
            if filled[at + offset] not in (_HIDDEN, character):
                return None
            filled[at + offset] = character
    return "".join(filled)


def birth_digits(text: str | None) -> str:
    """A date of birth as `YYYYMMDD`, `*` for what it leaves open; '' where it is no date."""
    found = _DATE.fullmatch((text or "").strip())
    if found is None:
        return ""
    month, day = found["month"], found["day"]
    try:
        date(int(found["year"]), int(month or 1), int(day or 1))
    except ValueError:
        return ""
    return found["year"] + (month.zfill(2) if month else "**") + (day.zfill(2) if day else "**")


def division_digits(text: str | None, divisions: dict[str, str]) -> str:
    """The digits of a division code that a text gives, by its code or by its name; '' where it gives none."""
    value = (text or "").strip()
    if _NAMED_BY_CODE.fullmatch(value):
        return value
    return next((code for name, code in divisions.items() if name in value), "")


def _leak(column: ColumnFacts, known: _Known, checks: ChecksPolicy, masks: Masks) -> MaskFinding | None:
    alone, left = [], []
    for at, mask in enumerate(column.masks(_RESIDENT_ID)):
        whole = whole_mask(mask, _RESIDENT_ID) if mask else ""
        if len(whole) != 18:
            continue
        filled = with_known(
            whole,
            birth=birth_digits(_cell(known.birth, at)),
            division=division_digits(_cell(known.division, at), checks.divisions),
        )
        count = resident_candidates(filled, masks, odd=_is_odd(_cell(known.gender, at))) if filled else 0
        if count:
            alone.append(resident_candidates(whole, masks))
            left.append(count)
    wanted = checks.candidates_wanted(_RESIDENT_ID)
    weak = sum(count < wanted <= before for count, before in zip(left, alone, strict=True))
    fewer = sum(count < before and count < wanted for count, before in zip(left, alone, strict=True))
    if not fewer:
        return None
    broken = min(left) <= checks.candidates_broken(_RESIDENT_ID)
    severity: Severity = "critical" if min(left) <= 1 else "high" if broken else "medium"
    evidence = {
        "rows_compared": len(left),
        "candidates_alone_least": min(alone),
        "candidates_least": min(left),
        "candidates_median": float(median(left)),
        "candidates_wanted": wanted,
        "rows_below": fewer,
        "rows_below_only_together": weak,
        **rate(fewer, len(left)),
    }
    return MaskFinding(MaskCheck.derived, (column.name, *known.names), severity, _RESIDENT_ID, evidence)


def _called(columns: Sequence[ColumnFacts], names: tuple[str, ...]) -> ColumnFacts | None:
    return next((column for column in columns if not column.masked_type and is_named(column.name, names)), None)


def _cell(column: ColumnFacts | None, at: int) -> str | None:
    value = None if column is None else column.sample[at]
    return value if isinstance(value, str) else None


def _is_odd(gender: str | None) -> bool | None:
    word = (gender or "").strip().lower()
    return True if word in _MALE else False if word in _FEMALE else None
