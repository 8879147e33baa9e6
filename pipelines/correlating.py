"""Correlations over stored events: the matches around what just arrived, old ones too, so that late events count."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import cast

from detectors.correlation import Episode, Match, episodes, reach
from detectors.rule import CompiledCorrelation, CompiledRule, RuleSet
from detectors.sql_text import array
from pipelines.alert_rows import Alert, Evidence, evidence_of, utc
from pipelines.event_blocks import ENVELOPE
from pipelines.grounds import read_grounds
from pipelines.questions import LIMITS
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

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Span:
    """From the first to the last of the matches that just arrived."""

    since: datetime
    until: datetime

    def joined(self, other: "_Span") -> "_Span":
        return _Span(min(self.since, other.since), max(self.until, other.until))


@dataclass
class _Round:
    """What one round of correlating has read so far."""

    store: Store
    ruleset: RuleSet
    batches: Sequence[str]
    heard: AbstractSet[str]
    failures: dict[str, str]
    rules: Mapping[str, CompiledRule] = field(init=False)
    correlations: Mapping[str, CompiledCorrelation] = field(init=False)
    arrived: dict[str, _Span | None] = field(default_factory=dict)
    evidence: dict[str, tuple[Evidence, datetime]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = {rule.head.id: rule for rule in self.ruleset.rules}
        self.correlations = {rule.head.id: rule for rule in self.ruleset.correlations}


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
    current = _Round(store, ruleset, batches, heard, failures)
    for rule in ruleset.correlations:
        if not rule.alerts:
            continue
        try:
            yield from _alerts(current, rule)
        except QueryFailed as error:
            failures[rule.head.id] = f"its query failed: {str(error).strip().splitlines()[0][:300]}"


def _alerts(current: _Round, rule: CompiledCorrelation) -> Iterator[Alert]:
    spans = [_arrived(current, base) for base in _bases(current, rule)]
    heard = [span for span in spans if span is not None]
    if not heard:
        return
    around = heard[0]
    for span in heard[1:]:
        around = around.joined(span)
    margin = _reach(current, rule)
    wide = _Span(_shifted(around.since, -margin), _shifted(around.until, margin))
    found = [each for each in episodes(rule, _matches_of(current, rule, wide)) if each.last_time >= around.since]
    raised = _raised(current, rule, wide) if found else []
    fresh = [each for each in found if not _is_known(each, raised)]
    moments = {event_id: current.evidence[event_id][1] for each in fresh for event_id in each.event_ids}
    grounds = read_grounds(current.store, current.ruleset, rule, _bases(current, rule), moments)
    yield from (_alert(current, rule, each, grounds.of(each)) for each in fresh)


def _raised(current: _Round, rule: CompiledCorrelation, wide: _Span) -> list[tuple[datetime, Mapping[str, str]]]:
    span = {"since": _micros(wide.since), "until": _micros(wide.until)}
    rows = current.store.rows(_RAISED, {"rule": rule.head.id, "version": rule.head.version, **span})
    return [(utc(row["last_seen"]), cast("Mapping[str, str]", row["matched_fields"])) for row in rows]


def _is_known(episode: Episode, raised: Sequence[tuple[datetime, Mapping[str, str]]]) -> bool:
    """Whether an alert tells of the episode already: events that come late move its start, not its identity."""
    return any(
        episode.last_time <= moment <= episode.until and episode.group.items() <= fields.items()
        for moment, fields in raised
    )


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


def _arrived(current: _Round, rule: CompiledRule) -> _Span | None:
    """The time that the rule's matches in the new batches span; None when there are none."""
    if rule.head.id not in current.heard:
        return None
    if rule.head.id not in current.arrived:
        sql = (
            f"SELECT count() AS matches, min(event_time) AS since, max(event_time) AS until FROM {rule.table} "  # noqa: S608 - the Sigma compiler
            f"WHERE batch_id IN {{batches:Array(String)}} AND ({rule.where}) AND {rule.predicate} {LIMITS}"
        )
        row = current.store.rows(sql, {"batches": list(current.batches)})[0]
        span = _Span(utc(row["since"]), utc(row["until"])) if row["matches"] else None
        current.arrived[rule.head.id] = span
    return current.arrived[rule.head.id]


def _matches_of(current: _Round, rule: CompiledCorrelation, wide: _Span) -> Iterator[Match]:
    for reference in dict.fromkeys(rule.references):
        if reference in current.rules:
            yield from _base_matches(current, current.rules[reference], wide)
        else:
            inner = current.correlations[reference]
            yield from (episode.as_match() for episode in episodes(inner, _matches_of(current, inner, wide)))


def _base_matches(current: _Round, rule: CompiledRule, wide: _Span) -> Iterator[Match]:
    places = current.ruleset.places.get(rule.head.id, {})
    sql = (
        f"SELECT event_id, event_time, {ENVELOPE[rule.table]}, {array(list(places.values()))}::Array(String) AS texts "  # noqa: S608 - the Sigma compiler
        f"FROM {rule.table} WHERE event_time BETWEEN fromUnixTimestamp64Micro({{since:Int64}}, 'UTC') "
        f"AND fromUnixTimestamp64Micro({{until:Int64}}, 'UTC') AND ({rule.where}) AND {rule.predicate} {LIMITS}"
    )
    for row in current.store.rows(sql, {"since": _micros(wide.since), "until": _micros(wide.until)}):
        event_id, time = str(row["event_id"]), utc(row["event_time"])
        current.evidence[event_id] = (evidence_of(row, rule.table), time)
        values = dict(zip(places, cast("Sequence[str]", row["texts"]), strict=True))
        yield Match(rule.head.id, time, (event_id,), values)


def _alert(current: _Round, rule: CompiledCorrelation, episode: Episode, grounds: str) -> Alert:
    known = [current.evidence[event_id] for event_id in episode.event_ids]
    last = known[-1][0]
    counted = "value_count" if rule.type == "value_count" else "event_count"
    return Alert(
        rule=rule.head,
        event_ids=episode.event_ids,
        evidence=replace(last, arrived_at=max(evidence.arrived_at for evidence, _ in known)),
        first_seen=min(time for _, time in known),
        last_seen=episode.last_time,
        matched_fields={**episode.group, counted: str(episode.count)},
        grounds=grounds,
    )


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """A moment earlier or later, but not beyond the calendar."""
    try:
        return moment + by
    except OverflowError:
        return moment


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // _MICROSECOND
