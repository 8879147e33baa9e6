"""What the rules of a home need and what of it has arrived: asked of the tables, not only of the mappings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from detectors.blind_spots import Absent, absences, needs, never_matched
from detectors.rule import RuleCheck, RuleHead, RuleSet, Status
from pipelines.content import Content
from pipelines.silent_sources import silent_sources
from store.client import Store

Progress = Callable[[int, int], None]

_MATCHED = "SELECT DISTINCT rule_id FROM alert_matches"
_MATCHES = """
SELECT rule_id, uniqExact(alert_id) AS matches
FROM alert_matches
WHERE detected_at >= {since:DateTime64(3, 'UTC')}
GROUP BY rule_id
"""


@dataclass(frozen=True)
class SilentSource:
    """A log source that used to speak and does not any more; times are UTC, spans in minutes."""

    host: str
    source_type: str
    last_heard: str
    silent_minutes: str
    longest_gap_minutes: str


@dataclass(frozen=True)
class BlindSpots:
    """What a home cannot see.

    Attributes:
        unmapped: rules that need what no source of any kind supplies.
        log_sources: log sources of rules of which no event has arrived.
        fields: fields that rules look at and that no arrived event had.
        never_matched: rules that could raise alerts and never did.
        silent: sources that fell silent.
    """

    since: datetime
    unmapped: tuple[RuleCheck, ...]
    log_sources: tuple[Absent, ...]
    fields: tuple[Absent, ...]
    never_matched: tuple[RuleHead, ...]
    silent: tuple[SilentSource, ...]


def blind_spots(
    store: Store, content: Content, *, since: datetime, now: datetime, progress: Progress | None = None
) -> BlindSpots:
    """What the rules of a home need and nothing has supplied since a moment, by arrival."""
    absent: list[Absent] = []
    wanted = needs(content.ruleset)
    for number, needed in enumerate(wanted, start=1):
        row = store.rows(needed.statement, {"since": since})[0]
        absent += absences(needed, int(str(row["events"])), cast("Sequence[int]", row["supplied"]))
        if progress:
            progress(number, len(wanted))
    return BlindSpots(
        since=since,
        unmapped=tuple(check for check in content.ruleset.checks if check.status is Status.BLIND),
        log_sources=tuple(each for each in absent if not each.field),
        fields=tuple(each for each in absent if each.field),
        never_matched=tuple(never_matched(content.ruleset, _matched(store))),
        silent=_silent(store, content, now),
    )


def recent_matches(store: Store, ruleset: RuleSet, *, since: datetime) -> dict[str, int]:
    """How many alerts each rule of a set has raised since a moment, by the rule's id."""
    known = {head.id for head in ruleset.heads}
    rows = store.rows(_MATCHES, {"since": since})
    return {str(row["rule_id"]): int(str(row["matches"])) for row in rows if str(row["rule_id"]) in known}


def _matched(store: Store) -> list[str]:
    return [str(row["rule_id"]) for row in store.rows(_MATCHED)]


def _silent(store: Store, content: Content, now: datetime) -> tuple[SilentSource, ...]:
    if content.silence is None:
        return ()
    return tuple(
        SilentSource(**{name: alert.matched_fields[name] for name in SilentSource.__dataclass_fields__})
        for alert in silent_sources(store, content.silence, now=now)
    )
