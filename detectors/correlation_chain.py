"""Rules that match one after the other: the chain that ends at a moment, within a window that slides.

Logs often tell time in whole seconds, so matches of one moment count as in order, but one event fills one place.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import combinations
from typing import cast

from detectors.correlation_condition import within
from detectors.correlation_expression import Alternative, alternatives
from detectors.correlation_match import Match, Window
from detectors.rule import CompiledCorrelation


class Chains(Window):
    """The window of a `temporal_ordered` correlation."""

    def __init__(self, rule: CompiledCorrelation) -> None:
        super().__init__(rule)
        self._tracks = {reference: _Track() for reference in rule.references}
        self._alternatives = () if rule.expression is None else alternatives(rule.expression)
        self._chosen = _choices(rule)
        self._evidence: Sequence[Match] | None = None

    def counted(self, match: Match) -> object:
        """The match itself: every match may have a place."""
        return match

    def add(self, counted: object) -> None:
        """The match comes in, on the track of its rule."""
        match = cast("Match", counted)
        self._tracks[match.rule_id].add(match)

    def forget(self, counted: object) -> None:
        """The match leaves the track of its rule."""
        match = cast("Match", counted)
        self._tracks[match.rule_id].forget(match.time)

    def verdict(self, moment: datetime) -> str | None:
        """How many rules the chain has that ends now, when the condition is met."""
        if self._alternatives:
            return next((str(len(each.wanted)) for each in self._alternatives if self._meets(each, moment)), None)
        for order in self._chosen:
            self._evidence = chain(self._tracks, order, moment)
            if self._evidence:
                return str(len(order)) if within(self._rule.bounds, Decimal(len(order)), 1) else None
        return None

    def evidence(self) -> Sequence[Match] | None:
        """The chain."""
        return self._evidence or None

    def _meets(self, alternative: Alternative, moment: datetime) -> bool:
        if any(self._tracks[rule].matches for rule in alternative.unwanted):
            return False
        order = tuple(reference for reference in self._rule.references if reference in alternative.wanted)
        self._evidence = chain(self._tracks, order, moment) if order else None
        return bool(self._evidence) or not order


def chain(tracks: Mapping[str, "_Track"], order: Sequence[str], moment: datetime) -> list[Match]:
    """The latest matches of the rules in this order, the last of them at this moment; nothing where there are none.

    Found from the end: the latest place that a rule can take leaves the most room before it. Only within one moment can
    two rules want one event, so only there is the choice of events a matter of assignment.
    """
    runs: dict[int, _Run] = {}
    latest = moment
    for start in range(len(order) - 1, -1, -1):
        run = _run_at(tracks, order, start, latest, runs, moment)
        if run is None and start < len(order) - 1:
            before = tracks[order[start]].before(latest)
            run = None if before is None else _Run(before, start + 1, [tracks[order[start]].at(before)[0]])
        if run is None:
            return []
        runs[start], latest = run, run.moment
    found: list[Match] = []
    start = 0
    while start < len(order):
        found += runs[start].matches
        start = runs[start].end
    return found


@dataclass(frozen=True)
class _Run:
    """Rules of an order that match at one moment, each by an event of its own; `end` is the next rule's place."""

    moment: datetime
    end: int
    matches: list[Match]


@dataclass
class _Track:
    """The matches of one rule in the window, by moment, oldest first."""

    times: list[datetime] = field(default_factory=list)
    matches: dict[datetime, deque[Match]] = field(default_factory=dict)
    gone: int = 0

    def add(self, match: Match) -> None:
        if match.time not in self.matches:
            self.times.append(match.time)
            self.matches[match.time] = deque()
        self.matches[match.time].append(match)

    def forget(self, time: datetime) -> None:
        """One match of the oldest moment leaves."""
        self.matches[time].popleft()
        if self.matches[time]:
            return
        del self.matches[time]
        self.gone += 1
        if 2 * self.gone > len(self.times):
            del self.times[: self.gone]
            self.gone = 0

    def at(self, time: datetime) -> Sequence[Match]:
        return self.matches.get(time, ())

    def before(self, time: datetime) -> datetime | None:
        position = bisect_left(self.times, time, lo=self.gone) - 1
        return self.times[position] if position >= self.gone else None


def _choices(rule: CompiledCorrelation) -> tuple[tuple[str, ...], ...]:
    """The orders to look for, the longest first: with some rules missing only where the bounds allow it."""
    if rule.expression is not None:
        return ()
    size = len(rule.references)
    some = any(within(rule.bounds, Decimal(length), 1) for length in range(1, size))
    lengths = range(size, 0, -1) if some else (size,)
    return tuple(order for length in lengths for order in combinations(rule.references, length))


def _run_at(
    tracks: Mapping[str, _Track],
    order: Sequence[str],
    start: int,
    at: datetime,
    runs: Mapping[int, _Run],
    moment: datetime,
) -> _Run | None:
    """The run that begins with this rule at this moment, where what comes after it is later; None if there is none."""
    for end in range(len(order), start, -1):
        follows = at == moment if end == len(order) else end in runs and at < runs[end].moment
        if follows:
            matches = _assigned([tracks[rule].at(at) for rule in order[start:end]])
            if matches:
                return _Run(at, end, matches)
    return None


def _assigned(candidates: Sequence[Sequence[Match]]) -> list[Match] | None:
    """One match from each, no event twice: a bipartite matching by augmenting paths."""
    taken: dict[tuple[str, ...], int] = {}
    chosen: dict[int, Match] = {}

    def place(number: int, tried: set[tuple[str, ...]]) -> bool:
        for match in candidates[number]:
            if match.event_ids in tried:
                continue
            tried.add(match.event_ids)
            if match.event_ids not in taken or place(taken[match.event_ids], tried):
                taken[match.event_ids], chosen[number] = number, match
                return True
        return False

    for number in range(len(candidates)):
        if not place(number, set()):
            return None
    return [chosen[number] for number in range(len(candidates))]
