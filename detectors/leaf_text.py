"""A leaf of a Sigma condition in words: what it tests and for what, for people who ask why a rule matched."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import zip_longest

from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaExpansion,
    SigmaFieldReference,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaString,
    SigmaTimestampPart,
    SigmaType,
    SpecialChars,
)


class Asks(StrEnum):
    """What a leaf asks of a value; a code that a desk translates."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    LIKE = "like"
    EMPTY = "empty"
    PRESENT = "present"
    ABSENT = "absent"
    EXPRESSION = "expression"
    NETWORK = "network"
    LESS = "less"
    AT_MOST = "at_most"
    GREATER = "greater"
    AT_LEAST = "at_least"
    FIELD = "field"
    TIME = "time"
    ONE_OF = "one_of"
    KEYWORD = "keyword"


@dataclass(frozen=True)
class Wanted:
    """What a leaf asks for.

    Attributes:
        text: the value as the rule spells it, without the wildcards that `asks` stands for.
        cased: upper and lower case are told apart.
    """

    asks: Asks
    text: str = ""
    cased: bool = False


_WILDCARDS = {SpecialChars.WILDCARD_MULTI: "*", SpecialChars.WILDCARD_SINGLE: "?"}
# Backslashes that would escape what follows, or one another; and signs that would be wildcards.
_TO_ESCAPE = re.compile(r"(\\{2,}|\\(?=[*?])|)([*?]|)")

_COMPARISONS = {
    CompareOperators.LT: Asks.LESS,
    CompareOperators.LTE: Asks.AT_MOST,
    CompareOperators.GT: Asks.GREATER,
    CompareOperators.GTE: Asks.AT_LEAST,
}


def wanted_of(value: SigmaType, *, keyword: bool = False) -> Wanted:
    """What a leaf with this value asks for; a keyword is looked for in every field."""
    if keyword:
        text = _word(value) if isinstance(value, SigmaString) else wanted_of(value).text
        return Wanted(Asks.KEYWORD, text, isinstance(value, SigmaCasedString))
    match value:
        case SigmaString():
            return _text(value)
        case SigmaExpansion(values=values):
            return Wanted(Asks.ONE_OF, ", ".join(map(_spelled, values)))
        case SigmaNull():
            return Wanted(Asks.ABSENT)
        case SigmaExists():
            return Wanted(Asks.PRESENT if value.exists else Asks.ABSENT)
        case SigmaRegularExpression():
            flags = "".join(sorted(flag.name[0].lower() for flag in value.flags))
            return Wanted(Asks.EXPRESSION, f"/{value.regexp}/{flags}", cased="i" not in flags)
        case SigmaCIDRExpression():
            return Wanted(Asks.NETWORK, str(value.network))
    return _number(value)


def pattern_text(parts: Sequence[str | SpecialChars | Placeholder]) -> str:
    """The parts of a string as a rule spells them, such that Sigma reads the same parts again."""
    texts = []
    for part, following in zip_longest(parts, parts[1:]):
        if isinstance(part, str):
            texts.append(_spelled_text(part, before_wildcard=isinstance(following, SpecialChars)))
        else:
            texts.append(f"%{part.name}%" if isinstance(part, Placeholder) else _WILDCARDS[part])
    return "".join(texts)


def _number(value: SigmaType) -> Wanted:
    match value:
        case SigmaTimestampPart():
            return Wanted(Asks.TIME, f"{value.timestamp_part.name.lower()} {value.number}")
        case SigmaNumber():
            return Wanted(Asks.EQUALS, str(value.number))
        case SigmaBool():
            return Wanted(Asks.EQUALS, str(value.boolean).lower())
        case SigmaCompareExpression():
            return Wanted(_COMPARISONS[value.op], str(value.number.number))
        case SigmaFieldReference():
            before, after = "*" * value.ends_with, "*" * value.starts_with
            return Wanted(Asks.FIELD, f"{before}{value.field}{after}")
    return Wanted(Asks.EQUALS, str(value))


def _text(value: SigmaString) -> Wanted:
    cased = isinstance(value, SigmaCasedString)
    parts = [part for part in value.s if part != ""]
    star = SpecialChars.WILDCARD_MULTI
    match parts:
        case []:
            return Wanted(Asks.EMPTY)
        case [only] if only is star:
            return Wanted(Asks.PRESENT)
        case [str() as whole]:
            return Wanted(Asks.EQUALS, whole, cased)
        case [first, str() as inner, last] if first is star and last is star:
            return Wanted(Asks.CONTAINS, inner, cased)
        case [str() as start, last] if last is star:
            return Wanted(Asks.STARTS_WITH, start, cased)
        case [first, str() as end] if first is star:
            return Wanted(Asks.ENDS_WITH, end, cased)
        case [Placeholder(name=name)]:
            return Wanted(Asks.ONE_OF, f"%{name}%", cased)
    return Wanted(Asks.LIKE, pattern_text(parts), cased)


def _word(value: SigmaString) -> str:
    """What a keyword looks for: a wildcard at its ends changes nothing."""
    star = SpecialChars.WILDCARD_MULTI
    parts = [part for part in value.s if part != ""]
    inner = parts[parts[:1] == [star] : len(parts) - (parts[-1:] == [star])]
    return inner[0] if len(inner) == 1 and isinstance(inner[0], str) else pattern_text(inner)


def _spelled(value: SigmaType) -> str:
    return pattern_text(value.s) if isinstance(value, SigmaString) else wanted_of(value).text


def _spelled_text(text: str, *, before_wildcard: bool) -> str:
    """Text as a pattern spells it: what would be a wildcard is escaped, and so is a backslash that would escape."""
    spelled = _TO_ESCAPE.sub(lambda found: found[1] * 2 + "".join(f"\\{sign}" for sign in found[2]), text)
    alone = before_wildcard and spelled.endswith("\\") and not text.endswith("\\\\")
    return f"{spelled}\\" if alone else spelled
