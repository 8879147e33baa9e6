"""The matches of a rule over single events in a span of event time, with what correlations ask of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, cast

from detectors.correlation import Match
from detectors.rule import CompiledRule
from detectors.sql_text import array
from pipelines.alert_rows import utc
from pipelines.errors import TooMuch
from store.client import Parameters

# So many are held in memory at once; more would be an answer that nobody reads.
_MOST_MATCHES = 1_000_000


@dataclass(frozen=True)
class Span:
    """From one moment of event time to another, both UTC and included."""

    since: datetime
    until: datetime

    @property
    def parameters(self) -> dict[str, object]:
        """The moments as `since` and `until` of type DateTime64(6, 'UTC')."""
        return {"since": as_parameter(self.since), "until": as_parameter(self.until)}


def as_parameter(moment: datetime) -> str:
    """A moment, UTC, as a parameter of type DateTime64(6, 'UTC'); the driver would drop its microseconds."""
    return f"{moment:%Y-%m-%d %H:%M:%S.%f}"


WITHIN = "event_time BETWEEN {since:DateTime64(6, 'UTC')} AND {until:DateTime64(6, 'UTC')}"


class Asked(Protocol):
    """Who answers a question: a store, or a meter that also writes down what the answer cost."""

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, object]]:
        """The result of a query as one dictionary a row."""


def base_matches(asked: Asked, rule: CompiledRule, places: Mapping[str, str], span: Span) -> list[tuple[Match, str]]:
    """Every match of a rule within a span, oldest first, each with the asset of its event.

    Args:
        asked: answers the question.
        rule: the rule.
        places: the SQL text of each field that correlations ask of it.
        span: where to look.

    Raises:
        TooMuch: there are more than anyone would want to correlate at once.
    """
    sql = (
        f"SELECT event_id, event_time, asset_id, {array(list(places.values()))}::Array(String) AS texts "  # noqa: S608 - the Sigma compiler
        f"FROM {rule.table} WHERE {WITHIN} AND ({rule.where}) AND {rule.predicate} "
        f"ORDER BY event_time, event_id LIMIT {_MOST_MATCHES + 1}"
    )
    rows = asked.rows(sql, span.parameters)
    if len(rows) > _MOST_MATCHES:
        raise TooMuch(f"{rule.head.title!r} matches more than {_MOST_MATCHES:,} events there; look at a shorter time")
    return [(_match(rule, places, row), str(row["asset_id"])) for row in rows]


def _match(rule: CompiledRule, places: Mapping[str, str], row: Mapping[str, object]) -> Match:
    values = dict(zip(places, cast("Sequence[str]", row["texts"]), strict=True))
    return Match(rule.head.id, utc(row["event_time"]), (str(row["event_id"]),), values)
