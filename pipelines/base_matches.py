"""The matches of single-event rules for a correlation, one group at a time: ClickHouse sorts them by group and time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from types import MappingProxyType
from typing import Protocol, cast

import polars as pl

from detectors.correlation_match import Match
from detectors.rule import CompiledCorrelation, CompiledRule
from detectors.sql_text import array
from pipelines.alert_rows import Evidence, evidence_of
from pipelines.event_blocks import ENVELOPE
from pipelines.spans import WITHIN, Span
from store.client import Parameters

Places = Mapping[str, Mapping[str, str]]
Key = tuple[str, ...]

# A sort that outgrows 500 MB goes on over disk; small blocks keep small what is read ahead. The ids of what arrived
# stand in the statement once for every base rule.
SORTING: Mapping[str, object] = MappingProxyType(
    {
        "max_execution_time": 600,
        "max_bytes_before_external_sort": 500_000_000,
        "max_block_size": 8_192,
        "max_query_size": 16_000_000,
    }
)
# Events of one group show mostly the same: what an alert shows of them is kept once.
_MOST_SHARED = 10_000


class Asked(Protocol):
    """Who answers a question: a store, or a meter that also writes down what the answer cost."""

    def stream(
        self, sql: str, parameters: Parameters | None = None, settings: Parameters | None = None
    ) -> Iterator[pl.DataFrame]:
        """The result of a query, block by block."""


@dataclass(frozen=True)
class Touched:
    """Groups in which some events have a match: the condition on those events, and its parameters."""

    by: str
    parameters: Mapping[str, object] = field(default_factory=dict)


def base_groups(
    asked: Asked,
    correlation: CompiledCorrelation,
    bases: Sequence[CompiledRule],
    places: Places,
    span: Span,
    *,
    touched: Touched | None = None,
    settings: Parameters = SORTING,
) -> Iterator[tuple[Key, Iterator[Match]]]:
    """Every group of the base rules' matches in a span of time, its matches by time, their context their `Evidence`.

    A group must be read to its end before the next; meanwhile the store does nothing else.

    Args:
        asked: answers the question.
        correlation: whose groups they are.
        bases: the rules over single events.
        places: the SQL text of each field that correlations ask of them.
        span: where to look.
        touched: only these groups are read.
        settings: of the query; a user who only reads may set none.

    Raises:
        QueryFailed: ClickHouse refused it, or it failed on the way.
    """
    parts = [_selected(number, correlation, rule, places) for number, rule in enumerate(bases)]
    where = "1" if touched is None else f"keys GLOBAL IN ({_keys_of(touched, correlation, bases, places)})"
    statement = (
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE {where} "  # noqa: S608 - the Sigma compiler
        f"ORDER BY keys, event_time, event_id, base"
    )
    parameters = {**span.parameters, **({} if touched is None else touched.parameters)}
    rows = (row for frame in asked.stream(statement, parameters, settings) for row in frame.iter_rows(named=False))
    for keys, group in groupby(rows, key=lambda row: tuple(cast("Sequence[str]", row[0]))):
        yield keys, _matches(bases, keys, group)


def _selected(number: int, correlation: CompiledCorrelation, rule: CompiledRule, places: Places) -> str:
    keys = _texts(correlation.group_fields, rule, places)
    texts = _texts(correlation.value_fields, rule, places)
    return (
        f"SELECT {keys} AS keys, {texts} AS texts, "  # noqa: S608 - the Sigma compiler
        f"toUInt16({number}) AS base, event_id, event_time, {ENVELOPE[rule.table]} FROM {rule.table} "
        f"WHERE {WITHIN} AND ({rule.where}) AND {rule.predicate} AND NOT has(keys, '')"
    )


def _keys_of(touched: Touched, correlation: CompiledCorrelation, bases: Sequence[CompiledRule], places: Places) -> str:
    return " UNION DISTINCT ".join(
        f"SELECT {_texts(correlation.group_fields, rule, places)} AS keys FROM {rule.table} "  # noqa: S608 - the Sigma compiler
        f"WHERE {touched.by} AND ({rule.where}) AND {rule.predicate}"
        for rule in bases
    )


def _texts(fields: Mapping[str, Sequence[str]], rule: CompiledRule, places: Places) -> str:
    """The values of a rule's fields, as an array of texts."""
    return f"{array([places[rule.head.id][name] for name in fields[rule.head.id]])}::Array(String)"


def _matches(bases: Sequence[CompiledRule], keys: Key, rows: Iterator[tuple[object, ...]]) -> Iterator[Match]:
    shared: dict[tuple[object, ...], Evidence] = {}
    for _, texts, base, event_id, time, *shown in rows:
        rule = bases[cast("int", base)]
        seen = (rule.table, *shown)
        if seen not in shared:
            if len(shared) == _MOST_SHARED:
                shared.clear()
            shared[seen] = evidence_of(dict(zip(_SHOWN, shown, strict=True)), rule.table)
        yield Match(
            rule.head.id,
            cast("datetime", time).replace(tzinfo=UTC),
            (cast("str", event_id),),
            key=keys,
            values=tuple(cast("Sequence[str]", texts)),
            context=shared[seen],
        )


_SHOWN = tuple(part.split(" AS ")[-1].strip() for part in ENVELOPE["log_events"].split(","))
