"""Why a rule matches a stored event or does not: the questions of `detectors.explain`, asked of the tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from sigma.rule import SigmaRule

from detectors.explain import THE_EVENT, judged, question_of
from detectors.explanation import Explanation
from detectors.routing import LogSource, Table
from detectors.rule import CompiledRule, RuleSet, Status
from detectors.ruleset import parsed_rules
from pipelines.alert_rows import utc
from pipelines.content import Content
from pipelines.errors import EventUnknown, PipelineError
from pipelines.spans import WITHIN, Span
from store.client import Store

# What DateTime64(6) can hold, nearly: the time when nobody knows the time.
_ALWAYS = Span(datetime(1900, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC))

_FOUND = f"""
SELECT 'log_events' AS table_name, event_time, product, category, service
FROM log_events WHERE event_id = {{event:String}} AND {WITHIN}
UNION ALL
SELECT 'network_flows' AS table_name, event_time, '' AS product, 'network_flow' AS category, source_type AS service
FROM network_flows WHERE event_id = {{event:String}} AND {WITHIN}
LIMIT 1
"""  # noqa: S608 - a constant condition


@dataclass(frozen=True)
class StoredEvent:
    """An event, and where it is.

    Attributes:
        source: its own log source.
    """

    event_id: str
    table: Table
    time: datetime
    source: LogSource

    @property
    def parameters(self) -> dict[str, object]:
        """What a statement about this event takes."""
        return {"event": self.event_id, "moment": _as_parameter(self.time)}


def stored_event(store: Store, event_id: str, *, within: Span | None = None) -> StoredEvent:
    """The event of an id.

    Args:
        store: where it is.
        event_id: its id.
        within: where to look; whoever knows it, as an alert does, spares a search through everything.

    Raises:
        EventUnknown: there is no such event.
    """
    for row in store.rows(_FOUND, {"event": event_id, **(within or _ALWAYS).parameters}):
        source = LogSource(str(row["product"]), str(row["category"]), str(row["service"]))
        return StoredEvent(event_id, cast("Table", row["table_name"]), utc(row["event_time"]), source)
    raise EventUnknown(f"no event has the id {event_id!r}; an alert's `event_ids` tell the ids of its events")


def explain(store: Store, content: Content, rule: CompiledRule, event: StoredEvent) -> Explanation:
    """What a rule over single events says of a stored event, leaf by leaf.

    Raises:
        QueryFailed: the engine refuses the rule's own query.
    """
    if event.table != rule.table:
        return Explanation(rule.head, event.event_id, False, False, event.source, event.table, rule.where, None)
    asked = event.parameters
    verdict = store.rows(_verdict(rule), asked)[0]
    question = question_of(_parsed(content.ruleset, rule), content.placeholders)
    truths: list[int] = []
    for statement in question.leaves:
        truths += cast("Sequence[int]", store.rows(statement, asked)[0]["truths"])
    values = store.rows(question.values, asked)[0]
    texts, presents = cast("Sequence[str]", values["texts"]), cast("Sequence[int]", values["presents"])
    seen = {name: text for name, text, present in zip(question.fields, texts, presents, strict=True) if present}
    covered = bool(verdict["covered"])
    return Explanation(
        rule=rule.head,
        event_id=event.event_id,
        matches=covered and bool(verdict["holds"]),
        covered=covered,
        event_source=event.source,
        event_table=event.table,
        where=rule.where,
        tree=judged(question, truths, seen),
    )


def _as_parameter(moment: datetime) -> str:
    """A moment, UTC, as a parameter of type DateTime64(6, 'UTC'); the driver would drop its microseconds."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


def _verdict(rule: CompiledRule) -> str:
    """The rule as the engine asks it, of one event."""
    return (
        f"SELECT if({rule.where}, 1, 0) AS covered, if({rule.predicate}, 1, 0) AS holds FROM {rule.table} "  # noqa: S608 - the Sigma compiler
        f"WHERE {THE_EVENT} LIMIT 1"
    )


def _parsed(ruleset: RuleSet, rule: CompiledRule) -> SigmaRule:
    """The rule read anew, with whatever filters narrow it: a compiled rule no longer knows its leaves."""
    known = {head.id for head in ruleset.heads}
    filters = {check.path for check in ruleset.checks if check.status is Status.USABLE and check.id not in known}
    found = parsed_rules(rule.head.path, *sorted(filters - {rule.head.path})).get(rule.head.id)
    if not isinstance(found, SigmaRule):
        raise PipelineError(f"{rule.head.path}: no longer holds the rule {rule.head.id}; run this again")
    return found
