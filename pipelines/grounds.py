"""Why a correlation matched: its conditions, and what each base rule saw in the evidence, recorded with the alert."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from detectors.correlation import Episode
from detectors.correlation_expression import Either, Every, Expression, Named, Not
from detectors.rule import CompiledCorrelation, CompiledRule, RuleHead, RuleSet
from detectors.sql_text import literal
from pipelines.questions import LIMITS
from pipelines.spans import WITHIN, Span
from store.client import Store

# Ids travel as a query parameter, in the address of the request: few enough for any server's limit.
_MOST_IDS = 400
# Of each field so many different values are kept, the most frequent ones; how many more there were is kept too.
_MOST_VALUES = 20

# Event id -> field -> text of what a rule looked at and what correlations ask for, as seen in the event.
Seen = dict[str, Mapping[str, str]]


@dataclass(frozen=True)
class Grounds:
    """What tells why episodes of one correlation matched.

    Attributes:
        conditions: the correlation's own, then those of the correlations that it counts: `bounds` on what is measured,
            or an `expression` over rules (see `_told`).
        seen: of each base rule, what it saw in the evidence events that it matches.
    """

    conditions: Sequence[Mapping[str, object]]
    seen: Sequence[tuple[RuleHead, Seen]]

    def of(self, episode: Episode) -> str:
        """Why this episode matched, as JSON.

        `conditions` as above; `group` and `count` are what was found, the count exactly, as text; `rules` are the base
        rules with the positions of their events among the alert's, and for each field the values seen with the number
        of events, most frequent first.
        """
        rules = []
        for head, events in self.seen:
            positions = [place for place, event_id in enumerate(episode.event_ids) if event_id in events]
            if positions:
                values = _values([events[episode.event_ids[place]] for place in positions])
                rules.append({"id": head.id, **_titles(head), "events": positions, "seen": values})
        whole = {
            "conditions": self.conditions,
            "group": dict(episode.group),
            "count": episode.count,
            "rules": rules,
        }
        return json.dumps(whole, ensure_ascii=False)


def read_grounds(
    store: Store,
    ruleset: RuleSet,
    rule: CompiledCorrelation,
    bases: Sequence[CompiledRule],
    moments: Mapping[str, datetime],
) -> Grounds:
    """What each base rule saw in these events, and what the correlation asks of them.

    Args:
        store: the database.
        ruleset: the rules that the correlation is one of.
        rule: the correlation.
        bases: the rules over single events that it rests on.
        moments: id of each evidence event to its time, UTC.

    Raises:
        QueryFailed: ClickHouse refused a rule's query.
    """
    seen: list[tuple[RuleHead, Seen]] = [(base.head, {}) for base in bases]
    for ids in _chunks(sorted(moments, key=lambda event_id: moments[event_id])):
        span = Span(moments[ids[0]], moments[ids[-1]])
        for base, (_, events) in zip(bases, seen, strict=True):
            sql = _statement(base, ruleset.places.get(base.head.id, {}))
            for row in store.rows(sql, {"ids": ids, **span.parameters}):
                events[str(row["event_id"])] = cast("Mapping[str, str]", row["seen"])
    return Grounds(list(_conditions(ruleset, rule)), seen)


def _statement(rule: CompiledRule, places: Mapping[str, str]) -> str:
    texts = {**places, **rule.fields}
    pairs = ", ".join(f"{literal(name)}, {text}" for name, text in texts.items())
    seen = f"mapFilter((name, value) -> notEmpty(value), map({pairs}))" if pairs else "map('', '')"
    return (
        f"SELECT event_id, {seen} AS seen FROM {rule.table} "  # noqa: S608 - the Sigma compiler
        f"WHERE {WITHIN} AND event_id IN {{ids:Array(String)}} AND ({rule.where}) AND {rule.predicate} {LIMITS}"
    )


def _conditions(ruleset: RuleSet, rule: CompiledCorrelation) -> Iterator[dict[str, object]]:
    heads = {head.id: head for head in ruleset.heads}
    yield {
        **_titles(rule.head),
        "type": rule.type,
        "bounds": [{"operator": each.operator, "value": f"{each.value:f}"} for each in rule.bounds],
        "expression": None if rule.expression is None else _told(rule.expression, heads),
        "percentile": None if rule.percentile is None else f"{rule.percentile:f}",
        "span_seconds": rule.span_seconds,
        "group_by": list(rule.group_by),
        "values": list(rule.measured),
        "rules": [_titles(heads[reference]) for reference in rule.references],
    }
    inner = {each.head.id: each for each in ruleset.correlations}
    for reference in dict.fromkeys(rule.references):
        if reference in inner:
            yield from _conditions(ruleset, inner[reference])


def _told(expression: Expression, heads: Mapping[str, RuleHead]) -> dict[str, object]:
    """An expression with the titles of its rules: a `rule`, `not` a part, or parts joined by `and` or `or`."""
    match expression:
        case Named(rule=rule):
            return {"rule": _titles(heads[rule])}
        case Not(part=part):
            return {"not": _told(part, heads)}
        case Every(parts=parts):
            return {"and": [_told(part, heads) for part in parts]}
        case Either(parts=parts):
            return {"or": [_told(part, heads) for part in parts]}


def _titles(head: RuleHead) -> dict[str, str]:
    return {"title": head.title, "title_zh": head.title_zh}


def _values(fields: Sequence[Mapping[str, str]]) -> dict[str, dict[str, object]]:
    counts: dict[str, Counter[str]] = {}
    for each in fields:
        for name, value in each.items():
            counts.setdefault(name, Counter())[value] += 1
    return {
        name: {
            "values": [[value, times] for value, times in found.most_common(_MOST_VALUES)],
            "others": max(len(found) - _MOST_VALUES, 0),
        }
        for name, found in counts.items()
    }


def _chunks(ids: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(ids), _MOST_IDS):
        yield list(ids[first : first + _MOST_IDS])
