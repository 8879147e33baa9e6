"""Why a rule matches a stored event or does not: the questions of `detectors.explain`, asked of the tables."""

from collections.abc import Sequence
from typing import cast

from sigma.rule import SigmaRule

from detectors.explain import Explanation, judged, question_of
from detectors.routing import LogSource, Table
from detectors.rule import CompiledRule, RuleSet, Status
from detectors.ruleset import parsed_rules
from pipelines.content import Content
from pipelines.errors import EventUnknown, PipelineError
from store.client import Store

_FOUND = """
SELECT 'log_events' AS table_name, product, category, service
FROM log_events WHERE event_id = {event:String}
UNION ALL
SELECT 'network_flows' AS table_name, '' AS product, 'network_flow' AS category, source_type AS service
FROM network_flows WHERE event_id = {event:String}
LIMIT 1
"""


def explain(store: Store, content: Content, rule: CompiledRule, event_id: str) -> Explanation:
    """What a rule over single events says of a stored event, leaf by leaf.

    Raises:
        EventUnknown: there is no such event.
        QueryFailed: the engine refuses the rule's own query.
    """
    table, source = _event(store, event_id)
    if table != rule.table:
        return Explanation(rule.head, event_id, False, False, source, table, rule.where, None)
    verdict = store.rows(_verdict(rule), {"event": event_id})[0]
    question = question_of(_parsed(content.ruleset, rule), content.placeholders)
    truths: list[int] = []
    for statement in question.leaves:
        truths += cast("Sequence[int]", store.rows(statement, {"event": event_id})[0]["truths"])
    values = store.rows(question.values, {"event": event_id})[0]
    texts, presents = cast("Sequence[str]", values["texts"]), cast("Sequence[int]", values["presents"])
    seen = {name: text for name, text, present in zip(question.fields, texts, presents, strict=True) if present}
    covered = bool(verdict["covered"])
    return Explanation(
        rule=rule.head,
        event_id=event_id,
        matches=covered and bool(verdict["holds"]),
        covered=covered,
        event_source=source,
        event_table=table,
        where=rule.where,
        tree=judged(question, truths, seen),
    )


def _event(store: Store, event_id: str) -> tuple[Table, LogSource]:
    for row in store.rows(_FOUND, {"event": event_id}):
        source = LogSource(str(row["product"]), str(row["category"]), str(row["service"]))
        return cast("Table", row["table_name"]), source
    raise EventUnknown(f"no event has the id {event_id!r}; an alert's `event_ids` tell the ids of its events")


def _verdict(rule: CompiledRule) -> str:
    """The rule as the engine asks it, of one event."""
    return (
        f"SELECT if({rule.where}, 1, 0) AS covered, if({rule.predicate}, 1, 0) AS holds FROM {rule.table} "  # noqa: S608 - the Sigma compiler
        "WHERE event_id = {event:String} LIMIT 1"
    )


def _parsed(ruleset: RuleSet, rule: CompiledRule) -> SigmaRule:
    """The rule read anew, with whatever filters narrow it: a compiled rule no longer knows its leaves."""
    known = {head.id for head in ruleset.heads}
    filters = {check.path for check in ruleset.checks if check.status is Status.USABLE and check.id not in known}
    found = parsed_rules(rule.head.path, *sorted(filters - {rule.head.path})).get(rule.head.id)
    if not isinstance(found, SigmaRule):
        raise PipelineError(f"{rule.head.path}: no longer holds the rule {rule.head.id}; run this again")
    return found
