"""Columns that hold what a mask of the same row hides: a middle, a tail, a date of birth, under whatever name."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations

from dlp.column_names import is_named
from dlp.mask_columns import ColumnFacts, passing
from dlp.mask_findings import MaskCheck, MaskFinding, Severity
from dlp.mask_policy import ChecksPolicy
from dlp.policy import Masks
from dlp.registry import KINDS
from dlp.residual import candidates_left, whole_mask

# What has a check digit proves by it that a piece belongs; a telephone needs a name, or digits as random as its own.
_CHECKED = ("CN_RESIDENT_ID", "CREDIT_CARD", "CN_SOCIAL_CREDIT_CODE")
_TELEPHONE = "PHONE_NUMBER"
_PIECE_NAMES = (
    "middle",
    "mid",
    "tail",
    "last4",
    "last four",
    "suffix",
    "segment",
    "part",
    "rest",
    "中段",
    "中间",
    "尾号",
    "后四位",
    "末四位",
    "号段",
)
# Numbers that are random by themselves, and belong to no telephone.
_CODE_NAMES = (
    "pin",
    "otp",
    "code",
    "captcha",
    "token",
    "nonce",
    "salt",
    "pwd",
    "验证码",
    "校验码",
    "取件码",
    "提取码",
    "提货码",
    "动态码",
    "随机码",
    "识别码",
    "密码",
    "口令",
)
_MOBILE, _FRONT = 11, 3
_LENGTHS = {"CN_RESIDENT_ID": (18,), "CREDIT_CARD": (16, 19), "CN_SOCIAL_CREDIT_CODE": (18,)}
_LEAST = 4  # characters of a part: behind fewer the other is nearly whole, and found as what it is
_ROWS = 200  # compared
_FEWEST = 10
_AGREEING = 0.9
_MOST_MASKED, _MOST_PIECES = 20, 12
_EVERY_DIGIT = 8  # different digits at every place of random numbers


@dataclass(frozen=True)
class _Piece:
    """A column whose values all have one length, separators left out."""

    column: ColumnFacts
    texts: list[str]
    length: int


def pieces_beside(columns: Sequence[ColumnFacts], checks: ChecksPolicy, masks: Masks) -> list[MaskFinding]:
    """The findings on masks whose gap one or two other columns fill."""
    masking = [one for one in columns if one.masked_type in (*_CHECKED, _TELEPHONE)][:_MOST_MASKED]
    pieces = _pieces(columns)
    found = [finding for one in masking if (finding := _filled(one, pieces, checks, masks)) is not None]
    return found if masking else _cut_apart(pieces)


def _cut_apart(pieces: Sequence[_Piece]) -> list[MaskFinding]:
    """Values cut in two, neither of which is masked: first seven and last four digits, a body and its check digits."""
    found = []
    for pair in permutations(pieces, 2):
        whole = [first + last for first, last in zip(*(piece.texts for piece in pair), strict=True) if first and last]
        for entity_type in _types_as_long(sum(piece.length for piece in pair), pair):
            severity = _severity(whole, pair, entity_type, ())
            if severity is not None and not any(_is_whole(piece, entity_type) for piece in pair):
                evidence = {"rows_compared": len(whole), "rows_agreeing": len(whole), "candidates_together": 1}
                names = tuple(piece.column.name for piece in pair)
                found.append(MaskFinding(MaskCheck.windows, names, severity, entity_type, evidence))
    return found[:1]


def _types_as_long(length: int, pair: Sequence[_Piece]) -> tuple[str, ...]:
    """Which types are so long. Of telephones, which no digit checks, both names must say that they are parts of one."""
    if length == _MOBILE:
        named = all(_TELEPHONE in piece.column.hints.says for piece in pair)
        return (_TELEPHONE,) if named and pair[0].length >= _FRONT else ()
    return tuple(name for name, lengths in _LENGTHS.items() if length in lengths and min(map(_length, pair)) >= _LEAST)


def _is_whole(piece: _Piece, entity_type: str) -> bool:
    """Whether a part has the form of a whole value already, by more than its column's name."""
    forms = [kind.name for kind in KINDS if kind.entity_type == entity_type and kind.alone is not None]
    return any(piece.column.evidence.kinds[name].rows for name in forms if name in piece.column.evidence.kinds)


