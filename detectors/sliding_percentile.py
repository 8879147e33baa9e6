"""A percentile of values that come and go, in logarithmic time: two heaps that meet at the rank asked for.

Between two values it is interpolated in proportion: Hyndman and Fan's definition 7, which is the default of numpy and
R, PERCENTILE.INC of spreadsheets, percentile_cont of SQL, and quantileExactInclusive of ClickHouse. The median of an
even number of values is thus the mean of the two in the middle.
Hyndman and Fan, "Sample Quantiles in Statistical Packages", The American Statistician 50 (1996).
"""

from collections import Counter
from decimal import Decimal
from heapq import heapify, heappop, heappush

from detectors.correlation_condition import EXACT


class SlidingPercentile:
    """The percentile (0 to 100) of the values that were added and not removed."""

    def __init__(self, percentile: Decimal) -> None:
        whole, below = percentile.as_integer_ratio()
        self._numerator, self._denominator = whole, below * 100
        self._low = _Side(largest_first=True)
        self._high = _Side(largest_first=False)

    def __len__(self) -> int:
        return self._low.size + self._high.size

    def add(self, value: Decimal) -> None:
        """Take in a value."""
        if self._low.size and value <= self._low.top():
            self._low.add(value)
        else:
            self._high.add(value)
        self._balance()

    def remove(self, value: Decimal) -> None:
        """Let go of a value that was added."""
        side = self._low if self._low.has(value) else self._high
        side.remove(value)
        self._balance()

    def ratio(self) -> tuple[Decimal, int]:
        """The percentile as an exact fraction.

        Raises:
            IndexError: there is no value.
        """
        rest = self._numerator * (len(self) - 1) % self._denominator
        lower = self._low.top()
        if not rest:
            return lower, 1
        step = EXACT.multiply(EXACT.subtract(self._high.top(), lower), rest)
        return EXACT.add(EXACT.multiply(lower, self._denominator), step), self._denominator

    def _balance(self) -> None:
        """As many values on the low side as the rank says."""
        wanted = self._numerator * (len(self) - 1) // self._denominator + 1 if len(self) else 0
        while self._low.size > wanted:
            self._high.add(self._low.pop())
        while self._low.size < wanted:
            self._low.add(self._high.pop())


class _Side:
    """A heap that lets go of values by name: they stay in it until they come to its top, or outnumber the rest."""

    def __init__(self, *, largest_first: bool) -> None:
        self._largest_first = largest_first
        self._heap: list[Decimal] = []
        self._living: Counter[Decimal] = Counter()
        self.size = 0

    def has(self, value: Decimal) -> bool:
        return value in self._living

    def add(self, value: Decimal) -> None:
        heappush(self._heap, self._keyed(value))
        self._living[value] += 1
        self.size += 1

    def remove(self, value: Decimal) -> None:
        self._living[value] -= 1
        if not self._living[value]:
            del self._living[value]
        self.size -= 1
        if len(self._heap) > 2 * self.size + 64:
            self._heap = [self._keyed(each) for each in self._living.elements()]
            heapify(self._heap)

    def top(self) -> Decimal:
        while self._keyed(self._heap[0]) not in self._living:
            heappop(self._heap)
        return self._keyed(self._heap[0])

    def pop(self) -> Decimal:
        value = self.top()
        heappop(self._heap)
        self.remove(value)
        return value

    def _keyed(self, value: Decimal) -> Decimal:
        # Not `-value`, which rounds to the precision of the context.
        return value.copy_negate() if self._largest_first else value
