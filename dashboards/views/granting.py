"""Steps on grants: propose one, approve, refuse or revoke it. Who asks for a grant or uses it never approves it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.desk import Desk
from dashboards.queries import ZONE
from dashboards.translation import Words
from dashboards.views.steps import person, take, told
from dlp.access_policy import access_policy_of
from dlp.errors import GrantInvalid
from dlp.grants import Grant, grant
from pipelines.grants import write_grants
from response.chain import AuditEvent, Role
from response.errors import GrantRefused
from response.granting import GrantState, approve, propose, refuse, revoke
from store.client import Store

_STEPS: dict[str, tuple[tuple[str, Callable[..., AuditEvent]], ...]] = {
    GrantState.PROPOSED: (("approve", approve), ("refuse", refuse)),
    GrantState.APPROVED: (("revoke", revoke),),
}


def granting(desk: Desk, grant_id: str, state: str) -> None:
    """The steps that the state of a grant allows."""
    words = desk.words
    told(desk, f"grant.reason.{grant_id}")
    steps = _STEPS.get(state, ())
    if not steps:
        return
    actor, role = person(desk, "grant")
    with st.form(f"grant.{grant_id}", border=False):
        reason = st.text_area(words("action.reason"), key=f"grant.reason.{grant_id}", max_chars=1000, height=90)
        cells = st.columns(len(steps))
        pressed = {
            name: cell.form_submit_button(words(f"grant.{name}"), key=f"grant.{name}.{grant_id}")
            for cell, (name, _) in zip(cells, steps, strict=True)
        }
    for name, step in steps:
        if pressed[name]:
            chosen = partial(step, grant_id=grant_id, actor=actor, reason=reason or "", role=role)
            take(desk, "grant.done", chosen)


def proposing(desk: Desk) -> None:
    """The form to ask for a grant."""
    words = desk.words
    policy = access_policy_of(desk.rules)
    with st.expander(words("grant.new")):
        told(desk, "grant.new.reason")
        actor, role = person(desk, "grant.new")
        with st.form("grant.new", border=False):
            texts = {
                name: st.text_input(label, key=f"grant.new.{name}", max_chars=400, help=explained)
                for name, label, explained in _fields(words)
            }
            basis = st.selectbox(
                words("column.legal_basis"),
                list(policy.legal_bases),
                key="grant.new.basis",
                format_func=lambda each: getattr(policy.legal_bases[each], words.language),
            )
            until = st.date_input(
                words("column.valid_until"), _today() + timedelta(days=90), min_value=_today(), key="grant.new.until"
            )
            rows = st.number_input(words("grant.rows"), min_value=0, value=0, key="grant.new.rows")
            export = st.checkbox(words("column.export"), key="grant.new.export")
            unmasked = st.checkbox(words("column.unmasked"), key="grant.new.unmasked")
            reason = st.text_area(words("action.reason"), key="grant.new.reason", max_chars=1000, height=90)
            pressed = st.form_submit_button(words("grant.propose"), type="primary")
        if not pressed:
            return
        entry = {
            **{name: (text or "").strip() for name, text in texts.items()},
            **{name: _listed(texts[name]) for name in ("datasets", "columns")},
            "legal_basis": basis,
            "export": export,
            "unmasked": unmasked,
            "rows_per_day": int(rows) or None,
            "valid_from": datetime.now(UTC),
            "valid_until": _end(until),
            "requested_by": actor,
        }
        try:
            wanted = grant(entry, policy)
        except GrantInvalid as invalid:
            st.warning(words("grant.invalid"))
            st.text(str(invalid))
            return
        take(desk, "grant.done", lambda store: _propose(store, wanted, actor, reason or "", role))


def _propose(store: Store, wanted: Grant, actor: str, reason: str, role: Role) -> AuditEvent:
    if store.value("SELECT count() FROM data_grants WHERE grant_id = {id:String}", {"id": wanted.grant_id}):
        raise GrantRefused(f"there is a grant {wanted.grant_id} already: choose another id")
    write_grants(store, [wanted], origin="desk")
    return propose(store, wanted.grant_id, actor=actor, reason=reason, role=role)


def _fields(words: Words) -> list[tuple[str, str, str]]:
    """The text fields of a grant: name, label, explanation."""
    return [
        ("grant_id", words("grant.grant_id"), words("grant.grant_id.help")),
        ("subject", words("grant.subject"), words("grant.subject.help")),
        ("datasets", words("grant.datasets"), words("grant.datasets.help")),
        ("columns", words("grant.columns"), words("grant.columns.help")),
        ("purpose", words("grant.purpose"), words("grant.purpose.help")),
        ("ticket", words("grant.ticket"), words("grant.ticket.help")),
    ]


def _listed(text: str | None) -> list[str]:
    return [part.strip() for part in (text or "").replace("；", ";").replace(",", ";").split(";") if part.strip()]


def _today() -> date:
    return datetime.now(ZoneInfo(ZONE)).date()


def _end(day: object) -> datetime:
    """The end of a day in the city, in UTC."""
    last = day if isinstance(day, date) else _today()
    return datetime.combine(last + timedelta(days=1), time(), ZoneInfo(ZONE)).astimezone(UTC)
