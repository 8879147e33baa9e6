"""Why a correlation is met around an event or is not: which of its rules the event matches, and what was counted."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from detectors.correlation import Episode, Key, episodes_of_group
from detectors.correlation_expression import Either, Every, Expression, Named, Not
from detectors.correlation_match import Match
from detectors.correlation_windows import window_of
from detectors.explanation import Explanation
from detectors.rule import CompiledCorrelation, RuleHead, RuleSet

_SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "!="}


@dataclass(frozen=True)
class Counted:
    """A match that the correlation counts.

    Attributes:
        title: of the rule that matched.
        until: the last moment at which it was there: a correlation that is met goes on.
        is_event: whether it is, or holds, the event that is explained.
    """

    rule_id: str
    title: str
    time: datetime
    until: datetime
    event_ids: tuple[str, ...]
    is_event: bool


@dataclass(frozen=True)
class Stretch:
    """A stretch of time in which the condition was met.

    Attributes:
        group: value of each group-by name.
        count: what was measured when it was first met.
        event_ids: the events that met it, oldest first.
        until: the last moment at which it was still met, as far as the matches tell.
    """

    group: Mapping[str, str]
    count: str
    event_ids: tuple[str, ...]
    first_time: datetime
    last_time: datetime
    until: datetime


@dataclass(frozen=True)
class CorrelationExplanation:
    """What a correlation makes of an event.

    Attributes:
        matches: whether the event belongs to an episode: it completed or prolonged one, or was counted when it began.
        condition: what the correlation asks for, in words.
        bases: what each rule that it rests on says of the event.
        counted: the matches that take part around the event in the event's own group, oldest first.
        episodes: those that the event belongs to.
    """

    rule: RuleHead
    event_id: str
    matches: bool
    condition: str
    bases: tuple[Explanation, ...]
    counted: tuple[Counted, ...] = ()
    episodes: tuple[Stretch, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is so, in one sentence."""
        if not any(base.matches for base in self.bases):
            return "the event matches none of the rules that the correlation counts"
        if self.matches:
            return f"the condition is met: counted {', '.join(episode.count for episode in self.episodes)}"
        if not any(each.is_event for each in self.counted):
            return (
                "the event matches a rule, but is not counted: it lacks a value to be grouped by or measured, "
                "or no inner correlation is met by it"
            )
        return f"the condition is not met around the event, matches counted: {len(self.counted)}"


def correlation_explained(
    ruleset: RuleSet,
    rule: CompiledCorrelation,
    event_id: str,
    bases: Sequence[Explanation],
    groups: Mapping[Key, Sequence[Match]],
) -> CorrelationExplanation:
    """What a correlation makes of an event.

    Args:
        ruleset: where the rules are that it rests on.
        rule: the correlation.
        event_id: the event.
        bases: what each of those rules says of the event.
        groups: the groups that the event is in: what the correlation counts within its reach of the event, by time.
    """
    titles = {head.id: head.title for head in ruleset.heads}
    counted = [each for group in groups.values() for each in _counted(rule, group, titles, event_id)]
    met = [_stretch(each) for key, group in groups.items() for each in _met_by(rule, key, group, event_id)]
    return CorrelationExplanation(
        rule=rule.head,
        event_id=event_id,
        matches=bool(met),
        condition=condition_text(rule, titles),
        bases=tuple(bases),
        counted=tuple(sorted(counted, key=lambda each: (each.time, each.event_ids))),
        episodes=tuple(sorted(met, key=lambda each: (each.last_time, each.event_ids))),
    )


def condition_text(rule: CompiledCorrelation, titles: Mapping[str, str]) -> str:
    """What a correlation asks for, in words."""
    kind = rule.type if rule.percentile is None else f"{rule.type} {rule.percentile:f}"
    values = f" of {', '.join(rule.measured)}" if rule.measured else ""
    grouped = f", by {', '.join(rule.group_by)}" if rule.group_by else ""
    within = f" within {rule.span_seconds} s{grouped}"
    if rule.expression is not None:
        return f"{kind}: {_expression_text(rule.expression, titles)}{within}"
    bounds = " and ".join(f"{_SIGNS[bound.operator]} {bound.value:f}" for bound in rule.bounds)
    rules = ", ".join(repr(titles.get(each, each)) for each in rule.references)
    return f"{kind} {bounds}{values} over {rules}{within}"


def _expression_text(expression: Expression, titles: Mapping[str, str]) -> str:
    match expression:
        case Named(rule=rule):
            return repr(titles.get(rule, rule))
        case Not(part=part):
            return f"not {_expression_text(part, titles)}"
        case Every(parts=parts):
            return f"({' and '.join(_expression_text(part, titles) for part in parts)})"
        case Either(parts=parts):
            return f"({' or '.join(_expression_text(part, titles) for part in parts)})"


def _counted(
    rule: CompiledCorrelation, group: Iterable[Match], titles: Mapping[str, str], event_id: str
) -> Iterable[Counted]:
    """Every match that takes part, once: where it is there at several moments, with the last of them."""
    window = window_of(rule)
    found: dict[tuple[str, tuple[str, ...]], Counted] = {}
    for match in group:
        if window.counted(match) is None:
            continue
        known = found.get((match.rule_id, match.event_ids))
        if known is not None:
            found[match.rule_id, match.event_ids] = replace(known, until=match.time)
            continue
        ids = tuple(each for leaf in match.leaves for each in leaf.event_ids)
        found[match.rule_id, match.event_ids] = Counted(
            match.rule_id, titles[match.rule_id], match.time, match.time, ids, event_id in ids
        )
    return found.values()


def _met_by(rule: CompiledCorrelation, key: Key, group: Sequence[Match], event_id: str) -> Iterator[Episode]:
    """The episodes that the event completed or prolonged, or in which it was counted."""
    window = window_of(rule)
    times = {
        match.time
        for match in group
        if window.counted(match) is not None and any(event_id in leaf.event_ids for leaf in match.leaves)
    }
    for episode in episodes_of_group(rule, key, group):
        if event_id in episode.event_ids or any(episode.first_time <= time <= episode.until for time in times):
            yield episode


def _stretch(episode: Episode) -> Stretch:
    return Stretch(
        group=episode.group,
        count=episode.count,
        event_ids=episode.event_ids,
        first_time=episode.first_time,
        last_time=episode.last_time,
        until=episode.until,
    )
