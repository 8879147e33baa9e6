"""Correlations over base matches: true sliding windows, exact whatever order events arrived in.

A window is closed: two matches belong together when they are at most the time span apart. A match that lacks a
group-by field belongs to no group. A correlation answers once per episode: at the first match whose window satisfies
the condition when the match before it in the same group did not, or lies more than the span back.
Sigma correlation rules specification 2.1.
"""

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import eq, ge, gt, le, lt, ne

from detectors.rule import CompiledCorrelation, Operator

_COMPARE: Mapping[Operator, Callable[[int, int], bool]] = {
    "lt": lt,
    "lte": le,
    "gt": gt,
    "gte": ge,
    "eq": eq,
    "neq": ne,
}
# A moment, the evidence when the condition is satisfied by what ends there (else nothing), and what was counted.
Judgement = tuple[datetime, Sequence["Match"], int]

# An alert names at most so many events; the first and the last of its window are always among them.
_MOST_EVENTS = 1000


@dataclass(frozen=True)
class Match:
    """A rule met: by one event, or by the events of a correlation.

    Attributes:
        time: event time, UTC; of the last event when there are several.
        values: text of the fields that correlations ask for, '' when absent.
    """

    rule_id: str
    time: datetime
    event_ids: tuple[str, ...]
    values: Mapping[str, str]


@dataclass(frozen=True)
class Episode:
    """A correlation met.

    Attributes:
        group: value of each group-by name.
        count: what the condition counted when it was first satisfied.
        event_ids: the events of the window, oldest first.
        until: the last moment at which the episode still went on, as far as the matches tell.
    """

    rule_id: str
    group: Mapping[str, str]
    count: int
    event_ids: tuple[str, ...]
    first_time: datetime
    last_time: datetime
    until: datetime

    def as_match(self) -> Match:
        """The episode as a match that another correlation can count."""
        return Match(self.rule_id, self.last_time, self.event_ids, self.group)


def episodes(rule: CompiledCorrelation, matches: Iterable[Match]) -> list[Episode]:
    """Every episode of a correlation among these matches, by time."""
    groups: dict[tuple[str, ...], list[Match]] = defaultdict(list)
    for match in _distinct(matches):
        key = tuple(match.values.get(name, "") for name in rule.group_fields.get(match.rule_id, rule.group_by))
        if all(key):
            groups[key].append(match)
    found = [episode for key, group in groups.items() for episode in _of_group(rule, key, group)]
    return sorted(found, key=lambda episode: (episode.last_time, episode.event_ids))


def reach(rule: CompiledCorrelation) -> timedelta:
    """How far before a match others can decide whether it begins an episode: its window and the one before."""
    return timedelta(seconds=2 * rule.span_seconds)


def _distinct(matches: Iterable[Match]) -> Iterator[Match]:
    """Each rule's match of the same events once, however often it was delivered."""
    seen = set()
    for match in matches:
        key = (match.rule_id, match.event_ids)
        if key not in seen:
            seen.add(key)
            yield match


def _of_group(rule: CompiledCorrelation, key: tuple[str, ...], group: list[Match]) -> Iterator[Episode]:
    group.sort(key=lambda match: (match.time, match.event_ids))
    judge = _ordered(rule, group) if rule.type == "temporal_ordered" else _counting(rule, group)
    span = timedelta(seconds=rule.span_seconds)
    current: Episode | None = None
    for moment, evidence, count in judge:
        going_on = current is not None and bool(evidence) and moment - current.until <= span
        if current is not None and going_on:
            current = replace(current, until=moment)
            continue
        if current is not None:
            yield current
        current = _episode(rule, key, count, evidence) if evidence else None
    if current is not None:
        yield current


def _counting(rule: CompiledCorrelation, group: Sequence[Match]) -> Iterator[Judgement]:
    """For each moment with a match: the window that ends there if it satisfies the condition, and its count."""
    times = [match.time for match in group]
    span, satisfies = timedelta(seconds=rule.span_seconds), _COMPARE[rule.operator]
    counter: Counter[object] = Counter()
    first = 0
    start = 0
    for end in _ends_of_moments(times):
        counter.update(_counted(rule, match) for match in group[start:end])
        start = end
        oldest = bisect_left(times, times[end - 1] - span, lo=first)
        for match in group[first:oldest]:
            _forget(counter, _counted(rule, match))
        first = oldest
        count = end - first if rule.type == "event_count" else len(counter) - (None in counter)
        yield times[end - 1], group[first:end] if satisfies(count, rule.threshold) else (), count


def _counted(rule: CompiledCorrelation, match: Match) -> object:
    """What a match adds to the distinct things a window counts; None for nothing."""
    if rule.type == "temporal":
        return match.rule_id
    values = tuple(match.values.get(name, "") for name in rule.value_fields)
    return values if all(values) else None


def _forget(counter: Counter[object], counted: object) -> None:
    counter[counted] -= 1
    if not counter[counted]:
        del counter[counted]


def _ends_of_moments(times: Sequence[datetime]) -> Iterator[int]:
    """Positions after which a window may end: matches of one moment are in the same windows."""
    end = 0
    while end < len(times):
        end = bisect_right(times, times[end], lo=end)
        yield end


def _ordered(rule: CompiledCorrelation, group: Sequence[Match]) -> Iterator[Judgement]:
    """For each moment with a match: the chain of the rules in their order that ends there, if there is one."""
    by_rule: dict[str, list[Match]] = defaultdict(list)
    for match in group:
        by_rule[match.rule_id].append(match)
    times = {rule_id: [match.time for match in found] for rule_id, found in by_rule.items()}
    for moment in dict.fromkeys(match.time for match in group):
        chain = _chain(rule, by_rule, times, moment)
        yield moment, chain, len(chain)


def _chain(
    rule: CompiledCorrelation,
    by_rule: Mapping[str, Sequence[Match]],
    times: Mapping[str, Sequence[datetime]],
    moment: datetime,
) -> list[Match]:
    """The latest matches of the rules in their order, the last at this moment, all within the span; or nothing.

    Logs often tell time in whole seconds, so matches of one moment count as in order, but one event fills one place.
    """
    oldest = moment - timedelta(seconds=rule.span_seconds)
    chain: list[Match] = []
    for wanted in reversed(rule.references):
        latest = chain[-1].time if chain else moment
        position = bisect_right(times.get(wanted, ()), latest) - 1
        taken = {match.event_ids for match in chain}
        while position >= 0 and by_rule[wanted][position].event_ids in taken:
            position -= 1
        if position < 0:
            return []
        found = by_rule[wanted][position]
        if found.time < oldest or (not chain and found.time != moment):
            return []
        chain.append(found)
    return chain[::-1]


def _episode(rule: CompiledCorrelation, key: tuple[str, ...], count: int, evidence: Sequence[Match]) -> Episode:
    ids = list(dict.fromkeys(event_id for match in evidence for event_id in match.event_ids))
    if len(ids) > _MOST_EVENTS:
        ids = [*ids[: _MOST_EVENTS - 1], ids[-1]]
    return Episode(
        rule_id=rule.head.id,
        group=dict(zip(rule.group_by, key, strict=True)),
        count=count,
        event_ids=tuple(ids),
        first_time=evidence[0].time,
        last_time=evidence[-1].time,
        until=evidence[-1].time,
    )
