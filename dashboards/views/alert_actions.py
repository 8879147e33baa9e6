"""What a person decides about an alert: written by `response` alone, under the person's name."""

import streamlit as st

from dashboards.desk import Desk
from dashboards.views.steps import person, take, told
from dashboards.views.suppressing import suppressing
from response.chain import Role
from response.lifecycle import AlertState, Verdict, acknowledge, close, reopen
from store.client import Store


def actions(desk: Desk, alert: dict[str, object]) -> None:
    """The steps that the alert's state allows, and who takes them."""
    words = desk.words
    state = AlertState(str(alert["state"]))
    alert_id = str(alert["alert_id"])
    with st.container(border=True):
        st.subheader(words("action.title"), anchor=False)
        told(desk, f"action.reason.{alert_id}")
        actor, role = person(desk)
        _step(desk, alert_id, actor, role, state)
        suppressing(desk, alert, actor, role)


def _step(desk: Desk, alert_id: str, actor: str, role: Role, state: AlertState) -> None:
    words = desk.words
    if state is AlertState.CLOSED:
        _reopening(desk, alert_id, actor, role)
        return
    if state is AlertState.NEW and st.button(words("action.acknowledge"), key="action.acknowledge", width="stretch"):
        take(
            desk,
            "action.done.acknowledged",
            lambda store: acknowledge(store, alert_id, actor=actor, basis="triage", role=role),
        )
    _closing(desk, alert_id, actor, role, state)


def _closing(desk: Desk, alert_id: str, actor: str, role: Role, state: AlertState) -> None:
    words = desk.words
    with st.form("action.close", border=False):
        verdict = st.radio(
            words("action.verdict"),
            list(Verdict),
            index=None,
            key=f"action.verdict.{alert_id}",
            format_func=lambda each: words.label("verdict", each),
        )
        reason = st.text_area(words("action.reason"), key=f"action.reason.{alert_id}", max_chars=1000, height=90)
        pressed = st.form_submit_button(words("action.close"), type="primary", width="stretch")
    if not pressed:
        return
    if verdict is None or not actor or not (reason or "").strip():
        st.warning(words("action.missing"))
        return

    def decide(store: Store) -> None:
        if state is AlertState.NEW:
            acknowledge(store, alert_id, actor=actor, basis="triage", role=role)
        close(store, alert_id, verdict, actor=actor, reason=reason or "", role=role)

    take(desk, "action.done.closed", decide)


def _reopening(desk: Desk, alert_id: str, actor: str, role: Role) -> None:
    words = desk.words
    with st.form("action.reopen", border=False):
        reason = st.text_area(words("action.reason"), key=f"action.reason.{alert_id}", max_chars=1000, height=90)
        pressed = st.form_submit_button(words("action.reopen"), width="stretch")
    if pressed:
        take(
            desk,
            "action.done.reopened",
            lambda store: reopen(store, alert_id, actor=actor, reason=reason or "", role=role),
        )
