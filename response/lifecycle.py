"""The life of an alert: new -> acknowledged -> closed with a verdict, each step on record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from response.audit import record_decided
from response.chain import AuditEvent, AuditStep, Role
from response.errors import AlertUnknown, TransitionRefused
from store.client import Store


class AlertState(StrEnum):
    """Where an alert stands."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Verdict(StrEnum):
    """What a closed alert turned out to be; `benign` is a true match of something allowed."""

    TRUE_POSITIVE = "true_positive"
    FALSE_POSITIVE = "false_positive"
    BENIGN = "benign"


@dataclass(frozen=True)
class _Transition:
    action: str
    before: AlertState
    after: AlertState
    advice: Mapping[AlertState, str]


_ACKNOWLEDGE = _Transition(
    "alert.acknowledged",
    AlertState.NEW,
    AlertState.ACKNOWLEDGED,
    {
        AlertState.ACKNOWLEDGED: "close it with a verdict, or leave it to whoever took it",
        AlertState.CLOSED: "reopen it with a reason",
    },
)
_CLOSE = _Transition(
    "alert.closed",
    AlertState.ACKNOWLEDGED,
    AlertState.CLOSED,
    {
        AlertState.NEW: "acknowledge it first",
        AlertState.CLOSED: "reopen it to change the verdict",
    },
)
_REOPEN = _Transition(
    "alert.reopened",
    AlertState.CLOSED,
    AlertState.ACKNOWLEDGED,
    {
        AlertState.NEW: "acknowledge it",
        AlertState.ACKNOWLEDGED: "it is open already",
    },
)

_STANDING = """
SELECT
    (SELECT count() FROM alert_matches WHERE alert_id = {alert_id:String}) AS matches,
    argMax(audit_events.state, seq) AS last_state,
    argMax(audit_events.actor, seq) AS last_actor
FROM audit_events
WHERE object_type = 'alert' AND object_id = {alert_id:String} AND audit_events.state != ''
"""


def acknowledge(
    store: Store,
    alert_id: str,
    *,
    actor: str,
    basis: str = "triage",
    role: Role = Role.ANALYST,
    now: datetime | None = None,
) -> AuditEvent:
    """The event on record that somebody has taken up a new alert.

    Raises:
        AlertUnknown: there is no such alert.
        TransitionRefused: it is not new.
        StepRefused: the actor is missing, or a text must not stand on record.
    """
    return _take(store, _ACKNOWLEDGE, alert_id, actor=actor, basis=basis, role=role, now=now)


def close(
    store: Store,
    alert_id: str,
    verdict: Verdict | str,
    *,
    actor: str,
    reason: str,
    role: Role = Role.ANALYST,
    now: datetime | None = None,
) -> AuditEvent:
    """The event on record that an acknowledged alert is closed with this verdict for this reason.

    Raises:
        AlertUnknown: there is no such alert.
        TransitionRefused: it is not acknowledged, or the verdict is none.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    if verdict not in set(Verdict):
        raise TransitionRefused(f"{verdict!r} is no verdict: use one of {', '.join(Verdict)}")
    return _take(store, _CLOSE, alert_id, actor=actor, basis=reason, role=role, now=now, verdict=str(verdict))


def close_all(
    store: Store,
    alert_ids: Iterable[str],
    verdict: Verdict | str,
    *,
    actor: str,
    reason: str,
    role: Role = Role.ANALYST,
    now: datetime | None = None,
) -> list[AuditEvent]:
    """The events on record that those of the alerts that are open are closed alike; a new one is acknowledged first.

    Somebody names the alerts that were seen: one that joined the group meanwhile stays open. When a step is refused,
    those before it stand, and a second call goes on where this one ended.

    Raises:
        AlertUnknown: there is no such alert.
        TransitionRefused: the verdict is none, or somebody acted on one of them at the same moment.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    taken = []
    for alert_id in dict.fromkeys(alert_ids):
        state, _ = _state(store, alert_id)
        if state is AlertState.CLOSED:
            continue
        if state is AlertState.NEW:
            taken.append(acknowledge(store, alert_id, actor=actor, basis=reason, role=role, now=now))
        taken.append(close(store, alert_id, verdict, actor=actor, reason=reason, role=role, now=now))
    return taken


def reopen(
    store: Store,
    alert_id: str,
    *,
    actor: str,
    reason: str,
    role: Role = Role.ANALYST,
    now: datetime | None = None,
) -> AuditEvent:
    """The event on record that a closed alert is acknowledged again and its verdict withdrawn.

    Raises:
        AlertUnknown: there is no such alert.
        TransitionRefused: it is not closed.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    return _take(store, _REOPEN, alert_id, actor=actor, basis=reason, role=role, now=now)


def _take(
    store: Store,
    transition: _Transition,
    alert_id: str,
    *,
    actor: str,
    basis: str,
    role: Role,
    now: datetime | None,
    verdict: str = "",
) -> AuditEvent:
    step = AuditStep(
        actor=_one_line(actor),
        role=role,
        action=transition.action,
        object_type="alert",
        object_id=alert_id,
        basis=_one_line(basis),
        state=transition.after.value,
        verdict=verdict,
    )

    def decide() -> AuditStep:
        _check_state(store, transition, alert_id)
        return step

    return record_decided(store, decide, now=now)


def _state(store: Store, alert_id: str) -> tuple[AlertState, str]:
    """Where an alert stands, and who brought it there; '' for nobody."""
    standing = store.rows(_STANDING, {"alert_id": alert_id})[0]
    if not standing["matches"]:
        raise AlertUnknown(f"no alert has the id {alert_id[:80]!r}: copy it from the queue")
    return AlertState(str(standing["last_state"]) or AlertState.NEW), str(standing["last_actor"] or "")


def _check_state(store: Store, transition: _Transition, alert_id: str) -> None:
    state, actor = _state(store, alert_id)
    if state is not transition.before:
        who = f" by {actor}" if actor else ""
        raise TransitionRefused(f"alert {alert_id} is {state}{who}: {transition.advice[state]}")


def _one_line(text: str) -> str:
    return " ".join(text.split())
