"""Suppressions on record: made from an alert, renewed and ended, each as a step of the audit chain.

The record names the alert and the fields; their values stay where they are, with the alert: a user's name or address
is never copied onto a chain that nobody can erase from.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from response.audit import record_decided
from response.chain import AuditEvent, AuditStep, Detail, Role
from response.errors import AlertUnknown, SuppressionRefused
from response.suppression import (
    COLUMNS,
    AlertFacts,
    Standing,
    Suppression,
    check_expiry,
    named_values,
    suppression_id,
)
from store.client import Store

PREVIEW_DAYS = 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_ALERT = """
SELECT alert_id, rule_id, severity, asset_id, host, user, source_ip, destination_ip, scope,
    mapKeys(matched_fields) AS names, mapValues(matched_fields) AS matched
FROM alert_matches FINAL WHERE alert_id = {alert_id:String}
"""
_LAST_STEP = """
SELECT audit_events.state AS recorded, details
FROM audit_events
WHERE object_type = 'suppression' AND object_id = {id:String} AND audit_events.state != ''
ORDER BY seq DESC LIMIT 1
"""
_KNOWN = """
SELECT suppression_id, alert_id, rule_id, severity, field_names, field_values, owner, reason,
    toUnixTimestamp64Micro(until) AS micros, standing = 'ended' AS ended
FROM suppressions WHERE suppression_id = {id:String}
"""
# Like `queued_alerts`, for a suppression that is not on record yet; a test holds the two together.
_PREVIEW = """
SELECT
    countIf(severity <= {severity:UInt8}) AS hidden,
    countIf(severity <= {severity:UInt8} AND state != 'closed') AS open,
    countIf(severity > {severity:UInt8}) AS more_severe,
    uniqExactIf(asset_id, severity <= {severity:UInt8} AND asset_id != '') AS assets
FROM alerts
WHERE rule_id = {rule_id:String} AND detected_at >= {since:DateTime64(3, 'UTC')} AND arrayAll(
    (name, value) -> value = multiIf(
        name = 'asset_id' AND asset_id != '', toString(asset_id),
        name = 'host' AND host != '', toString(host),
        name = 'user' AND user != '', user,
        name = 'source_ip' AND source_ip != '', source_ip,
        name = 'destination_ip' AND destination_ip != '', destination_ip,
        name = 'scope' AND scope != '', toString(scope),
        matched_fields[name]
    ),
    {names:Array(String)}, {values:Array(String)})
