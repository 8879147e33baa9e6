"""Grants at the desk: proposed by one, approved or refused by another, revoked when they end early (R42, R97)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from response.audit import record_decided
from response.chain import AuditEvent, AuditStep, Role
from response.errors import GrantRefused
from store.client import Store


class GrantState(StrEnum):
    """Where a grant stands; only an approved one counts."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REFUSED = "refused"
    REVOKED = "revoked"


@dataclass(frozen=True)
class _Step:
    after: GrantState
    before: tuple[GrantState, ...]
    by_another: bool = False


_STEPS: Mapping[str, _Step] = {
    "grant.proposed": _Step(GrantState.PROPOSED, (GrantState.PROPOSED,)),
    "grant.approved": _Step(GrantState.APPROVED, (GrantState.PROPOSED,), by_another=True),
    "grant.refused": _Step(GrantState.REFUSED, (GrantState.PROPOSED,)),
    "grant.revoked": _Step(GrantState.REVOKED, (GrantState.APPROVED,)),
}
_STANDING = """
SELECT toString(state) AS state, subject, requested_by FROM data_grants WHERE grant_id = {id:String} LIMIT 1
"""


def propose(store: Store, grant_id: str, *, actor: str, reason: str, role: Role = Role.ENGINEER) -> AuditEvent:
    """The event on record that somebody asks for a grant that is stored already.

    Raises:
        GrantRefused: there is none of this id, or it is beyond being proposed.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    return _take(store, "grant.proposed", grant_id, actor=actor, reason=reason, role=role)


def approve(
    store: Store, grant_id: str, *, actor: str, reason: str, role: Role = Role.CDO, now: datetime | None = None
) -> AuditEvent:
    """The event on record that a grant counts from now on.

    Raises:
        GrantRefused: there is none of this id, it is not proposed, or the actor asked for it or uses it.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    return _take(store, "grant.approved", grant_id, actor=actor, reason=reason, role=role, now=now)


def refuse(store: Store, grant_id: str, *, actor: str, reason: str, role: Role = Role.CDO) -> AuditEvent:
    """The event on record that a proposed grant is not given.

    Raises:
        GrantRefused: there is none of this id, or it is not proposed.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    return _take(store, "grant.refused", grant_id, actor=actor, reason=reason, role=role)


def revoke(store: Store, grant_id: str, *, actor: str, reason: str, role: Role = Role.CDO) -> AuditEvent:
    """The event on record that a grant counts no more.

    Raises:
        GrantRefused: there is none of this id, or it is not approved.
        StepRefused: actor or reason is missing, or a text must not stand on record.
    """
    return _take(store, "grant.revoked", grant_id, actor=actor, reason=reason, role=role)


def _take(
    store: Store,
    action: str,
    grant_id: str,
    *,
    actor: str,
    reason: str,
    role: Role,
    now: datetime | None = None,
) -> AuditEvent:
    step, who = _STEPS[action], " ".join(actor.split())

    def decide() -> AuditStep:
        for row in store.rows(_STANDING, {"id": grant_id}):
            state = GrantState(str(row["state"]))
            if state not in step.before:
                raise GrantRefused(f"grant {grant_id} is {state}: it cannot be {step.after} now")
            if step.by_another and who in (row["subject"], row["requested_by"]):
                raise GrantRefused(f"{who} asked for grant {grant_id} or uses it: another one approves")
            return AuditStep(
                actor=who,
                role=role,
                action=action,
                object_type="grant",
                object_id=grant_id,
                basis=" ".join(reason.split()),
                state=step.after,
            )
        raise GrantRefused(f"no grant has the id {grant_id[:80]!r}: `rongdun dlp grants list` shows them")

    return record_decided(store, decide, now=now)
