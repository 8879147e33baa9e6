"""Correlations over stored events: the matches around what just arrived, old ones too, so that late events count."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter
from typing import cast

from detectors.correlation import Episode, episodes_of_group, in_groups, matches_upward, reach
from detectors.correlation_match import Match
from detectors.rule import CompiledCorrelation, CompiledRule, RuleSet
from pipelines.alert_rows import Alert, Evidence
from pipelines.base_matches import Key, Span, base_groups
from pipelines.judging import LIMITS, Unjudged, utc
from store.client import Store
from store.errors import QueryFailed

# The alerts that a correlation raised around what just arrived: when each was complete, and for which group.
_RAISED = """
SELECT last_seen, matched_fields
FROM alert_matches
WHERE rule_id = {rule:String} AND rule_version = {version:String}
  AND last_seen >= fromUnixTimestamp64Micro({since:Int64}, 'UTC')
  AND last_seen <= fromUnixTimestamp64Micro({until:Int64}, 'UTC')
"""

# How an alert calls what a correlation measured.
_MEASURES = {"temporal": "rule_count", "temporal_ordered": "rule_count"}


@dataclass
class _Round:
    """What one round of correlating has read so far."""

    store: Store
    ruleset: RuleSet
    batches: Sequence[str]
    failures: dict[str, str]
    rules: Mapping[str, CompiledRule] = field(init=False)
    correlations: Mapping[str, CompiledCorrelation] = field(init=False)
    arrived: dict[str, Span | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {rule.head.id: rule for rule in self.ruleset.rules}
        self.correlations = {rule.head.id: rule for rule in self.ruleset.correlations}


def correlated(
    store: Store, ruleset: RuleSet, batches: Sequence[Unjudged], failures: dict[str, str]
) -> Iterator[Alert]:
    """Every episode of a correlation that these batches complete; one whose query fails goes into `failures`."""
    current = _Round(store, ruleset, [batch.batch_id for batch in batches], failures)
    for rule in ruleset.correlations:
        if not rule.alerts:
            continue
        try:
            found = _found(current, rule)
        except QueryFailed as error:
            failures[rule.head.id] = f"its query failed: {str(error).strip().splitlines()[0][:300]}"
            continue
        yield from (_alert(rule, episode) for episode in found)


def _found(current: _Round, rule: CompiledCorrelation) -> list[Episode]:
    """The episodes that what arrived may have begun, without those that an alert already stands for."""
    spans = [_arrived(current, base) for base in _bases(current, rule)]
    heard = [span for span in spans if span is not None]
    if not heard:
        return []
    around = heard[0]
    for span in heard[1:]:
        around = around.joined(span)
    wide = around.widened(_reach(current, rule))
    raised = _raised(current, rule, wide)
    return [
        episode
        for key, group in _groups(current, rule, wide, only_new=True)
        for episode in episodes_of_group(rule, key, group)
        if episode.last_time >= around.since and not _is_known(episode, raised.get(key, ()))
    ]


def _raised(current: _Round, rule: CompiledCorrelation, wide: Span) -> dict[Key, list[datetime]]:
    """When the alerts around were complete, by group, oldest first."""
    parameters = {"rule": rule.head.id, "version": rule.head.version, **wide.parameters()}
    raised: dict[Key, list[datetime]] = defaultdict(list)
    for row in current.store.rows(_RAISED, parameters):
        fields = cast("Mapping[str, str]", row["matched_fields"])
        raised[tuple(fields.get(name, "") for name in rule.group_by)].append(utc(row["last_seen"]))
    for moments in raised.values():
        moments.sort()
    return raised


def _is_known(episode: Episode, raised: Sequence[datetime]) -> bool:
    """Whether an alert was raised within the episode: late events may have moved its start, but it is the same."""
    first = bisect_left(raised, episode.last_time)
    return first < len(raised) and raised[first] <= episode.until


def _bases(current: _Round, rule: CompiledCorrelation) -> list[CompiledRule]:
    """The single-event rules that a correlation rests on, through other correlations too."""
    bases: dict[str, CompiledRule] = {}
    for reference in rule.references:
        if reference in current.rules:
            bases[reference] = current.rules[reference]
        else:
            bases |= {base.head.id: base for base in _bases(current, current.correlations[reference])}
    return list(bases.values())


def _reach(current: _Round, rule: CompiledCorrelation) -> timedelta:
    inner = [_reach(current, current.correlations[each]) for each in rule.references if each in current.correlations]
    return reach(rule) + max(inner, default=timedelta())


def _arrived(current: _Round, rule: CompiledRule) -> Span | None:
    """The time that the rule's matches in the new batches span; None when there are none."""
    if rule.head.id not in current.arrived:
        sql = (
            f"SELECT count() AS matches, min(event_time) AS since, max(event_time) AS until FROM {rule.table} "  # noqa: S608 - the Sigma compiler
            f"WHERE batch_id IN {{batches:Array(String)}} AND ({rule.where}) AND {rule.predicate} {LIMITS}"
        )
        row = current.store.rows(sql, {"batches": list(current.batches)})[0]
        span = Span(utc(row["since"]), utc(row["until"])) if row["matches"] else None
        current.arrived[rule.head.id] = span
    return current.arrived[rule.head.id]


def _groups(
    current: _Round, rule: CompiledCorrelation, wide: Span, *, only_new: bool = False
) -> Iterator[tuple[Key, Iterator[Match]]]:
    """Every group of a correlation, its matches by time; those of correlations that it refers to are held in memory.

    With `only_new`, groups in which nothing arrived may be left out.
    """
    bases = [current.rules[each] for each in rule.references if each in current.rules]
    inner = in_groups(
        match
        for each in rule.references
        if each in current.correlations
        for match in _upward(current, each, rule, wide)
    )
    if bases:
        # What an inner correlation finds may be new for groups in which no base rule has a new match.
        alone = only_new and len(bases) == len(rule.references)
        touched_by = current.batches if alone else None
        read = base_groups(current.store, rule, bases, current.ruleset.places, wide, touched_by=touched_by)
        for key, group in read:
            others = inner.pop(key, None)
            yield key, group if others is None else merge(group, others, key=attrgetter("time"))
    yield from ((key, iter(group)) for key, group in inner.items())


def _upward(current: _Round, reference: str, outer: CompiledCorrelation, wide: Span) -> Iterator[Match]:
    inner = current.correlations[reference]
    for key, group in _groups(current, inner, wide):
        yield from matches_upward(inner, key, group, outer)


def _alert(rule: CompiledCorrelation, episode: Episode) -> Alert:
    evidence = [cast("Evidence", match.context) for match in episode.matches]
    return Alert(
        rule=rule.head,
        event_ids=episode.event_ids,
        evidence=replace(evidence[-1], arrived_at=max(each.arrived_at for each in evidence)),
        first_seen=min(match.time for match in episode.matches),
        last_seen=episode.last_time,
        matched_fields={**episode.group, _MEASURES.get(rule.type, rule.type): episode.count},
    )
