"""What a correlation measures over a window that slides: matches come in at its end and leave at its start.

Every measure is exact: numbers are decimals as they were written, a mean or a percentile is compared as a fraction.
"""

import re
from abc import abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import cast

from detectors.correlation_chain import Chains
from detectors.correlation_condition import EXACT, within
from detectors.correlation_expression import holds
from detectors.correlation_match import Match, Window
from detectors.rule import CompiledCorrelation, CorrelationType
from detectors.sliding_percentile import SlidingPercentile

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_LONGEST_NUMBER = 100
# The range of doubles, which is what the rest of the engine takes for a number.
_LARGEST_EXPONENT, _SMALLEST_EXPONENT = 307, -307


def window_of(rule: CompiledCorrelation) -> Window:
    """An empty window for one group."""
    return _WINDOWS[rule.type](rule)


def number_of(text: str) -> Decimal | None:
    """The number that a text reads as, exactly; None for anything else, and beyond the range of doubles."""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    number = Decimal(text)
    return number if not number or _SMALLEST_EXPONENT <= number.adjusted() <= _LARGEST_EXPONENT else None


class _Measuring(Window):
    """A window whose measure is a number."""

    @abstractmethod
    def _measure(self) -> tuple[Decimal, int]:
        """The measure as a fraction."""

    def verdict(self, moment: datetime) -> str | None:  # noqa: ARG002 - chains look at it
        numerator, denominator = self._measure()
        return _shown(numerator, denominator) if within(self._rule.bounds, numerator, denominator) else None


class _Events(_Measuring):
    """How many matches there are."""

    _size = 0

    def counted(self, match: Match) -> object:
        return match

    def add(self, counted: object) -> None:  # noqa: ARG002 - each counts the same
        self._size += 1

    def forget(self, counted: object) -> None:  # noqa: ARG002
        self._size -= 1

    def _measure(self) -> tuple[Decimal, int]:
        return Decimal(self._size), 1


class _Distinct(_Measuring):
    """How many different values, or combinations of values, there are."""

    def __init__(self, rule: CompiledCorrelation) -> None:
        super().__init__(rule)
        self._counter: Counter[object] = Counter()

    def counted(self, match: Match) -> object:
        return match.values if all(match.values) else None

    def add(self, counted: object) -> None:
        self._counter[counted] += 1

    def forget(self, counted: object) -> None:
        self._counter[counted] -= 1
        if not self._counter[counted]:
            del self._counter[counted]

    def _measure(self) -> tuple[Decimal, int]:
        return Decimal(len(self._counter)), 1


class _Rules(_Distinct):
    """How many of the rules match, or whether those do that a condition names."""

    def counted(self, match: Match) -> object:
        return match.rule_id

    def verdict(self, moment: datetime) -> str | None:
        if self._rule.expression is None:
            return super().verdict(moment)
        return str(len(self._counter)) if holds(self._rule.expression, self._counter.__contains__) else None


class _Sum(_Measuring):
    """The sum of a number, or its mean."""

    def __init__(self, rule: CompiledCorrelation) -> None:
        super().__init__(rule)
        self._sum, self._size = Decimal(0), 0

    def counted(self, match: Match) -> object:
        return number_of(match.values[0])

    def add(self, counted: object) -> None:
        self._sum = EXACT.add(self._sum, cast("Decimal", counted))
        self._size += 1

    def forget(self, counted: object) -> None:
        self._sum = EXACT.subtract(self._sum, cast("Decimal", counted))
        self._size -= 1

    def _measure(self) -> tuple[Decimal, int]:
        return self._sum, self._size if self._rule.type == "value_avg" else 1


class _Ranked(_Measuring):
    """The median or another percentile of a number."""

    def __init__(self, rule: CompiledCorrelation) -> None:
        super().__init__(rule)
        self._percentile = SlidingPercentile(Decimal(50) if rule.percentile is None else rule.percentile)

    def counted(self, match: Match) -> object:
        return number_of(match.values[0])

    def add(self, counted: object) -> None:
        self._percentile.add(cast("Decimal", counted))

    def forget(self, counted: object) -> None:
        self._percentile.remove(cast("Decimal", counted))

    def _measure(self) -> tuple[Decimal, int]:
        return self._percentile.ratio()


def _shown(numerator: Decimal, denominator: int) -> str:
    """A fraction as a reader sees it: without an exponent where it is short, rounded where it has no end."""
    value = numerator if denominator == 1 else numerator / denominator
    plain = f"{value.normalize():f}"
    return plain if len(plain) <= 40 else str(value.normalize())


_WINDOWS: Mapping[CorrelationType, Callable[[CompiledCorrelation], Window]] = {
    "event_count": _Events,
    "value_count": _Distinct,
    "value_sum": _Sum,
    "value_avg": _Sum,
    "value_percentile": _Ranked,
    "value_median": _Ranked,
    "temporal": _Rules,
    "temporal_ordered": Chains,
}