def _length(piece: _Piece) -> int:
    return piece.length


def _pieces(columns: Sequence[ColumnFacts]) -> list[_Piece]:
    found = []
    for column in columns:
        if column.masked_type or column.holds == "hash":
            continue
        texts = [re.sub(r"[^0-9A-Za-z]", "", value or "") for value in column.sample.head(_ROWS).to_list()]
        lengths = {len(text) for text in texts if text}
        if len(lengths) == 1 and len(set(texts)) > 1:
            found.append(_Piece(column, texts, lengths.pop()))
    return found[:_MOST_PIECES]


def _filled(column: ColumnFacts, pieces: Sequence[_Piece], checks: ChecksPolicy, masks: Masks) -> MaskFinding | None:
    entity_type = column.masked_type
    shown = [whole_mask(mask, entity_type) if mask else "" for mask in column.masks(entity_type)[:_ROWS]]
    gaps = {run for mask in shown if mask for run in [_gap(mask)]}
    if len(gaps) != 1 or not (gap := gaps.pop()):
        return None
    for chosen in _choices(pieces, gap, several=entity_type in _CHECKED):
        whole = [
            mask.replace("*" * gap, "".join(parts))
            for mask, *parts in zip(shown, *(piece.texts for piece in chosen), strict=True)
            if mask and all(parts)
        ]
        severity = _severity(whole, chosen, entity_type, shown)
        if severity is None:
            continue
        alone = [left for mask in shown if mask and (left := candidates_left(mask, entity_type, masks)) is not None]
        evidence = {
            "rows_compared": len(whole),
            "rows_agreeing": len(whole),
            "candidates_first": min(alone, default=None),
            "candidates_together": 1,
            "candidates_wanted": checks.candidates_wanted(entity_type),
            "rows_below": len(whole),
            "rows_proven": passing(whole, entity_type) if entity_type in _CHECKED else 0,
        }
        names = (column.name, *(piece.column.name for piece in chosen))
        return MaskFinding(MaskCheck.windows, names, severity, entity_type, evidence)
    return None


def _choices(pieces: Sequence[_Piece], gap: int, *, several: bool) -> Iterator[tuple[_Piece, ...]]:
    yield from ((piece,) for piece in pieces if piece.length == gap)
    if several:
        yield from (pair for pair in permutations(pieces, 2) if sum(piece.length for piece in pair) == gap)


def _severity(
    whole: Sequence[str], chosen: Sequence[_Piece], entity_type: str, masks: Sequence[str]
) -> Severity | None:
    """How sure it is that the pieces belong to the masks; None where nothing says so."""
    if len(whole) < _FEWEST:
        return None
    if entity_type in _CHECKED:
        return "critical" if passing(whole, entity_type) >= len(whole) * _AGREEING else None
    beside = zip(masks, chosen[0].texts, strict=False)  # no masks: the value is cut apart
    if sum(part in mask for mask, part in beside if mask and part) > len(whole) / 2:
        return None  # what the mask shows anyway, such as the last four digits
    mobiles = sum(re.fullmatch(r"1[3-9][0-9]{9}", text) is not None for text in whole)
    if mobiles < len(whole) * _AGREEING:
        return None
    if is_named(chosen[0].column.name, _PIECE_NAMES) or entity_type in chosen[0].column.hints.says:
        return "high"
    return "medium" if _is_random(chosen[0]) and not _names_else(chosen[0].column) else None


def _names_else(column: ColumnFacts) -> bool:
    """Whether the name of a column says that its numbers are random for another reason."""
    hints = column.hints
    return bool(hints.says or hints.attributes or hints.machine) or is_named(column.name, _CODE_NAMES)


def _is_random(piece: _Piece) -> bool:
    """Whether every digit occurs at every place, noughts in front too, as in the middle of a number."""
    texts = [text for text in piece.texts if text]
    different = len(set(texts)) > len(texts) * _AGREEING
    return different and all(len({text[at] for text in texts}) >= _EVERY_DIGIT for at in range(piece.length))


def _gap(mask: str) -> int:
    """How long the only run of hidden characters is; 0 where there are several."""
    runs = re.findall(r"\*+", mask)
    return len(runs[0]) if len(runs) == 1 else 0
