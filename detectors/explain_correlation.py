"""Why a correlation is met around an event or is not: which of its rules the event matches, and what was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from detectors.correlation import Episode, Match, episodes, reach
from detectors.explain import Explanation
from detectors.rule import CompiledCorrelation, CompiledRule, RuleHead, RuleSet

_SIGNS = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "!="}


@dataclass(frozen=True)
class Counted:
    """A match that the correlation counts.

    Attributes:
        title: of the rule that matched.
        is_event: whether it is, or holds, the event that is explained.
    """

    rule_id: str
    title: str
    time: datetime
    event_ids: tuple[str, ...]
    is_event: bool


@dataclass(frozen=True)
class CorrelationExplanation:
    """What a correlation makes of an event.

    Attributes:
        matches: whether the event belongs to an episode: it completed or prolonged one, or was counted when it began.
        condition: what the correlation asks for, in words.
        bases: what each rule that it rests on says of the event.
        counted: the matches around the event in the event's own group, oldest first.
        episodes: those that the event belongs to.
    """

    rule: RuleHead
    event_id: str
    matches: bool
    condition: str
    bases: tuple[Explanation, ...]
    counted: tuple[Counted, ...] = ()
    episodes: tuple[Episode, ...] = ()

    @property
    def reason(self) -> str:
        """Why it is so, in one sentence."""
        if not any(base.matches for base in self.bases):
            return "the event matches none of the rules that the correlation counts"
        if not self.counted:
            return "the event matches a rule that is counted, but lacks a value to be grouped by"
        if self.matches:
            return f"the condition is met: counted {', '.join(str(episode.count) for episode in self.episodes)}"
        return f"the condition is not met around the event, matches counted: {len(self.counted)}"


def bases_of(ruleset: RuleSet, rule: CompiledCorrelation) -> tuple[CompiledRule, ...]:
    """The rules over single events that a correlation rests on, through other correlations too, each once."""
    single = {each.head.id: each for each in ruleset.rules}
    inner = {each.head.id: each for each in ruleset.correlations}
    found: dict[str, CompiledRule] = {}
    for reference in rule.references:
        bases = (single[reference],) if reference in single else bases_of(ruleset, inner[reference])
        found |= {base.head.id: base for base in bases}
    return tuple(found.values())


def reach_around(ruleset: RuleSet, rule: CompiledCorrelation) -> timedelta:
    """How far from an event others can decide whether it belongs to an episode."""
    inner = {each.head.id: each for each in ruleset.correlations}
    deeper = [reach_around(ruleset, inner[each]) for each in rule.references if each in inner]
    return reach(rule) + max(deeper, default=timedelta())


def counted_matches(ruleset: RuleSet, rule: CompiledCorrelation, matches: Mapping[str, Sequence[Match]]) -> list[Match]:
    """What a correlation counts, from the matches of the rules over single events by their id."""
    inner = {each.head.id: each for each in ruleset.correlations}
    found: list[Match] = []
    for reference in dict.fromkeys(rule.references):
        if reference in inner:
            below = counted_matches(ruleset, inner[reference], matches)
            found += [episode.as_match() for episode in episodes(inner[reference], below)]
        else:
            found += matches.get(reference, ())
    return found


def correlation_explained(
    ruleset: RuleSet,
    rule: CompiledCorrelation,
    event_id: str,
    bases: Sequence[Explanation],
    matches: Mapping[str, Sequence[Match]],
) -> CorrelationExplanation:
    """What a correlation makes of an event.

    Args:
        ruleset: where the rules are that it rests on.
        rule: the correlation.
        event_id: the event.
        bases: what each of those rules says of the event.
        matches: their matches within the correlation's reach of the event, by rule.
    """
    found = counted_matches(ruleset, rule, matches)
    keys = {key for match in found if event_id in match.event_ids and all(key := _key(rule, match))}
    together = sorted(
        (match for match in found if _key(rule, match) in keys), key=lambda match: (match.time, match.event_ids)
    )
    times = {match.time for match in together if event_id in match.event_ids}
    met = [
        episode
        for episode in episodes(rule, together)
        if event_id in episode.event_ids or any(episode.first_time <= time <= episode.until for time in times)
    ]
    titles = {head.id: head.title for head in ruleset.heads}
    return CorrelationExplanation(
        rule=rule.head,
        event_id=event_id,
        matches=bool(met),
        condition=condition_text(rule, titles),
        bases=tuple(bases),
        counted=tuple(
            Counted(each.rule_id, titles[each.rule_id], each.time, each.event_ids, event_id in each.event_ids)
            for each in together
        ),
        episodes=tuple(met),
    )


def condition_text(rule: CompiledCorrelation, titles: Mapping[str, str]) -> str:
    """What a correlation asks for, in words."""
    rules = ", ".join(repr(titles.get(each, each)) for each in dict.fromkeys(rule.references))
    counts = f"{rule.type} {_SIGNS[rule.operator]} {rule.threshold}"
    values = f" of {', '.join(rule.value_fields)}" if rule.value_fields else ""
    grouped = f", by {', '.join(rule.group_by)}" if rule.group_by else ""
    return f"{counts}{values} over {rules} within {rule.span_seconds} s{grouped}"


def _key(rule: CompiledCorrelation, match: Match) -> tuple[str, ...]:
    """The group of a match: the values by which the correlation tells matches apart."""
    return tuple(match.values.get(name, "") for name in rule.group_fields.get(match.rule_id, rule.group_by))
