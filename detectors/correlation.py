"""Correlations over matches: true sliding windows, exact whatever order events arrived in.

A window ends at a match and reaches back over the time span; both its ends belong to it. It is judged at every moment
that has a match of the group, and at no other: a correlation does not find that nothing happened. A match that lacks
a group-by field belongs to no group; one that lacks the value that is counted, or whose value is no number where
numbers are measured, takes no part. A correlation answers once per episode: at the first moment that meets the
condition when the moment before it in the same group did not, or lies more than the span back.

One group at a time, its matches in order of time, and of them only those in the window are held in memory.
Sigma correlation rules specification 2.0.2; `docs/rules.md` tells what it leaves open.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby, islice
from operator import attrgetter

from detectors.correlation_match import Match
from detectors.correlation_windows import window_of
from detectors.rule import CompiledCorrelation

# An alert names at most so many events; the first and the last of its window are always among them.
_MOST_EVENTS = 1000

Key = tuple[str, ...]


@dataclass(frozen=True)
class Episode:
    """A correlation met.

    Attributes:
        group: value of each group-by name.
        count: what was measured when the condition was first met.
        matches: the matches of single events that met it, oldest first, at most 1,000: the first ones and the last.
        until: the last moment at which the episode still went on, as far as the matches tell.
    """

    rule_id: str
    group: Mapping[str, str]
    count: str
    matches: tuple[Match, ...]
    first_time: datetime
    last_time: datetime
    until: datetime

    @property
    def event_ids(self) -> tuple[str, ...]:
        """The events, each once."""
        return tuple(dict.fromkeys(event_id for match in self.matches for event_id in match.event_ids))

    def as_match(self, time: datetime, outer: CompiledCorrelation) -> Match:
        """The episode, as it was at a moment, as a match that another correlation can count."""
        fields, values = outer.group_fields[self.rule_id], outer.value_fields[self.rule_id]
        return Match(
            self.rule_id,
            time,
            (f"episode of {self.rule_id}", *self.event_ids),
            key=tuple(self.group.get(name, "") for name in fields),
            values=tuple(self.group.get(name, "") for name in values),
            parts=self.matches,
        )


def episodes(rule: CompiledCorrelation, matches: Iterable[Match]) -> list[Episode]:
    """Every episode of a correlation among these matches, in any order, by time."""
    groups = in_groups(matches).items()
    found = [each for key, group in groups for each in episodes_of_group(rule, key, group)]
    return sorted(found, key=lambda episode: (episode.last_time, episode.event_ids))


def episodes_of_group(rule: CompiledCorrelation, key: Key, matches: Iterable[Match]) -> Iterator[Episode]:
    """Every episode among the matches of one group, which come by time."""
    for _, moments in groupby(met_moments(rule, key, matches), key=lambda met: met[1].last_time):
        # Only the last moment is kept: an episode may have millions.
        ((until, episode),) = deque(moments, maxlen=1)
        yield replace(episode, until=until)


def met_moments(rule: CompiledCorrelation, key: Key, matches: Iterable[Match]) -> Iterator[tuple[datetime, Episode]]:
    """Every moment at which the condition is met, with the episode that it belongs to as it was at its beginning."""
    if not all(key):
        return
    span = timedelta(seconds=rule.span_seconds)
    window = window_of(rule)
    inside: deque[tuple[Match, object]] = deque()
    met: tuple[datetime, Episode] | None = None
    for moment, together in groupby(matches, key=attrgetter("time")):
        fresh = [(match, counted) for match in _distinct(together) if (counted := window.counted(match)) is not None]
        if not fresh:
            continue
        inside.extend(fresh)
        for _, counted in fresh:
            window.add(counted)
        while inside[0][0].time < moment - span:
            window.forget(inside.popleft()[1])
        measured = window.verdict(moment)
        if measured is None:
            met = None
            continue
        if met is None or met[0] < moment - span:
            evidence = window.evidence() or [match for match, _ in _few(inside)]
            met = (moment, _episode(rule, key, measured, evidence))
        met = (moment, met[1])
        yield met


def matches_upward(
    rule: CompiledCorrelation, key: Key, matches: Iterable[Match], outer: CompiledCorrelation
) -> Iterator[Match]:
    """What a correlation that refers to this one sees of a group.

    Where matches are counted or measured, an episode is one match, at its beginning. Where rules are to meet in time,
    the correlation is there at every moment at which it is met: what follows the end of a long episode follows it.
    """
    if outer.type in ("temporal", "temporal_ordered"):
        for moment, episode in met_moments(rule, key, matches):
            yield episode.as_match(moment, outer)
        return
    for episode in episodes_of_group(rule, key, matches):
        yield episode.as_match(episode.last_time, outer)


def in_groups(matches: Iterable[Match]) -> dict[Key, list[Match]]:
    """Matches in any order -> those of each group by time."""
    groups: dict[Key, list[Match]] = defaultdict(list)
    for match in matches:
        groups[match.key].append(match)
    for group in groups.values():
        group.sort(key=lambda match: (match.time, match.event_ids, match.rule_id))
    return groups


def reach(rule: CompiledCorrelation) -> timedelta:
    """How far before a match others can decide whether it begins an episode: its window and the one before."""
    return timedelta(seconds=2 * rule.span_seconds)


def _distinct(matches: Iterable[Match]) -> Iterable[Match]:
    """Each rule's match of the same events once, however often it was delivered."""
    together = list(matches)
    if len(together) == 1:
        return together
    return {(match.rule_id, match.event_ids): match for match in together}.values()


def _few(inside: deque[tuple[Match, object]]) -> list[tuple[Match, object]]:
    if len(inside) <= _MOST_EVENTS:
        return list(inside)
    return [*islice(inside, _MOST_EVENTS - 1), inside[-1]]


def _episode(rule: CompiledCorrelation, key: Key, measured: str, evidence: Sequence[Match]) -> Episode:
    leaves = {(leaf.rule_id, leaf.event_ids): leaf for match in evidence for leaf in match.leaves}
    matches = sorted(leaves.values(), key=lambda leaf: leaf.time)
    if len(matches) > _MOST_EVENTS:
        matches = [*matches[: _MOST_EVENTS - 1], matches[-1]]
    return Episode(
        rule_id=rule.head.id,
        group=dict(zip(rule.group_by, key, strict=True)),
        count=measured,
        matches=tuple(matches),
        first_time=evidence[0].time,
        last_time=evidence[-1].time,
        until=evidence[-1].time,
    )
