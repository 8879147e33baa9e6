"""What a rule would have found: its matches in stored events, and what finding them cost. Nothing is written."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from detectors.correlation import episodes_of_group
from detectors.correlation_bases import bases_of, reach_around
from detectors.errors import RuleUnknown
from detectors.rule import CompiledCorrelation, CompiledRule, RuleHead
from detectors.sql_text import literal
from pipelines.alert_rows import Evidence
from pipelines.content import Content
from pipelines.correlation_groups import counted_groups
from pipelines.spans import WITHIN, Span
from store.client import Store
from store.costs import Cost, Meter

_MOST_VALUES = 5
_MOST_ASSETS = 100


@dataclass(frozen=True)
class Seen:
    """A value of a field that a rule looks at, and in how many matches it was seen."""

    field: str
    value: str
    matches: int


@dataclass(frozen=True)
class Backtest:
    """What a rule finds in a span of event time.

    Attributes:
        events: those that the rule's log source covers; of a correlation, those of the rules it rests on.
        matches: events of a rule over single events; episodes of a correlation.
        per_day: matches by day, UTC; days without one are not there.
        per_asset: matches by asset, most first, '' for events of no known asset.
        values: the most frequent values of each field that the rule looks at or groups by.
        cost: of finding the matches, without counting values.
    """

    rule: RuleHead
    since: datetime
    until: datetime
    events: int
    matches: int
    per_day: Mapping[date, int]
    per_asset: Mapping[str, int]
    values: tuple[Seen, ...]
    cost: Cost


def backtest(store: Store, content: Content, rule_id: str, *, since: datetime, until: datetime) -> Backtest:
    """What a rule finds among the events from one moment to another.

    Raises:
        RuleUnknown: the content has no such rule that can run.
        QueryFailed: the engine refuses the rule's own query.
    """
    span = Span(since, until)
    single = {rule.head.id: rule for rule in content.ruleset.rules}
    if rule_id in single:
        return _single(store, single[rule_id], span)
    correlations = {rule.head.id: rule for rule in content.ruleset.correlations}
    if rule_id not in correlations:
        raise RuleUnknown(f"no rule that can run has the id {rule_id!r}")
    return _correlation(store, content, correlations[rule_id], span)


def _single(store: Store, rule: CompiledRule, span: Span) -> Backtest:
    meter = Meter(store)
    matching = f"FROM {rule.table} WHERE {WITHIN} AND ({rule.where}) AND {rule.predicate}"
    rows = meter.rows(
        f"SELECT toDate(event_time, 'UTC') AS day, asset_id, count() AS matches {matching} GROUP BY day, asset_id",
        span.parameters,
    )
    days: Counter[date] = Counter()
    assets: Counter[str] = Counter()
    for row in rows:
        found = int(str(row["matches"]))
        days[date.fromisoformat(str(row["day"]))] += found
        assets[str(row["asset_id"])] += found
    values = _values(store, rule, matching, span) if rows else ()
    return _told(rule.head, span, _covered(store, [rule], span), days, assets, values, meter.costs())


def _values(store: Store, rule: CompiledRule, matching: str, span: Span) -> tuple[Seen, ...]:
    if not rule.fields:
        return ()
    pairs = ", ".join(f"({literal(name)}, {text})" for name, text in rule.fields.items())
    sql = (
        "SELECT pair.1 AS field, pair.2 AS value, count() AS matches "  # noqa: S608 - the Sigma compiler
        f"FROM (SELECT arrayJoin([{pairs}]) AS pair {matching}) "
        f"WHERE notEmpty(value) GROUP BY field, value ORDER BY field, matches DESC, value LIMIT {_MOST_VALUES} BY field"
    )
    rows = store.rows(sql, span.parameters)
    return tuple(Seen(str(row["field"]), str(row["value"]), int(str(row["matches"]))) for row in rows)


def _correlation(store: Store, content: Content, rule: CompiledCorrelation, span: Span) -> Backtest:
    meter = Meter(store)
    # What happened before can belong to the first episode.
    wide = span.begun_earlier(reach_around(content.ruleset, rule))
    met = [
        episode
        for key, group in counted_groups(meter, content.ruleset, rule, wide)
        for episode in episodes_of_group(rule, key, group)
        if episode.last_time >= span.since
    ]
    return _told(
        rule.head,
        span,
        _covered(store, bases_of(content.ruleset, rule), span),
        Counter(episode.last_time.date() for episode in met),
        Counter(cast("Evidence", episode.matches[-1].context).asset_id for episode in met),
        _most_frequent([pair for episode in met for pair in episode.group.items()]),
        meter.costs(),
    )


def _covered(store: Store, rules: Iterable[CompiledRule], span: Span) -> int:
    """The events that the log sources of these rules cover, by table and condition, each condition once."""
    statements = {
        f"SELECT count() AS events FROM {rule.table} WHERE {WITHIN} AND ({rule.where})"  # noqa: S608 - the Sigma compiler
        for rule in rules
    }
    return sum(int(str(store.value(sql, span.parameters))) for sql in statements)


def _most_frequent(pairs: Iterable[tuple[str, str]]) -> tuple[Seen, ...]:
    counted = sorted(Counter(pairs).items(), key=lambda each: (each[0][0], -each[1], each[0][1]))
    shown: Counter[str] = Counter()
    found = []
    for (name, value), matches in counted:
        shown[name] += 1
        if shown[name] <= _MOST_VALUES:
            found.append(Seen(name, value, matches))
    return tuple(found)


def _told(
    rule: RuleHead,
    span: Span,
    events: int,
    days: Counter[date],
    assets: Counter[str],
    values: tuple[Seen, ...],
    costs: Sequence[Cost],
) -> Backtest:
    cost = costs[0]
    for each in costs[1:]:
        cost = cost.plus(each)
    return Backtest(
        rule=rule,
        since=span.since,
        until=span.until,
        events=events,
        matches=days.total(),
        per_day=dict(sorted(days.items())),
        per_asset=dict(assets.most_common(_MOST_ASSETS)),
        values=values,
        cost=cost,
    )
