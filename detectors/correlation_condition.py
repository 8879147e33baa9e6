"""When a correlation is met: bounds on what it measures, or a condition over the names of its rules.

The specification writes a range as several bounds in one mapping and the words AND, OR and NOT in any case; pySigma
reads one bound, cuts fractions off and knows the words in lower case only. So the condition is read here, and pySigma
gets one that it understands (`with_readable_condition`). Sigma correlation rules specification 2.0.2, "Condition".
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from itertools import pairwise, product
from operator import eq, ge, gt, le, lt, ne
from typing import Literal, get_args

from detectors.errors import UnsupportedRule

Operator = Literal["lt", "lte", "gt", "gte", "eq", "neq"]

# Under this attribute a rule carries the condition as it was written.
CONDITION_ATTRIBUTE = "correlation_condition"

# Sums and products of numbers that doubles can hold, without rounding; it raises rather than round.
EXACT = Context(prec=2_000, traps=[Inexact, Overflow])

_COMPARE: Mapping[Operator, Callable[[Decimal, Decimal], bool]] = {
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
    "eq": eq,
    "neq": ne,
}
_OPERATORS: tuple[Operator, ...] = get_args(Operator)
_TOKEN = re.compile(r"\s*([()]|[^\s()]+)")
_MOST_TOKENS = 500
_DEEPEST = 20
_MOST_ALTERNATIVES = 64


@dataclass(frozen=True)
class Bound:
    """One comparison with what a correlation measures; of several, all must hold."""

    operator: Operator
    value: Decimal


@dataclass(frozen=True)
class Named:
    """A match of this rule is in the window."""

    rule: str


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    part: "Expression"


@dataclass(frozen=True)
class Every:
    """All parts hold."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Either:
    """One of the parts holds."""

    parts: tuple["Expression", ...]


Expression = Named | Not | Every | Either


@dataclass(frozen=True)
class Alternative:
    """One way to meet an expression: these rules are there and those are not."""

    wanted: frozenset[str]
    unwanted: frozenset[str]


def with_readable_condition(document: dict[str, object]) -> dict[str, object]:
    """The document with a condition that pySigma reads, and the one that was written under an attribute of its own."""
    correlation = document.get("correlation")
    if not isinstance(correlation, dict) or "condition" not in correlation:
        return document
    condition = correlation["condition"]
    if isinstance(condition, dict):
        bounds = [name for name in _OPERATORS if name in condition]
        kept = {key: value for key, value in condition.items() if key not in (*bounds[1:], "percentile")}
        kept |= dict.fromkeys(bounds[:1], 0)
        return {**document, "correlation": {**correlation, "condition": kept}, CONDITION_ATTRIBUTE: dict(condition)}
    if isinstance(condition, str) and str(correlation.get("type", "")).startswith("temporal"):
        kept = {key: value for key, value in correlation.items() if key != "condition"}
        if "rules" not in kept:
            # An unreadable condition is refused when it is compiled; until then the rule names nothing.
            kept["rules"] = list(dict.fromkeys(word for word in words(condition) if not _is_operator(word)))
        return {**document, "correlation": kept, CONDITION_ATTRIBUTE: condition}
    return document


def read_bounds(condition: Mapping[str, object]) -> tuple[Bound, ...]:
    """The bounds of a condition.

    Raises:
        UnsupportedRule: one of them is no number, or there is none, or together nothing can meet them.
    """
    found = tuple(Bound(name, _number(name, condition[name])) for name in _OPERATORS if name in condition)
    if not found:
        raise UnsupportedRule(f"the condition has none of {', '.join(_OPERATORS)}", culprit="condition:")
    if not any(within(found, value, 1) for value in _samples(found)):
        raise UnsupportedRule("no number is within the bounds of the condition", culprit="condition:")
    return found


def within(bounds: Sequence[Bound], numerator: Decimal, denominator: int) -> bool:
    """Whether a number, given as a fraction so that nothing is rounded, meets all bounds."""
    for bound in bounds:
        value = bound.value if denominator == 1 else EXACT.multiply(bound.value, denominator)
        if not _COMPARE[bound.operator](numerator, value):
            return False
    return True


def read_percentile(condition: Mapping[str, object]) -> Decimal | None:
    """Which percentile is asked for, 0 to 100; None when none is.

    Raises:
        UnsupportedRule: it is no number of that range.
    """
    if "percentile" not in condition:
        return None
    percentile = _number("percentile", condition["percentile"])
    if not 0 <= percentile <= 100:
        raise UnsupportedRule("the percentile is not between 0 and 100", culprit="percentile:")
    return percentile


def read_expression(text: str) -> Expression:
    """The expression over rule names: `not` binds closer than `and`, and `and` closer than `or`.

    Raises:
        UnsupportedRule: it is not one.
    """
    reading = _Reading(list(words(text)))
    if len(reading.words) > _MOST_TOKENS:
        raise UnsupportedRule(f"the condition has more than {_MOST_TOKENS} words", culprit="condition:")
    expression = reading.either(0)
    if reading.words:
        raise UnsupportedRule(f"the condition has {reading.words[0]!r} where 'and' or 'or' may stand", culprit=text)
    return expression


