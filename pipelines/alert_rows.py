"""Alerts on their way into `alert_matches`: identity, columns, and only those that are not there yet."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar, cast

import polars as pl
from polars._typing import SchemaDict

from detectors.routing import Table
from detectors.rule import RuleHead
from store.client import Store
from store.writes import append

Item = TypeVar("Item")

# Ids travel as a query parameter, in the address of the request: few enough for any server's limit.
_MOST_IDS = 400
_MOST_ROWS = 20_000

_KNOWN = "SELECT DISTINCT alert_id FROM alert_matches WHERE alert_id IN {ids:Array(String)}"

_ARRIVED = """
SELECT DISTINCT alert_id FROM alert_matches
WHERE arrived_at BETWEEN fromUnixTimestamp64Milli({since:Int64}, 'UTC')
  AND fromUnixTimestamp64Milli({until:Int64}, 'UTC')
"""

COLUMNS: SchemaDict = {
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


def evidence_of(row: Mapping[str, object], table: Table) -> Evidence:
    """What an alert shows of the event in this row."""
    texts = {name: str(row[name]) for name in ("source", "scope", "asset_id", "host", "user")}
    addresses = {name: str(row[name]) for name in ("source_ip", "destination_ip")}
    return Evidence(event_table=table, **texts, **addresses, arrived_at=utc(row["ingested_at"]))


def utc(moment: object) -> datetime:
    """A moment as the database gives it, with its zone: every column is UTC."""
    return cast("datetime", moment).replace(tzinfo=UTC)


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
            append(store, "alert_matches", alert_frame(list(fresh.values())), token=token, no_two_alike=True)
            written += len(fresh)
    return written


def write_new_rows(store: Store, rows: pl.DataFrame) -> int:
    """Write those rows of `alert_matches` that are not there yet; gives back how many those were.

    Alerts of single events: one that is there has the arrival of its event.
    """
    if rows.is_empty():
        return 0
    span = rows.select(pl.col("arrived_at").min().alias("since"), pl.col("arrived_at").max().alias("until"))
    bound = {name: int(span[name].dt.epoch("ms")[0]) for name in ("since", "until")}
    fresh = rows.unique("alert_id", maintain_order=True).join(store.frame(_ARRIVED, bound), on="alert_id", how="anti")
    if not fresh.is_empty():
        token = hashlib.sha256("\n".join(fresh["alert_id"].sort()).encode()).hexdigest()
        append(store, "alert_matches", fresh, token=token, no_two_alike=True)
    return fresh.height


def alert_frame(alerts: Sequence[Alert]) -> pl.DataFrame:
    """Alerts as rows of `alert_matches`."""
    return pl.DataFrame([_row(alert) for alert in alerts], schema=COLUMNS, orient="row")


def rule_columns(rule: RuleHead) -> dict[str, object]:
    """What an alert says of its rule."""
    return {
        "rule_id": rule.id,
        "rule_version": rule.version,
        "rule_title": rule.title,
        "rule_title_zh": rule.title_zh,
        "rule_path": str(rule.path),
        "level": rule.level,
        "severity": rule.severity,
        "tags": list(rule.tags),
        "event_class": rule.event_class,
    }


def _write_grounds(store: Store, alerts: Sequence[Alert], token: str) -> None:
    """Before the alerts: one that is there has its grounds, wherever a run broke off."""
    rows = [(alert.alert_id, alert.grounds) for alert in alerts if alert.grounds]
    if rows:
        frame = pl.DataFrame(rows, schema={"alert_id": pl.String, "grounds": pl.String}, orient="row")
        append(store, "alert_grounds", frame, token=token)


def _row(alert: Alert) -> dict[str, object]:
    evidence = alert.evidence
    return {
        "alert_id": alert.alert_id,
        **rule_columns(alert.rule),
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
