"""What a mask hides, shown by another column of the same row in whatever form: account names, order numbers, sentences.

A value need not stand by itself there. That a text holds what fits the mask of its own row, and not what fits the masks
of other rows, tells that it speaks of the same person.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dlp.chance import accident
from dlp.mask_columns import ColumnFacts, TypeCount
from dlp.mask_findings import MaskCheck, MaskFinding, Severity, rate
from dlp.mask_names import named_beside
from dlp.masking import masked
from dlp.residual import whole_mask

_HIDDEN = "*"
_PERSON, _EMAIL = "PERSON", "EMAIL_ADDRESS"
# Written in one way, of letters and digits; of what has separators or no length of its own the shown part says little.
_CODES = frozenset(
    {
        "CN_RESIDENT_ID",
        "PHONE_NUMBER",
        "CREDIT_CARD",
        "CN_SOCIAL_CREDIT_CODE",
        "CN_PASSPORT",
        "CN_HOME_RETURN_PERMIT",
        "CN_HK_MACAO_PERMIT",
        "CN_TAIWAN_PERMIT",
        "CN_VEHICLE_REGISTRATION",
        "TW_IDENTITY_CARD",
        "HK_IDENTITY_CARD",
        "VIN",
        "IMEI",
        "QQ_NUMBER",
    }
)
_ROWS, _TRIED = 300, 60  # compared; and before anything fits
_MOST_MASKED, _MOST_BESIDE = 20, 60
_FEWEST = 3
_UNLIKELY = 1e-7  # that so many fit their own row by accident
_NOTHING = TypeCount(0, 0, believed=False)
_LONGEST = 2000  # characters of a text
_VARIED = 0.5  # of what fits, or ten: titles and set phrases fit many masks, always with the same characters
_TITLES = "先女小老师同阿总经大叔姐哥工局处科主某氏家府"


@dataclass(frozen=True)
class _Fit:
    """How often the texts of a column fit the masks of their own rows, and those of other rows."""

    compared: int
    own: int
    others: int
    different: int
    shown: str

    @property
    def is_proof(self) -> bool:
        chance = (self.others + 0.5) / (self.compared + 1)
        varied = self.different >= min(10, max(_FEWEST, self.own * _VARIED))
        return self.own >= _FEWEST and varied and accident(self.compared, self.own, chance) < _UNLIKELY


def shown_beside(columns: Sequence[ColumnFacts], known: Sequence[MaskFinding]) -> list[MaskFinding]:
    """Columns whose texts hold, row by row, what another column masks, where nothing else told so (`known`)."""
    told = {frozenset(finding.columns) for finding in known}
    found = []
    for column in [one for one in columns if one.masked_type][:_MOST_MASKED]:
        entity_type = column.masked_type
        masks = [whole_mask(mask, entity_type) if mask else "" for mask in column.masks(entity_type)]
        for other in _beside(column, columns):
            if any({column.name, name} <= pair for pair in told for name in (other.name, other.inside) if name):
                continue
            texts = other.sample.to_list()
            fit = _fit(masks, texts, entity_type)
            if fit is not None and fit.is_proof:
                found.append(_finding(column, other, fit))
            elif entity_type == _PERSON and named_beside(masks, texts, other):
                found.append(_finding(column, other, _all_of(masks, texts)))
    return found


def _beside(column: ColumnFacts, columns: Sequence[ColumnFacts]) -> Iterator[ColumnFacts]:
    taken = 0
    for other in columns:
        own = other.name == column.name or other.name == column.inside or other.inside == column.name
        if own or other.holds or other.counts.get(column.masked_type, _NOTHING).masked or taken >= _MOST_BESIDE:
            continue
        taken += 1
        yield other


def _fit(masks: Sequence[str], texts: Sequence[str | None], entity_type: str) -> _Fit | None:
    rows = [(mask, text[:_LONGEST]) for mask, text in zip(masks, texts, strict=True) if mask and text][:_ROWS]
    if len(rows) < _FEWEST or not any(_held(mask, text, entity_type) for mask, text in rows[:_TRIED]):
        return None
    own = [(text, hidden) for mask, text in rows if (hidden := _held(mask, text, entity_type))]
    away = max(1, len(rows) // 3)
    others = sum(bool(_held(rows[at][0], rows[at - away][1], entity_type)) for at in range(len(rows)))
    return _Fit(len(rows), len(own), others, len({hidden for _, hidden in own}), own[0][0] if own else "")


def _all_of(masks: Sequence[str], texts: Sequence[str | None]) -> _Fit:
    both = [text for mask, text in zip(masks, texts, strict=True) if mask and text]
    return _Fit(len(both), len(both), 0, len(set(both)), both[0])


def _held(mask: str, text: str, entity_type: str) -> str:
    """What a text shows of the hidden characters of a mask; '' where nothing in it fits."""
    pattern = _pattern(mask, entity_type)
    if pattern is None:
        return ""
    bare = re.sub(r"[ ·.-]", "", text).upper() if entity_type in _CODES else text
    for found in pattern.finditer(bare):
        hidden = "".join(found.groups())
        if entity_type != _PERSON or hidden[0] not in _TITLES:
            return hidden
    return ""


@lru_cache(maxsize=4096)
def _pattern(mask: str, entity_type: str) -> re.Pattern[str] | None:
    if _HIDDEN not in mask or mask.strip(_HIDDEN) == "":
        return None
    if entity_type in _CODES:
        parts = re.split(r"(\*+)", mask.upper())
        return re.compile(
            "".join(f"([0-9A-Z]{{{len(part)}}})" if part[:1] == _HIDDEN else re.escape(part) for part in parts)
        )
    if entity_type == _PERSON and mask[0] != _HIDDEN:
        # Stars do not always tell how many characters there are, but hardly ever are there fewer.
        parts = re.split(r"(\*+)", mask)
        hidden = (f"([\u4e00-\u9fff]{{{min(2, len(part))}}})" for part in parts[1::2])
        return re.compile("".join(next(hidden) if part[:1] == _HIDDEN else re.escape(part) for part in parts))
    if entity_type == _EMAIL:
        local = mask.rpartition("@")[0]
        if not local.strip(_HIDDEN):
            return None
        parts = [
            r"([A-Za-z0-9._%+-]+)" if part[:1] == _HIDDEN else re.escape(part) for part in re.split(r"(\*+)", local)
        ]
        return re.compile("^" + "".join(parts) + "$", re.IGNORECASE)
    return None


def _finding(column: ColumnFacts, other: ColumnFacts, fit: _Fit) -> MaskFinding:
    severity: Severity = "critical" if fit.own > fit.compared / 2 else "high"
    evidence = {
        "rows": other.evidence.rows or len(other.sample.drop_nulls()),
        "rows_compared": fit.compared,
        "rows_same_value": fit.own,
        "rows_same_by_chance": fit.others,
        **rate(fit.own, fit.compared),
        "sample": masked(fit.shown, ""),
    }
    return MaskFinding(MaskCheck.beside, (column.name, other.name), severity, column.masked_type, evidence)
