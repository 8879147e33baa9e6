"""What a screen left open, decided by the rules' own SQL predicates: many rules in one statement."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import polars as pl

from detectors.routing import Table
from detectors.rowsets import Rows
from detectors.rule import CompiledRule
from detectors.sql_text import array, literal
from pipelines.alert_rows import Alert, evidence_of, utc
from pipelines.event_blocks import ENVELOPE, SIDE_BY_SIDE
from pipelines.event_pieces import Piece
from store.client import Store
from store.errors import QueryFailed

# ClickHouse parses statements up to 256 KiB unless its settings say otherwise; events named by id take the rest.
_MOST_SQL = 120_000
_MOST_IDS = 1_000
LIMITS = "SETTINGS max_execution_time = 120"

Row = Mapping[str, object]


@dataclass(frozen=True)
class _Open:
    """A rule and the events it may match."""

    rule: CompiledRule
    event_ids: frozenset[str]


@dataclass
class Questions:
    """Questions about a piece; a rule whose query fails is in `failures` afterwards, and is not asked again."""

    store: Store
    table: Table
    piece: Piece
    failures: dict[str, str] = field(default_factory=dict)

    def alerts(self, rules: Sequence[CompiledRule], event_ids: pl.Series, left: Mapping[int, Rows]) -> Iterator[Alert]:
        """An alert for each rule, by its position, and each of the rows left open for it that it does match."""
        waiting = [
            _Open(rules[position], frozenset(event_ids.gather(rows)))
            for position, rows in left.items()
            if rules[position].head.id not in self.failures
        ]
        for together in _together(waiting):
            yield from self._asked(together)

    def _asked(self, together: Sequence[_Open]) -> Iterator[Alert]:
        texts = list(dict.fromkeys(text for each in together for text in each.rule.fields.values()))
        try:
            rows = self.store.rows(self._statement(together, texts))
        except QueryFailed as error:
            if len(together) == 1:
                self.failures[together[0].rule.head.id] = f"its query failed: {_first_line(error)}"
                return
            middle = len(together) // 2
            yield from self._asked(together[:middle])
            yield from self._asked(together[middle:])
            return
        for row in rows:
            seen = dict(zip(texts, cast("Sequence[str]", row["seen"]), strict=True))
            for hit in cast("Sequence[int]", row["hits"]):
                # Without ids in the statement, events come back that the screen had already decided.
                if str(row["event_id"]) in together[hit - 1].event_ids:
                    yield self._alert(together[hit - 1].rule, row, seen)

    def _statement(self, together: Sequence[_Open], texts: Sequence[str]) -> str:
        """The events that any of these rules matches, with the rules' numbers from 1 and the values of their fields."""
        hits = array(
            [
                f"if(({each.rule.where}) AND {each.rule.predicate}, {number}, 0)"
                for number, each in enumerate(together, start=1)
            ]
        )
        values = array([f"toString({text})" for text in texts])
        return (
            f"SELECT event_id, event_time, {ENVELOPE[self.table]}, hits, {values}::Array(String) AS seen FROM ("  # noqa: S608 - the Sigma compiler
            f"SELECT *, arrayFilter(hit -> hit > 0, {hits}) AS hits FROM {self.piece.source} "
            f"{_narrowed(together)} AND {self.piece.condition}) WHERE notEmpty(hits) {LIMITS}, {SIDE_BY_SIDE}"
        )

    def _alert(self, rule: CompiledRule, row: Row, seen: Mapping[str, str]) -> Alert:
        time = utc(row["event_time"])
        values = {name: seen[text] for name, text in rule.fields.items()}
        return Alert(
            rule=rule.head,
            event_ids=(str(row["event_id"]),),
            evidence=evidence_of(row, self.table),
            first_seen=time,
            last_seen=time,
            matched_fields={name: value for name, value in values.items() if value},
        )


def _together(waiting: Sequence[_Open]) -> Iterator[list[_Open]]:
    """Rules to ask about in one statement: few events by their ids, many by their log source."""
    few = [each for each in waiting if len(each.event_ids) <= _MOST_IDS]
    many: dict[str, list[_Open]] = defaultdict(list)
    for each in waiting:
        if len(each.event_ids) > _MOST_IDS:
            many[each.rule.where].append(each)
    for group, by_id in ((few, True), *((group, False) for group in many.values())):
        yield from _chunks(group, by_id=by_id)


def _chunks(group: Sequence[_Open], *, by_id: bool) -> Iterator[list[_Open]]:
    together: list[_Open] = []
    size, ids = 0, frozenset[str]()
    for each in group:
        length = len(each.rule.where) + len(each.rule.predicate) + sum(map(len, each.rule.fields.values()))
        if together and (size + length > _MOST_SQL or (by_id and len(ids | each.event_ids) > _MOST_IDS)):
            yield together
            together, size, ids = [], 0, frozenset()
        together.append(each)
        size, ids = size + length, ids | each.event_ids
    if together:
        yield together


def _narrowed(together: Sequence[_Open]) -> str:
    """The beginning of a condition that passes over most events that none of these rules can match."""
    ids = frozenset().union(*(each.event_ids for each in together))
    if len(ids) <= _MOST_IDS:
        return f"WHERE event_id IN ({', '.join(literal(event_id) for event_id in sorted(ids))})"
    wheres = dict.fromkeys(f"({each.rule.where})" for each in together)
    return f"WHERE ({' OR '.join(wheres)})"


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:300]
