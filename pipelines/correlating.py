"""Correlations over stored events: the matches around what just arrived, old ones too, so that late events count."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

from detectors.correlation import Episode, episodes_of_group
from detectors.correlation_bases import bases_of, reach_around
from detectors.rule import CompiledCorrelation, CompiledRule, RuleSet
from pipelines.alert_rows import Alert, Evidence, utc
from pipelines.base_matches import Key, Touched
from pipelines.correlation_groups import counted_groups
from pipelines.event_pieces import Piece
from pipelines.grounds import Grounds, read_grounds
from pipelines.questions import LIMITS
from pipelines.spans import Span
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

# What rules saw is read for so many episodes at once, each of up to a thousand events: few queries, bounded memory.
_MOST_EPISODES = 200

# How an alert calls what a correlation measured.
_MEASURES = {"temporal": "rule_count", "temporal_ordered": "rule_count"}


@dataclass
class _Round:
    """What one round of correlating has read so far."""

    store: Store
    ruleset: RuleSet
    batches: Sequence[str]
    heard: AbstractSet[str]
    arrived: dict[str, Span | None] = field(default_factory=dict)


def correlated(
    store: Store, ruleset: RuleSet, batches: Sequence[str], heard: AbstractSet[str], failures: dict[str, str]
) -> Iterator[Alert]:
    """Every episode of a correlation that these batches complete; one whose query fails goes into `failures`.

    Args:
        store: where the telemetry is.
        ruleset: the rules.
        batches: the ids of what just arrived.
        heard: the rules over single events that may have matched there.
        failures: rule to why its query failed.
    """
    current = _Round(store, ruleset, batches, heard)
    for rule in ruleset.correlations:
        if not rule.alerts:
            continue
        try:
            yield from _alerts(current, rule)
        except QueryFailed as error:
            failures[rule.head.id] = f"its query failed: {str(error).strip().splitlines()[0][:300]}"


def _alerts(current: _Round, rule: CompiledCorrelation) -> Iterator[Alert]:
    found = _found(current, rule)
    for first in range(0, len(found), _MOST_EPISODES):
        together = found[first : first + _MOST_EPISODES]
        grounds = _grounds(current, rule, together)
        yield from (_alert(rule, episode, grounds.of(episode)) for episode in together)


def _found(current: _Round, rule: CompiledCorrelation) -> list[Episode]:
    """The episodes that what arrived may have begun, without those that an alert already stands for."""
    spans = [_arrived(current, base) for base in bases_of(current.ruleset, rule)]
    heard = [span for span in spans if span is not None]
    if not heard:
        return []
    around = heard[0]
    for span in heard[1:]:
        around = around.joined(span)
    wide = around.widened(reach_around(current.ruleset, rule))
    raised = _raised(current, rule, wide)
    # In the groups in which nothing arrived nothing is new.
    touched = Touched(Piece(current.batches).condition)
    return [
        episode
        for key, group in counted_groups(current.store, current.ruleset, rule, wide, touched=touched)
        for episode in episodes_of_group(rule, key, group)
        if episode.last_time >= around.since and not _is_known(episode, raised.get(key, ()))
    ]


def _raised(current: _Round, rule: CompiledCorrelation, wide: Span) -> dict[Key, list[datetime]]:
    """When the alerts around were complete, by group, oldest first."""
    parameters = {"rule": rule.head.id, "version": rule.head.version, **wide.parameters}
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


def _arrived(current: _Round, rule: CompiledRule) -> Span | None:
    """The time that the rule's matches in the new batches span; None when there are none."""
    if rule.head.id not in current.heard:
        return None
    if rule.head.id not in current.arrived:
        sql = (
            f"SELECT count() AS matches, min(event_time) AS since, max(event_time) AS until FROM {rule.table} "  # noqa: S608 - the Sigma compiler
            f"WHERE {Piece(current.batches).condition} AND ({rule.where}) AND {rule.predicate} {LIMITS}"
        )
        row = current.store.rows(sql)[0]
        span = Span(utc(row["since"]), utc(row["until"])) if row["matches"] else None
        current.arrived[rule.head.id] = span
    return current.arrived[rule.head.id]


def _grounds(current: _Round, rule: CompiledCorrelation, found: Sequence[Episode]) -> Grounds:
    moments = {event_id: each.time for episode in found for each in episode.matches for event_id in each.event_ids}
    return read_grounds(current.store, current.ruleset, rule, bases_of(current.ruleset, rule), moments)


def _alert(rule: CompiledCorrelation, episode: Episode, grounds: str) -> Alert:
    evidence = [cast("Evidence", match.context) for match in episode.matches]
    return Alert(
        rule=rule.head,
        event_ids=episode.event_ids,
        evidence=replace(evidence[-1], arrived_at=max(each.arrived_at for each in evidence)),
        first_seen=min(match.time for match in episode.matches),
        last_seen=episode.last_time,
        matched_fields={**episode.group, _MEASURES.get(rule.type, rule.type): episode.count},
        grounds=grounds,
    )
