"""The leaves of a Sigma condition as ClickHouse predicates: each is 0 or 1 for every row, never NULL, never an error.

A leaf over a field that an event lacks is false, so that NOT over it is true. Text is compared lower-cased by
`lowerUTF8` (Unicode's lower-case mapping) on both sides unless `cased` asks otherwise; `ILIKE` is not used, since it
folds differently. Sigma specification 2.1, appendix "modifiers".
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from sigma.types import (
    CompareOperators,
    Placeholder,
    SigmaCompareExpression,
    SigmaFieldReference,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
    TimestampPart,
)

from detectors.errors import UnsupportedRule
from detectors.regex import re2_pattern
from detectors.routing import FieldPlace
from detectors.sql_text import array, folded, like_escaped, literal

FALSE = "0"

# Doubles hold every integer up to here; a larger number is compared as text.
LARGEST_EXACT = 2**53
_MOST_NEEDLES = 200  # multiSearchAny takes at most 255
_MAPPED = IPv6Network("::ffff:0:0/96")
_COMPARISONS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
}
_TIMESTAMP_PARTS = {
    TimestampPart.MINUTE: "toMinute",
    TimestampPart.HOUR: "toHour",
    TimestampPart.DAY: "toDayOfMonth",
    TimestampPart.WEEK: "toISOWeek",
    TimestampPart.MONTH: "toMonth",
    TimestampPart.YEAR: "toYear",
}

# One part of a string pattern: text, or a wildcard.
Part = str | SpecialChars


def pattern_parts(value: SigmaString) -> list[Part]:
    """The parts of a string without empty ones: neighbouring texts and neighbouring `*` are one.

    Raises:
        UnsupportedRule: a placeholder was not filled in.
    """
    parts: list[Part] = []
    for part in value.s:
        if isinstance(part, Placeholder):
            raise UnsupportedRule(f"the placeholder %{part.name}% has no value", culprit=f"%{part.name}%")
        if part == "":
            continue
        if parts and isinstance(parts[-1], str) and isinstance(part, str):
            parts[-1] += part
        elif not (parts and part is SpecialChars.WILDCARD_MULTI and parts[-1] is part):
            parts.append(part)
    return parts


def text_equals(place: FieldPlace, value: SigmaString, *, cased: bool = False) -> str:
    """Whether the whole text matches the pattern."""
    parts = pattern_parts(value)
    if not parts:
        return f"({place.present} AND empty({place.text}))"
    if parts == [SpecialChars.WILDCARD_MULTI]:
        return place.present
    text = place.text if cased else f"lowerUTF8({place.text})"
    return _pattern(text, parts, cased=cased)


def contained_literal(value: SigmaString) -> str | None:
    """The text of a `*text*` pattern, or None when it is another kind of pattern."""
    parts = pattern_parts(value)
    if len(parts) == 3 and parts[0] is parts[2] is SpecialChars.WILDCARD_MULTI and isinstance(parts[1], str):
        return parts[1]
    return None


def whole_literal(value: SigmaString) -> str | None:
    """The text of a pattern without wildcards, or None; nor for the empty text, since an absent value reads as it."""
    parts = pattern_parts(value)
    return parts[0] if len(parts) == 1 and isinstance(parts[0], str) else None


def text_is_one_of(place: FieldPlace, texts: list[str]) -> str:
    """Whether the text equals one of these (none of them empty)."""
    return f"lowerUTF8({place.text}) IN ({', '.join(folded(text) for text in texts)})"


def text_contains_any(place: FieldPlace, texts: list[str]) -> str:
    """Whether the text contains one of these (none of them empty)."""
    chunks = [texts[start : start + _MOST_NEEDLES] for start in range(0, len(texts), _MOST_NEEDLES)]
    tests = [f"multiSearchAny(lowerUTF8({place.text}), {array([folded(text) for text in chunk])})" for chunk in chunks]
    return tests[0] if len(tests) == 1 else f"or({', '.join(tests)})"


def number_equals(place: FieldPlace, numbers: list[int | float]) -> str:
    """Whether the text reads as one of these numbers: `5`, `5.0` and `+5` are all 5."""
    small = [number for number in numbers if abs(number) <= LARGEST_EXACT]
    large = [number for number in numbers if abs(number) > LARGEST_EXACT]
    tests = []
    if small:
        # IN compares bits, and `-0` is another nought than `0` until something is added to it, here and in the rule.
        seen = f"toFloat64OrNull({place.text}){' + 0' if 0 in small else ''}"
        tests.append(f"ifNull({seen} IN ({', '.join(repr(number + 0) for number in small)}), 0)")
    if large:
        tests.append(f"{place.text} IN ({', '.join(literal(str(number)) for number in large)})")
    return tests[0] if len(tests) == 1 else f"({' OR '.join(tests)})"


def boolean_equals(place: FieldPlace, wanted: bool) -> str:
    """Whether the text reads `true` or `false`, in any case."""
    return f"lowerUTF8({place.text}) = '{'true' if wanted else 'false'}'"


def matches_regex(place: FieldPlace, value: SigmaRegularExpression) -> str:
    """Whether the pattern matches somewhere in a text that is present."""
    return f"({place.present} AND match({place.text}, {regex_literal(value)}))"


def regex_literal(value: SigmaRegularExpression) -> str:
    """The RE2 form of a regular expression, as an SQL literal."""
    return literal(regex_of(value))


def regex_of(value: SigmaRegularExpression) -> str:
    """The RE2 form of a regular expression.

    Raises:
        UnsupportedRule: RE2 cannot say it, or a placeholder was not filled in.
    """
    if value.contains_placeholder():
        raise UnsupportedRule("a placeholder in a regular expression has no value", culprit=str(value.regexp))
    return re2_pattern(
        str(value.regexp),
        ignore_case=SigmaRegularExpressionFlag.IGNORECASE in value.flags,
        multiline=SigmaRegularExpressionFlag.MULTILINE in value.flags,
        dot_all=SigmaRegularExpressionFlag.DOTALL in value.flags,
    )


def in_network(place: FieldPlace, network: IPv4Network | IPv6Network) -> str:
    """Whether the text is an address of the network; a host name, `-` or nothing is not.

    An IPv4-mapped IPv6 address (RFC 4291 §2.5.5.2) is the IPv4 address it holds; an IPv6 zone (RFC 4007) is ignored.
    """
    first, last = (_as_ipv6(address) for address in (network.network_address, network.broadcast_address))
    address = f"toIPv6OrNull(substringIndex({place.text}, '%', 1))"
    test = f"ifNull({address} BETWEEN toIPv6('{first}') AND toIPv6('{last}'), 0)"
    if isinstance(network, IPv6Network) and not network.subnet_of(_MAPPED):
        return f"({test} AND position({place.text}, ':') > 0)"
    return test


def compares(place: FieldPlace, value: SigmaCompareExpression) -> str:
    """Whether the text reads as a number that is less or greater, as asked; text that is no number is neither."""
    seen = f"toFloat64OrNull({place.text})"  # also reads `inf` and `nan`, which no event means as numbers
    return f"ifNull(isFinite({seen}) AND {seen} {_COMPARISONS[value.op]} {value.number.number!r}, 0)"


def equals_field(place: FieldPlace, other: FieldPlace, value: SigmaFieldReference) -> str:
    """Whether both fields are present and one holds, starts with or ends with the other."""
    left, right = f"lowerUTF8({place.text})", f"lowerUTF8({other.text})"
    if value.starts_with and value.ends_with:
        test = f"position({left}, {right}) > 0"
    elif value.starts_with:
        test = f"startsWith({left}, {right})"
    elif value.ends_with:
        test = f"endsWith({left}, {right})"
    else:
        test = f"{left} = {right}"
    return f"({place.present} AND {other.present} AND {test})"


def timestamp_part_equals(place: FieldPlace, part: TimestampPart, number: float) -> str:
    """Whether the text reads as a time (UTC unless it says otherwise) whose minute, hour, ... is this number."""
    moment = f"parseDateTime64BestEffortOrNull({place.text}, 6, 'UTC')"
    return f"ifNull({_TIMESTAMP_PARTS[part]}({moment}) = {number!r}, 0)"


def keyword_in(values: str, value: SigmaString, *, cased: bool = False) -> str:
    """Whether any of the values (an array expression) contains the pattern."""
    inner = contained_parts(value)
    if not inner:
        return "1"
    if len(inner) == 1 and isinstance(inner[0], str) and "\n" not in inner[0]:
        # One search over all values at once; the joint is a newline, which the word does not hold.
        haystack = f"arrayStringConcat({values}, '\\n')"
        haystack, needle = (haystack, literal(inner[0])) if cased else (f"lowerUTF8({haystack})", folded(inner[0]))
        return f"position({haystack}, {needle}) > 0"
    text, wildcard = "value" if cased else "lowerUTF8(value)", SpecialChars.WILDCARD_MULTI
    return f"arrayExists(value -> {_pattern(text, [wildcard, *inner, wildcard], cased=cased)}, {values})"


def contained_parts(value: SigmaString) -> list[Part]:
    """The parts of a pattern that a text is to contain: those of the pattern without `*` at its ends.

    Raises:
        UnsupportedRule: a placeholder was not filled in.
    """
    parts, wildcard = pattern_parts(value), SpecialChars.WILDCARD_MULTI
    return parts[parts[:1] == [wildcard] : len(parts) - (parts[-1:] == [wildcard])]


def regex_in(values: str, value: SigmaRegularExpression) -> str:
    """Whether the regular expression matches in any of the values (an array expression)."""
    return f"arrayExists(value -> match(value, {regex_literal(value)}), {values})"


def _pattern(text: str, parts: list[Part], *, cased: bool) -> str:
    wildcard = SpecialChars.WILDCARD_MULTI
    needle = literal if cased else folded
    match parts:
        case [str() as whole]:
            return f"{text} = {needle(whole)}"
        case [first, str() as middle, last] if first is wildcard and last is wildcard:
            return f"position({text}, {needle(middle)}) > 0"
        case [str() as start, last] if last is wildcard:
            return f"startsWith({text}, {needle(start)})"
        case [first, str() as end] if first is wildcard:
            return f"endsWith({text}, {needle(end)})"
    return f"{text} LIKE {needle(''.join(_like_part(part) for part in parts))}"


def _like_part(part: Part) -> str:
    if isinstance(part, str):
        return like_escaped(part)
    return "%" if part is SpecialChars.WILDCARD_MULTI else "_"


def _as_ipv6(address: IPv4Address | IPv6Address) -> str:
    """The address as the database reads it, in nothing but digits and colons: a rule may write any zone behind one."""
    return str(IPv6Address(int(address))) if isinstance(address, IPv6Address) else f"::ffff:{address}"
