"""Breaches as alerts: what each shows, and to which events it leads."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from detectors.rule import RuleHead
from dlp.uses import Breach, Use
from pipelines.alert_rows import Alert, Evidence, utc

MOST_EVENTS = 200
UNKNOWN_ROWS = "unknown"  # of an export whose log gives no number
About = Mapping[str, object]  # what else is known of the first use: scope, asset_id, source_ip, arrived_at


def alert_of(breach: Breach, about: About, rules: Mapping[str, RuleHead]) -> Alert | None:
    """The alert of a breach; None where the content has no rule for its check."""
    rule = rules.get(breach.check)
    if rule is None:
        return None
    uses, arrived = breach.uses, utc(about["arrived_at"])
    events = [event for use in uses for event in use.event_ids]
    return Alert(
        rule=rule,
        event_ids=tuple(dict.fromkeys(events))[:MOST_EVENTS],
        evidence=_evidence(breach, about, arrived),
        first_seen=min((use.first for use in uses), default=arrived),
        last_seen=max((use.last for use in uses), default=arrived),
        matched_fields={name: value for name, value in _shown(breach).items() if value},
        identity=breach.identity,
    )


def _shown(breach: Breach) -> dict[str, str]:
    uses = breach.uses
    return {
        "check": breach.check,
        "account": uses[0].account if uses else "",
        "grant_id": breach.grant_id,
        "dataset": uses[0].dataset if uses else "",
        "columns": ", ".join(breach.columns[:50]),
        "rows": _rows(uses) if uses else "",
        "ticket": uses[0].ticket if uses else "",
        "action": _action(uses[0]) if uses else "",
        **breach.facts,
    }


def _rows(uses: Sequence[Use]) -> str:
    """How many rows some uses took; PostgreSQL's logs, pgAudit too, give none for `COPY t TO`."""
    rows = sum(use.rows for use in uses)
    return UNKNOWN_ROWS if not rows and any(use.exported for use in uses) else str(rows)


def _action(use: Use) -> str:
    return "export" if use.exported else "write" if use.written else "read"


def _evidence(breach: Breach, about: About, arrived: datetime) -> Evidence:
    account = breach.uses[0].account if breach.uses else breach.facts.get("subject", "")
    return Evidence(
        event_table="log_events",
        source="data_access",
        scope=str(about["scope"]),
        asset_id=str(about.get("asset_id", "")),
        host="",
        user=account,
        source_ip=str(about.get("source_ip", "")),
        destination_ip="",
        arrived_at=arrived,
    )
