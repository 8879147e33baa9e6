"""The matches of single-event rules for a correlation, one group at a time: ClickHouse sorts them by group and time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import cast

from detectors.correlation_match import Match
from detectors.rule import CompiledCorrelation, CompiledRule
from detectors.sql_text import array
from pipelines.alert_rows import Evidence
from pipelines.judging import ENVELOPE, evidence_of
from store.client import Store

Places = Mapping[str, Mapping[str, str]]
Key = tuple[str, ...]

# A sort that outgrows 500 MB goes on over disk; small blocks keep small what is read ahead.
_LIMITS = "SETTINGS max_execution_time = 600, max_bytes_before_external_sort = 500000000, max_block_size = 8192"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# Events of one group show mostly the same: what an alert shows of them is kept once.
_MOST_SHARED = 10_000


@dataclass(frozen=True)
class Span:
    """From one moment to another, both included."""

    since: datetime
    until: datetime

    def joined(self, other: "Span") -> "Span":
        """The shortest span that holds both."""
        return Span(min(self.since, other.since), max(self.until, other.until))

    def widened(self, by: timedelta) -> "Span":
        """The span with so much more before and after it, within the calendar."""
        return Span(_shifted(self.since, -by), _shifted(self.until, by))

    def parameters(self) -> dict[str, object]:
        """`since` and `until` in microseconds, for a query."""
        return {"since": (self.since - _EPOCH) // _MICROSECOND, "until": (self.until - _EPOCH) // _MICROSECOND}


def base_groups(
    store: Store,
    correlation: CompiledCorrelation,
    bases: Sequence[CompiledRule],
    places: Places,
    span: Span,
    *,
    touched_by: Sequence[str] | None = None,
) -> Iterator[tuple[Key, Iterator[Match]]]:
    """Every group of the base rules' matches in a span of time, its matches by time, their context their `Evidence`.

    A group must be read to its end before the next; meanwhile the store does nothing else. With the ids of batches in
    `touched_by`, only the groups in which these have a match are read: in the others nothing is new.

    Raises:
        QueryFailed: ClickHouse refused it, or it failed on the way.
    """
    parts = [_selected(number, correlation, rule, places) for number, rule in enumerate(bases)]
    where = "1" if touched_by is None else f"keys GLOBAL IN ({_touched(correlation, bases, places)})"
    statement = (
        f"SELECT * FROM ({' UNION ALL '.join(parts)}) WHERE {where} "  # noqa: S608 - the Sigma compiler
        f"ORDER BY keys, event_time, event_id, base {_LIMITS}"
    )
    parameters = {**span.parameters(), **({} if touched_by is None else {"batches": list(touched_by)})}
    rows = (row for frame in store.stream(statement, parameters) for row in frame.iter_rows(named=False))
    for keys, group in groupby(rows, key=lambda row: tuple(cast("Sequence[str]", row[0]))):
        yield keys, _matches(bases, keys, group)


def _selected(number: int, correlation: CompiledCorrelation, rule: CompiledRule, places: Places) -> str:
    keys = _texts(correlation.group_fields, rule, places)
    texts = _texts(correlation.value_fields, rule, places)
    return (
        f"SELECT {keys} AS keys, {texts} AS texts, "  # noqa: S608 - the Sigma compiler
        f"toUInt16({number}) AS base, event_id, event_time, {ENVELOPE[rule.table]} FROM {rule.table} "
        "WHERE event_time BETWEEN fromUnixTimestamp64Micro({since:Int64}, 'UTC') "
        f"AND fromUnixTimestamp64Micro({{until:Int64}}, 'UTC') AND ({rule.where}) AND {rule.predicate} "
        "AND NOT has(keys, '')"
    )


def _touched(correlation: CompiledCorrelation, bases: Sequence[CompiledRule], places: Places) -> str:
    return " UNION DISTINCT ".join(
        f"SELECT {_texts(correlation.group_fields, rule, places)} AS keys FROM {rule.table} "  # noqa: S608 - the Sigma compiler
        f"WHERE batch_id IN {{batches:Array(String)}} AND ({rule.where}) AND {rule.predicate}"
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


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """A moment earlier or later, but not beyond the calendar."""
    try:
        return moment + by
    except OverflowError:
        return moment