"""


@dataclass(frozen=True)
class Preview:
    """What a suppression would have hidden of the alerts raised in the last 30 days.

    Attributes:
        hidden: alerts it would have hidden.
        open: those of them that still wait for a verdict.
        more_severe: alerts with the same values that it would have shown all the same.
        assets: how many assets the hidden ones are about.
    """

    hidden: int
    open: int
    more_severe: int
    assets: int


def alert_facts(store: Store, alert_id: str) -> AlertFacts:
    """What of an alert decides which suppressions hide it.

    Raises:
        AlertUnknown: there is no such alert.
    """
    for row in store.rows(_ALERT, {"alert_id": alert_id}):
        return AlertFacts(
            alert_id=str(row["alert_id"]),
            rule_id=str(row["rule_id"]),
            severity=int(str(row["severity"])),
            columns={name: str(row[name]) for name in COLUMNS},
            matched_fields=_paired(row["names"], row["matched"]),
        )
    raise AlertUnknown(f"no alert has the id {alert_id[:80]!r}: copy it from the queue")


def preview(store: Store, alert_id: str, names: Iterable[str], *, now: datetime | None = None) -> Preview:
    """What a suppression by these fields of an alert would have hidden in the last 30 days.

    Raises:
        AlertUnknown: there is no such alert.
        SuppressionRefused: it has no value of a field, or none is named.
    """
    alert = alert_facts(store, alert_id)
    values = named_values(alert, names)
    since = (now or datetime.now(UTC)) - timedelta(days=PREVIEW_DAYS)
    row = store.rows(
        _PREVIEW,
        {
            "rule_id": alert.rule_id,
            "severity": alert.severity,
            "since": f"{since:%Y-%m-%d %H:%M:%S.%f}"[:-3],
            "names": list(values),
            "values": list(values.values()),
        },
    )[0]
    return Preview(**{name: int(str(row[name])) for name in ("hidden", "open", "more_severe", "assets")})


def suppress(
    store: Store,
    alert_id: str,
    names: Iterable[str],
    *,
    until: datetime,
    actor: str,
    reason: str,
    role: Role = Role.ANALYST,
    now: datetime | None = None,
) -> AuditEvent:
    """The event on record that alerts like this one, in these fields, are hidden until then; or, if they are, renewed.

    Raises:
        AlertUnknown: there is no such alert.
        SuppressionRefused: it has no value of a field, none is named, or the expiry is past or over a year away.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    names = list(names)

    def decide() -> AuditStep:
        fields = list(named_values(alert_facts(store, alert_id), names))
        check_expiry(until, now or datetime.now(UTC))
        wanted = suppression_id(alert_id, fields)
        stands = any(row["recorded"] == "active" for row in store.rows(_LAST_STEP, {"id": wanted}))
        return _step(
            "suppression.renewed" if stands else "suppression.made",
            wanted,
            "active",
            _details(alert_id, fields, until),
            actor=actor,
            reason=reason,
            role=role,
        )

    return record_decided(store, decide, now=now)


def unsuppress(
    store: Store,
    wanted: str,
    *,
    actor: str,
    reason: str,
    role: Role = Role.ANALYST,
    now: datetime | None = None,
) -> AuditEvent:
    """The event on record that a suppression ends before its time; what it hid is in the queue again.

    Raises:
        SuppressionRefused: there is none of this id, or it hides nothing any more.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """

    def decide() -> AuditStep:
        alert_id, found = _known(store, wanted)
        standing = found.standing(now or datetime.now(UTC))
        if standing is not Standing.ACTIVE:
            raise SuppressionRefused(f"suppression {wanted} is {standing} already: it hides nothing")
        details = _details(alert_id, list(found.fields), found.until)
        return _step("suppression.ended", wanted, "ended", details, actor=actor, reason=reason, role=role)

    return record_decided(store, decide, now=now)


def _known(store: Store, wanted: str) -> tuple[str, Suppression]:
    for row in store.rows(_KNOWN, {"id": wanted}):
        found = Suppression(
            suppression_id=wanted,
            rule_id=str(row["rule_id"]),
            severity=int(str(row["severity"])),
            fields=_paired(row["field_names"], row["field_values"]),
            owner=str(row["owner"]),
            reason=str(row["reason"]),
            until=_EPOCH + timedelta(microseconds=int(str(row["micros"]))),
            ended=bool(row["ended"]),
        )
        return str(row["alert_id"]), found
    raise SuppressionRefused(f"no suppression has the id {wanted[:80]!r}: see `rongdun alerts suppressions`")


def _details(alert_id: str, fields: list[str], until: datetime) -> dict[str, Detail]:
    return {"alert_id": alert_id, "fields": fields, "until": f"{until.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}


def _step(
    action: str, wanted: str, state: str, details: dict[str, Detail], *, actor: str, reason: str, role: Role
) -> AuditStep:
    return AuditStep(
        actor=" ".join(actor.split()),
        role=role,
        action=action,
        object_type="suppression",
        object_id=wanted,
        basis=" ".join(reason.split()),
        state=state,
        details=details,
    )


def _paired(names: object, values: object) -> dict[str, str]:
    if not isinstance(names, list) or not isinstance(values, list):  # narrows the driver's types
        raise TypeError(f"{type(names)}, {type(values)}")
    return {str(name): str(value) for name, value in zip(names, values, strict=True)}
