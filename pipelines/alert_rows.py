"""Alerts on their way into `alert_matches`: identity, columns, and only those that are not there yet."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

import polars as pl
from polars._typing import SchemaDict

from detectors.rule import RuleHead
from store.client import Store
from store.writes import append

Item = TypeVar("Item")

# Ids travel as a query parameter, in the address of the request: few enough for any server's limit.
_MOST_IDS = 400
_MOST_ROWS = 20_000

_KNOWN = "SELECT DISTINCT alert_id FROM alert_matches WHERE alert_id IN {ids:Array(String)}"

_COLUMNS: SchemaDict = {
    "alert_id": pl.String,
    "rule_id": pl.String,
    "rule_version": pl.String,
    "rule_title": pl.String,
    "rule_title_zh": pl.String,
    "rule_path": pl.String,
    "level": pl.String,
    "severity": pl.UInt8,
    "tags": pl.List(pl.String),
    "event_class": pl.String,
    "event_table": pl.String,
    "event_ids": pl.List(pl.String),
    "matched_fields": pl.Map(pl.String, pl.String),
    "source": pl.String,
    "scope": pl.String,
    "asset_id": pl.String,
    "host": pl.String,
    "user": pl.String,
    "source_ip": pl.String,
    "destination_ip": pl.String,
    "first_seen": pl.Datetime("us", "UTC"),
    "last_seen": pl.Datetime("us", "UTC"),
    "arrived_at": pl.Datetime("ms", "UTC"),
}


@dataclass(frozen=True)
class Evidence:
    """What an alert shows of the event that completed it; '' where it says nothing."""

    event_table: str
    source: str
    scope: str
    asset_id: str
    host: str
    user: str
    source_ip: str
    destination_ip: str
    arrived_at: datetime


@dataclass(frozen=True)
class Alert:
    """A rule met.

    Attributes:
        event_ids: the events, oldest first.
        identity: what tells this alert from others of the rule when that is not its events.
        grounds: why a correlation matched, as JSON (`pipelines.grounds`); '' for a rule over single events.
    """

    rule: RuleHead
    event_ids: tuple[str, ...]
    evidence: Evidence
    first_seen: datetime
    last_seen: datetime
    matched_fields: Mapping[str, str] = field(default_factory=dict)
    identity: str = ""
    grounds: str = ""

    @property
    def alert_id(self) -> str:
        """Hash of rule, version and events: the same match always has the same id."""
        what = self.identity or "\n".join(sorted(self.event_ids))
        return hashlib.sha256(f"{self.rule.id}\0{self.rule.version}\0{what}".encode()).hexdigest()[:32]


def write_new_alerts(store: Store, alerts: Iterable[Alert]) -> int:
    """Write the alerts that are not there yet; gives back how many those were."""
    written = 0
    for together in _chunks(alerts, _MOST_ROWS):
        fresh = {alert.alert_id: alert for alert in together}
        for ids in _chunks(list(fresh), _MOST_IDS):
            for row in store.rows(_KNOWN, {"ids": ids}):
                fresh.pop(str(row["alert_id"]), None)
        if fresh:
            token = hashlib.sha256("\n".join(sorted(fresh)).encode()).hexdigest()
            _write_grounds(store, list(fresh.values()), token)
            append(store, "alert_matches", _frame(list(fresh.values())), token=token)
            written += len(fresh)
    return written


def _write_grounds(store: Store, alerts: Sequence[Alert], token: str) -> None:
    """Before the alerts: one that is there has its grounds, wherever a run broke off."""
    rows = [(alert.alert_id, alert.grounds) for alert in alerts if alert.grounds]
    if rows:
        frame = pl.DataFrame(rows, schema={"alert_id": pl.String, "grounds": pl.String}, orient="row")
        append(store, "alert_grounds", frame, token=token)


def _frame(alerts: Sequence[Alert]) -> pl.DataFrame:
    return pl.DataFrame([_row(alert) for alert in alerts], schema=_COLUMNS, orient="row")


def _row(alert: Alert) -> dict[str, object]:
    evidence = alert.evidence
    return {
        "alert_id": alert.alert_id,
        "rule_id": alert.rule.id,
        "rule_version": alert.rule.version,
        "rule_title": alert.rule.title,
        "rule_title_zh": alert.rule.title_zh,
        "rule_path": str(alert.rule.path),
        "level": alert.rule.level,
        "severity": alert.rule.severity,
        "tags": list(alert.rule.tags),
        "event_class": alert.rule.event_class,
        "event_table": evidence.event_table,
        "event_ids": list(alert.event_ids),
        "matched_fields": dict(alert.matched_fields),
        "source": evidence.source,
        "scope": evidence.scope,
        "asset_id": evidence.asset_id,
        "host": evidence.host,
        "user": evidence.user,
        "source_ip": evidence.source_ip,
        "destination_ip": evidence.destination_ip,
        "first_seen": alert.first_seen,
        "last_seen": alert.last_seen,
        "arrived_at": evidence.arrived_at,
    }


def _chunks(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    together: list[Item] = []
    for item in items:
        together.append(item)
        if len(together) == size:
            yield together
            together = []
    if together:
        yield together
