"""What a rule means, in plain Python: an evaluator over pySigma's parsed condition tree that shares no code with SQL.

An event is what a reader would see: field name to text, and the raw message. The decisions it makes explicit are those
of docs/rules.md: lower-case comparison, a leaf over an absent field is false, and negation is two-valued.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import IPv6Address, ip_address

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionNOT,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.rule import SigmaRule
from sigma.types import (
    CompareOperators,
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
    SigmaRegularExpressionFlag,
    SigmaString,
    SigmaTimestampPart,
    SpecialChars,
    TimestampPart,
)

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_CLASS = re.compile(r"\\[wWdDsSbB]")
_FLAGS = {
    SigmaRegularExpressionFlag.IGNORECASE: re.IGNORECASE,
    SigmaRegularExpressionFlag.MULTILINE: re.MULTILINE,
    SigmaRegularExpressionFlag.DOTALL: re.DOTALL,
}


@dataclass(frozen=True)
class SeenEvent:
    """An event as a rule sees it: a field that it lacks is not in `fields`."""

    fields: Mapping[str, str]
    message: str = ""
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def get(self, name: str) -> str | None:
        """The value of a field by Sigma's name, through the first of its other names that the event has."""
        for key in self.names.get(name, (name,)):
            if key in self.fields:
                return self.fields[key]
        return None


def matches(rule: SigmaRule, event: SeenEvent) -> bool:
    """Whether any condition of the rule holds for the event."""
    return any(_holds(condition.parsed, event) for condition in rule.detection.parsed_condition)


def _holds(node: object, event: SeenEvent) -> bool:
    match node:
        case ConditionOR(args=args):
            return any(_holds(child, event) for child in args)
        case ConditionAND(args=args):
            return all(_holds(child, event) for child in args)
        case ConditionNOT(args=[child]):
            return not _holds(child, event)
        case ConditionFieldEqualsValueExpression(field=name, value=value):
            return _field(event, name, value)
        case ConditionValueExpression(value=value):
            return any(_keyword(text, value) for text in (event.message, *event.fields.values()))
    raise TypeError(node)


def _field(event: SeenEvent, name: str, value: object) -> bool:
    text = event.get(name)
    match value:
        case SigmaExpansion(values=values):
            return any(_field(event, name, each) for each in values)
        case SigmaNull():
            return text is None
        case SigmaExists():
            return (text is not None) is value.exists
    if text is None:
        return False
    if isinstance(value, SigmaFieldReference):
        other = event.get(value.field)
        return other is not None and _refers(text.lower(), other.lower(), value)
    return _text(text, value)


def _text(text: str, value: object) -> bool:
    match value:
        case SigmaString():
            return _pattern(value, whole=True).fullmatch(_case(text, value)) is not None
        case SigmaTimestampPart():
            return _part(text, value.timestamp_part) == value.number
        case SigmaNumber():
            return _number(text) == value.number if abs(value.number) <= 2**53 else text == str(value.number)
        case SigmaBool():
            return text.lower() == str(value.boolean).lower()
        case SigmaRegularExpression():
            return _regex(value).search(text) is not None
        case SigmaCIDRExpression():
            return _in_network(text, value)
        case SigmaCompareExpression():
            return _compare(text, value)
    raise TypeError(value)


def _keyword(text: str, value: object) -> bool:
    match value:
        case SigmaExpansion(values=values):
            return any(_keyword(text, each) for each in values)
        case SigmaString():
            return _pattern(value, whole=False).search(_case(text, value)) is not None
        case SigmaNumber():
            return str(value.number) in text
        case SigmaRegularExpression():
            return _regex(value).search(text) is not None
    raise TypeError(value)


def _case(text: str, value: SigmaString) -> str:
    return text if isinstance(value, SigmaCasedString) else text.lower()


def _pattern(value: SigmaString, *, whole: bool) -> re.Pattern[str]:
    cased = isinstance(value, SigmaCasedString)
    parts = []
    for part in value.s:
        if isinstance(part, str):
            parts.append(re.escape(part if cased else part.lower()))
        else:
            parts.append(".*" if part is SpecialChars.WILDCARD_MULTI else ".")
    text = "".join(parts)
    return re.compile(text if whole else text.removeprefix(".*").removesuffix(".*"), re.DOTALL)


def _regex(value: SigmaRegularExpression) -> re.Pattern[str]:
    # Classes are ASCII, but letters fold as Unicode says: Python knows the two only together.
    flags = re.ASCII if _CLASS.search(str(value.regexp)) else re.NOFLAG
    for flag in value.flags:
        flags |= _FLAGS[flag]
    return re.compile(str(value.regexp), flags)


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


def _compare(text: str, value: SigmaCompareExpression) -> bool:
    number, wanted = _number(text), value.number.number
    if number is None:
        return False
    return {
        CompareOperators.LT: number < wanted,
        CompareOperators.LTE: number <= wanted,
        CompareOperators.GT: number > wanted,
        CompareOperators.GTE: number >= wanted,
    }[value.op]


def _in_network(text: str, value: SigmaCIDRExpression) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return address in value.network or (mapped is not None and mapped in value.network)
    return address in value.network


def _refers(text: str, other: str, value: SigmaFieldReference) -> bool:
    if value.starts_with and value.ends_with:
        return other in text
    if value.starts_with:
        return text.startswith(other)
    return text.endswith(other) if value.ends_with else text == other


def _part(text: str, part: TimestampPart) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return {
        TimestampPart.MINUTE: moment.minute,
        TimestampPart.HOUR: moment.hour,
        TimestampPart.DAY: moment.day,
        TimestampPart.WEEK: moment.isocalendar().week,
        TimestampPart.MONTH: moment.month,
        TimestampPart.YEAR: moment.year,
    }[part]
