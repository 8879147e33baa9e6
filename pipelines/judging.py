"""Rules over single events: many predicates in one statement per log source, and an alert per event and rule."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from detectors.routing import Table
from detectors.rule import CompiledRule, RuleSet
from detectors.sql_text import array, literal
from pipelines.alert_rows import Alert, Evidence
from store.client import Store
from store.errors import QueryFailed

# ClickHouse parses statements up to 256 KiB unless its settings say otherwise.
_MOST_SQL = 120_000
LIMITS = "SETTINGS max_execution_time = 120"

# What an alert shows of an event; a flow has no host and no user.
ENVELOPE: Mapping[Table, str] = {
    "log_events": "source, scope, asset_id, host, user, source_ip, destination_ip, ingested_at",
    "network_flows": "source, scope, asset_id, '' AS host, '' AS user, source_ip, destination_ip, ingested_at",
}

Row = Mapping[str, object]


@dataclass(frozen=True)
class Unjudged:
    """A batch that a rule set has not judged."""

    batch_id: str
    events: int


def single_events(
    store: Store, ruleset: RuleSet, batches: Sequence[Unjudged], failures: dict[str, str]
) -> Iterator[Alert]:
    """Every match of a rule in these batches; a rule whose query fails goes into `failures` and the rest run."""
    parameters = {"batches": [batch.batch_id for batch in batches]}
    groups: dict[tuple[Table, str], list[CompiledRule]] = defaultdict(list)
    for rule in ruleset.rules:
        if rule.alerts:
            groups[rule.table, rule.where].append(rule)
    for rules in groups.values():
        for chunk in _chunks(rules):
            yield from _matches(store, chunk, parameters, failures)


def evidence_of(row: Row, table: Table) -> Evidence:
    """What an alert shows of the event in this row."""
    texts = {name: str(row[name]) for name in ("source", "scope", "asset_id", "host", "user")}
    addresses = {name: str(row[name]) for name in ("source_ip", "destination_ip")}
    return Evidence(event_table=table, **texts, **addresses, arrived_at=utc(row["ingested_at"]))


def utc(moment: object) -> datetime:
    """A moment as the database gives it, with its zone: every column is UTC."""
    return cast("datetime", moment).replace(tzinfo=UTC)


def _chunks(rules: Sequence[CompiledRule]) -> Iterator[list[CompiledRule]]:
    together: list[CompiledRule] = []
    size = 0
    for rule in rules:
        length = len(rule.predicate) + sum(len(text) for text in rule.fields.values())
        if together and size + length > _MOST_SQL:
            yield together
            together, size = [], 0
        together.append(rule)
        size += length
    if together:
        yield together


def _matches(
    store: Store, rules: Sequence[CompiledRule], parameters: Mapping[str, object], failures: dict[str, str]
) -> Iterator[Alert]:
    try:
        rows = store.rows(_statement(rules), parameters)
    except QueryFailed as error:
        if len(rules) == 1:
            failures[rules[0].head.id] = f"its query failed: {_first_line(error)}"
            return
        middle = len(rules) // 2
        yield from _matches(store, rules[:middle], parameters, failures)
        yield from _matches(store, rules[middle:], parameters, failures)
        return
    for row in rows:
        evidence = evidence_of(row, rules[0].table)
        for hit in cast("Sequence[int]", row["hits"]):
            yield _alert(rules[hit - 1], row, evidence)


def _statement(rules: Sequence[CompiledRule]) -> str:
    """The rows that any of these rules matches, with the rules' numbers from 1 and the values of their fields."""
    hits = array([f"if({rule.predicate}, {number}, 0)" for number, rule in enumerate(rules, start=1)])
    fields = {name: text for rule in rules for name, text in rule.fields.items()}
    seen = ", ".join(f"{literal(name)}, {text}" for name, text in fields.items())
    values = f"mapFilter((name, value) -> notEmpty(value), map({seen}))" if seen else "map('', '')"
    table, where = rules[0].table, rules[0].where
    return (
        f"SELECT event_id, event_time, {ENVELOPE[table]}, hits, {values} AS seen FROM ("  # noqa: S608 - the Sigma compiler
        f"SELECT *, arrayFilter(hit -> hit > 0, {hits}) AS hits FROM {table} "
        f"WHERE batch_id IN {{batches:Array(String)}} AND ({where})) WHERE notEmpty(hits) {LIMITS}"
    )


def _alert(rule: CompiledRule, row: Row, evidence: Evidence) -> Alert:
    seen = cast("Mapping[str, str]", row["seen"])
    time = utc(row["event_time"])
    return Alert(
        rule=rule.head,
        event_ids=(str(row["event_id"]),),
        evidence=evidence,
        first_seen=time,
        last_seen=time,
        matched_fields={name: seen[name] for name in rule.fields if seen.get(name)},
    )


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
