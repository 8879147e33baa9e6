"""When a correlation is met: bounds on what it measures, or an expression over the names of its rules.

The specification writes a range as several bounds in one mapping and the words AND, OR and NOT in any case; pySigma
reads one bound, cuts fractions off and knows the words in lower case only. So the condition is read here, and pySigma
gets one that it understands (`with_readable_condition`). Sigma correlation rules specification 2.0.2, "Condition".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from itertools import pairwise
from operator import eq, ge, gt, le, lt, ne
from typing import Literal, get_args

from detectors.correlation_expression import is_operator, words
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


@dataclass(frozen=True)
class Bound:
    """One comparison with what a correlation measures; of several, all must hold."""

    operator: Operator
    value: Decimal


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
            kept["rules"] = list(dict.fromkeys(word for word in words(condition) if not is_operator(word)))
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
