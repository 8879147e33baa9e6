"""Risk incidents: an alert of its own for each episode in which an entity carried too much risk, written once."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import cast

from pipelines.alert_rows import Alert, evidence_of, utc
from pipelines.entity_risk import Entity, EntityAlerts, changed_entities, entity_risks, keep_risks, risk_sql
from pipelines.risk_rule import RiskRule
from response.risk import RiskEpisode, risk_episodes
from store.client import Store

_MOST_ALERTS = 200
_MOST_EVENTS = 1000

# Runs that broke off, and clocks that differ: what was detected shortly before the last run is looked at again.
_OVERLAP = timedelta(minutes=10)
_LAST_RUN = "SELECT max(started_at) AS started, count() AS runs FROM detection_runs"

_SCORED_EVERY = timedelta(minutes=5)
_LAST_SCORED = "SELECT max(scored_at) AS scored, count() AS scores FROM entity_risk_history"

_DETECTED = """
SELECT count() FROM alert_matches
WHERE detected_at >= {detected_since:DateTime64(3, 'UTC')} AND rule_id != {incident:String}
"""

_KNOWN = """
SELECT
    matched_fields['entity_kind'] AS kind,
    matched_fields['entity'] AS name,
    matched_fields['within'] AS within,
    last_seen
FROM alert_matches
WHERE rule_id = {incident:String}
"""


def risk_incidents(store: Store, rule: RiskRule) -> Iterator[Alert]:
    """An alert for every episode that no incident tells of yet, of the entities with alerts since the last run."""
    last = store.rows(_LAST_RUN)[0]
    since = utc(last["started"]) - _OVERLAP if last["runs"] else datetime(1970, 1, 1, tzinfo=UTC)
    if not store.value(_DETECTED, {"detected_since": since, "incident": rule.head.id}):
        return
    known = _known(store, rule)
    for each in changed_entities(store, rule, detected_since=since):
        episodes = risk_episodes(each.alerts, criticality=each.criticality, weights=rule.weights)
        for episode in episodes:
            if not _told(rule, episode, known[each.entity]):
                yield _incident(store, rule, each, episode)


def follow_risk(store: Store, rule: RiskRule, *, now: datetime, changed: bool) -> None:
    """Keep what every entity carries at this moment (UTC), when alerts came or some minutes have passed."""
    last = store.rows(_LAST_SCORED)[0]
    if not changed and last["scores"] and timedelta() <= now - utc(last["scored"]) < _SCORED_EVERY:
        return
    keep_risks(store, entity_risks(store, rule, now=now), now=now)


def _told(rule: RiskRule, episode: RiskEpisode, known: list[datetime]) -> bool:
    """Whether there is an incident of this episode, though late or withdrawn alerts may have moved its beginning.

    Episodes begin more than a half life apart, so one that begins closer to an incident is that incident's.
    """
    return any(episode.began - rule.weights.half_life <= began <= episode.until for began in known)


def _known(store: Store, rule: RiskRule) -> Mapping[Entity, list[datetime]]:
    """When the episodes began that incidents tell of."""
    found: dict[Entity, list[datetime]] = defaultdict(list)
    for row in store.rows(_KNOWN, {"incident": rule.head.id}):
        found[Entity(str(row["kind"]), str(row["name"]), str(row["within"]))].append(utc(row["last_seen"]))
    return found


def _incident(store: Store, rule: RiskRule, each: EntityAlerts, episode: RiskEpisode) -> Alert:
    entity = each.entity
    rows = store.rows(risk_sql("risk_evidence"), {"ids": list(episode.alert_ids[-_MOST_ALERTS:])})
    last = rows[-1]
    evidence = evidence_of(last, "network_flows" if last["event_table"] == "network_flows" else "log_events")
    events = [event for row in rows for event in cast("list[str]", row["event_ids"])]
    return Alert(
        rule=replace(rule.head, tags=tuple(f"attack.{tactic}" for tactic in episode.tactics)),
        event_ids=tuple(dict.fromkeys(events))[-_MOST_EVENTS:],
        evidence=evidence,
        first_seen=min(utc(row["first_seen"]) for row in rows),
        last_seen=episode.began,
        matched_fields={
            "entity_kind": entity.kind,
            "entity": entity.name,
            "within": entity.within,
            "score": f"{episode.score:.1f}",
            "threshold": f"{rule.weights.threshold:g}",
            "tactics": ", ".join(episode.tactics),
            "alerts": " ".join(episode.alert_ids[-_MOST_ALERTS:]),
        },
        identity=f"{entity.kind}\0{entity.within}\0{entity.name}\0{episode.began.isoformat()}",
    )