def words(text: str) -> Iterator[str]:
    """The names, words and brackets of an expression."""
    return (found.group(1) for found in _TOKEN.finditer(text))


def names_in(expression: Expression) -> tuple[str, ...]:
    """The rules that an expression names, in order, each once."""
    match expression:
        case Named(rule=name):
            return (name,)
        case Not(part=part):
            return names_in(part)
        case Every(parts=parts) | Either(parts=parts):
            return tuple(dict.fromkeys(name for part in parts for name in names_in(part)))


def renamed(expression: Expression, rename: Callable[[str], str]) -> Expression:
    """The expression with other names for its rules."""
    match expression:
        case Named(rule=name):
            return Named(rename(name))
        case Not(part=part):
            return Not(renamed(part, rename))
        case Every(parts=parts):
            return Every(tuple(renamed(part, rename) for part in parts))
        case Either(parts=parts):
            return Either(tuple(renamed(part, rename) for part in parts))


def holds(expression: Expression, is_there: Callable[[str], bool]) -> bool:
    """Whether the expression holds where these rules are there."""
    match expression:
        case Named(rule=name):
            return is_there(name)
        case Not(part=part):
            return not holds(part, is_there)
        case Every(parts=parts):
            return all(holds(part, is_there) for part in parts)
        case Either(parts=parts):
            return any(holds(part, is_there) for part in parts)


def alternatives(expression: Expression) -> tuple[Alternative, ...]:
    """Every way to meet the expression, those first that want most.

    Raises:
        UnsupportedRule: there are too many, or none.
    """
    found = {each for each in _alternatives(expression, wanted=True) if not each.wanted & each.unwanted}
    if not found:
        raise UnsupportedRule("the condition contradicts itself", culprit="condition:")
    return tuple(sorted(found, key=lambda each: (-len(each.wanted), sorted(each.wanted), sorted(each.unwanted))))


def _alternatives(expression: Expression, *, wanted: bool) -> set[Alternative]:
    match expression:
        case Named(rule=name):
            there, nothing = frozenset({name}), frozenset[str]()
            return {Alternative(there, nothing) if wanted else Alternative(nothing, there)}
        case Not(part=part):
            return _alternatives(part, wanted=not wanted)
        case Every(parts=parts) | Either(parts=parts):
            each = [_alternatives(part, wanted=wanted) for part in parts]
            if isinstance(expression, Either) is wanted:
                return _limited(set().union(*each))
            joined = {Alternative(frozenset(), frozenset())}
            for some in each:
                joined = _limited(
                    {Alternative(a.wanted | b.wanted, a.unwanted | b.unwanted) for a, b in product(joined, some)}
                )
            return joined


def _limited(found: set[Alternative]) -> set[Alternative]:
    if len(found) > _MOST_ALTERNATIVES:
        raise UnsupportedRule(f"the condition has more than {_MOST_ALTERNATIVES} alternatives", culprit="condition:")
    return found


@dataclass
class _Reading:
    """What of an expression is still to be read."""

    words: list[str]

    def either(self, depth: int) -> Expression:
        return self._joined("or", Either, self.every, depth)

    def every(self, depth: int) -> Expression:
        return self._joined("and", Every, self.negated, depth)

    def negated(self, depth: int) -> Expression:
        if depth > _DEEPEST:
            raise UnsupportedRule("the condition is nested too deeply", culprit="condition:")
        if not self.words:
            raise UnsupportedRule("the condition ends where a rule's name should stand", culprit="condition:")
        word = self.words.pop(0)
        if word.lower() == "not":
            return Not(self.negated(depth + 1))
        if word == "(":
            inner = self.either(depth + 1)
            if not self.words or self.words.pop(0) != ")":
                raise UnsupportedRule("a bracket of the condition is not closed", culprit="condition:")
            return inner
        if _is_operator(word):
            raise UnsupportedRule(f"the condition has {word!r} where a rule's name should stand", culprit="condition:")
        return Named(word)

    def _joined(
        self,
        word: str,
        kind: Callable[[tuple[Expression, ...]], Expression],
        part: Callable[[int], Expression],
        depth: int,
    ) -> Expression:
        parts = [part(depth)]
        while self.words and self.words[0].lower() == word:
            del self.words[0]
            parts.append(part(depth))
        return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _is_operator(word: str) -> bool:
    return word in "()" or word.lower() in {"and", "or", "not"}


def _is_number(value: object) -> bool:
    try:
        return Decimal(str(value)).is_finite() and not isinstance(value, bool)
    except InvalidOperation:
        return False


def _number(name: str, value: object) -> Decimal:
    if not _is_number(value) or abs(Decimal(str(value)).adjusted()) > 30:
        raise UnsupportedRule(f"{value!r} is no number that {name} can be compared with", culprit=f"{name}:")
    return Decimal(str(value))


def _samples(bounds: Sequence[Bound]) -> list[Decimal]:
    """A number from every stretch that the bounds tell apart, and the bounds themselves."""
    values = sorted({bound.value for bound in bounds})
    between = [(low + high) / 2 for low, high in pairwise(values)]
    return [values[0] - 1, *values, *between, values[-1] + 1]
