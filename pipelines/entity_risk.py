"""Risk of every entity from its alerts as they stand: who carries how much now, and which incidents there were."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import cast

import polars as pl
from polars._typing import SchemaDict

from assets.rollup import criticality
from pipelines.alert_rows import utc
from pipelines.inventory import monitored_assets
from pipelines.risk_rule import RiskRule
from pipelines.score import telemetry_clock
from response.risk import RiskAlert, RiskWeights, risk_score, risk_tactics
from store.client import Store
from store.writes import append

# Of one rule within an hour; with the default share for repeats a fourth would add less than a hundredth of the first.
_MOST_OF_AN_HOUR = 3
_MOST_KEPT = 100
_LEAST_KEPT = 0.5
_ARCHIVE_LAG = timedelta(hours=1)

_TACTIC = re.compile(r"attack\.([a-z]+(?:[-_][a-z]+)*)")


@dataclass(frozen=True)
class Entity:
    """What alerts are about.

    Attributes:
        kind: asset, host, user or address.
        within: the scope in which the name means something; '' for an asset.
    """

    kind: str
    name: str
    within: str = ""


@dataclass(frozen=True)
class EntityRisk:
    """How much risk an entity carries at a moment.

    Attributes:
        scope: of its newest alert.
        tactics: of the alerts that count, sorted.
        alerts: how many count, at most three of a rule and hour.
        last_seen: of its newest alert, UTC.
    """

    entity: Entity
    scope: str
    score: float
    tactics: tuple[str, ...]
    alerts: int
    rules: int
    last_seen: datetime

    def as_json(self) -> dict[str, object]:
        """The risk as plain values."""
        return {
            "entity_kind": self.entity.kind,
            "entity": self.entity.name,
            "scope": self.scope,
            "score": round(self.score, 1),
            "tactics": list(self.tactics),
            "alerts": self.alerts,
            "rules": self.rules,
            "last_seen": self.last_seen.isoformat(),
        }


@dataclass(frozen=True)
class EntityAlerts:
    """An entity with its alerts and its criticality."""

    entity: Entity
    scope: str
    criticality: float
    alerts: Sequence[RiskAlert]

    def risk(self, weights: RiskWeights, now: datetime) -> EntityRisk:
        """What it carries at a moment (UTC)."""
        counting = [alert for alert in self.alerts if alert.time >= now - weights.reach]
        return EntityRisk(
            entity=self.entity,
            scope=self.scope,
            score=risk_score(counting, criticality=self.criticality, weights=weights, now=now),
            tactics=tuple(risk_tactics(counting, weights=weights, now=now)),
            alerts=len(counting),
            rules=len({alert.rule_id for alert in counting}),
            last_seen=max(alert.time for alert in self.alerts),
        )


def entity_risks(store: Store, rule: RiskRule, *, now: datetime | None = None) -> list[EntityRisk]:
    """Every entity that carries risk, most first; where telemetry is an archive, at the archive's end."""
    moment = telemetry_clock(store, now or datetime.now(UTC), archive_lag=_ARCHIVE_LAG)
    window = {"since": moment - rule.weights.reach, "until": moment}
    found = [each.risk(rule.weights, moment) for each in _asked(store, rule, "risk_alerts", window)]
    return sorted(found, key=lambda risk: (-risk.score, risk.entity.name, risk.entity.within))


def changed_entities(store: Store, rule: RiskRule, *, detected_since: datetime) -> list[EntityAlerts]:
    """The entities with an alert detected since a moment (UTC), with all that may count together with it."""
    reach = 2 * rule.weights.reach  # an episode in which the first of them falls began at most so long before
    asked = {"detected_since": detected_since, "reach_seconds": int(reach.total_seconds())}
    return _asked(store, rule, "risk_alerts_changed", asked)


def keep_risks(store: Store, risks: Iterable[EntityRisk], *, now: datetime) -> None:
    """Write down the scores of this moment (UTC), of those that carry most; the last of an hour stays."""
    rows = [
        {
            "entity_kind": risk.entity.kind,
            "entity": risk.entity.name,
            "scope": risk.scope,
            "hour": now.replace(minute=0, second=0, microsecond=0),
            "scored_at": now,
            "score": risk.score,
            "tactics": list(risk.tactics),
            "alerts": risk.alerts,
            "rules": risk.rules,
        }
        for risk in list(risks)[:_MOST_KEPT]
        if risk.score >= _LEAST_KEPT
    ]
    schema: SchemaDict = {
        "hour": pl.Datetime("ms", "UTC"),
        "scored_at": pl.Datetime("ms", "UTC"),
        "alerts": pl.UInt32,
        "rules": pl.UInt32,
        "tactics": pl.List(pl.String),
    }
    if rows:
        append(store, "entity_risk_history", pl.DataFrame(rows, schema_overrides=schema), token=now.isoformat())


def risk_sql(name: str) -> str:
    """The text of a statement about risk."""
    return files("pipelines").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")


def _asked(store: Store, rule: RiskRule, name: str, parameters: Mapping[str, object]) -> list[EntityAlerts]:
    alerts: dict[Entity, list[RiskAlert]] = defaultdict(list)
    scopes: dict[Entity, str] = {}
    for row in store.rows(risk_sql(name), {"incident": rule.head.id, "most": _MOST_OF_AN_HOUR, **parameters}):
        entity = Entity(str(row["entity_kind"]), str(row["entity"]), str(row["within"]))
        scopes.setdefault(entity, str(row["scope"]))
        alerts[entity].append(
            RiskAlert(
                alert_id=str(row["alert_id"]),
                rule_id=str(row["rule_id"]),
                level=str(row["level"]),
                tactics=tactics_of(tuple(cast("list[str]", row["tags"]))),
                time=utc(row["last_seen"]),
            )
        )
    known = {asset.asset_id: float(criticality(asset)) for asset in monitored_assets(store)} if alerts else {}
    return [
        EntityAlerts(entity, scopes[entity], known.get(entity.name, 1.0) if entity.kind == "asset" else 1.0, its)
        for entity, its in alerts.items()
    ]


@cache
def tactics_of(tags: tuple[str, ...]) -> frozenset[str]:
    """The ATT&CK tactics among a rule's tags; techniques, groups and software are none."""
    found = (_TACTIC.fullmatch(tag.lower()) for tag in tags)
    return frozenset(match[1].replace("_", "-") for match in found if match is not None)
