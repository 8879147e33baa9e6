"""What a person decides about an alert: written by `response` alone, under the person's name."""

from collections.abc import Callable

import streamlit as st

from dashboards.choices import chosen_code
from dashboards.desk import Desk
from dashboards.kept import LONGEST_NAME, kept_name
from response.chain import Role
from response.errors import ResponseError
from response.lifecycle import AlertState, Verdict, acknowledge, close, reopen
from store.client import Store

_ROLES = (Role.ANALYST, Role.RESPONDER, Role.REVIEWER, Role.ENGINEER)


def actions(desk: Desk, alert: dict[str, object]) -> None:
    """The steps that the alert's state allows, and who takes them."""
    words = desk.words
    state = AlertState(str(alert["state"]))
    alert_id = str(alert["alert_id"])
    with st.container(border=True):
        st.subheader(words("action.title"), anchor=False)
        if done := st.session_state.pop("action.done", None):
            st.success(words(done))
            st.session_state[f"action.reason.{alert_id}"] = ""  # the step is on record: the next one has its own reason
        actor, role = _person(desk)
        if state is AlertState.CLOSED:
            _reopening(desk, alert_id, actor, role)
            return
        if state is AlertState.NEW and st.button(
            words("action.acknowledge"), key="action.acknowledge", width="stretch"
        ):
            _take(
                desk,
                "action.done.acknowledged",
                lambda store: acknowledge(store, alert_id, actor=actor, basis="triage", role=role),
            )
        _closing(desk, alert_id, actor, role, state)


def _person(desk: Desk) -> tuple[str, Role]:
    words = desk.words
    name, role = st.columns([3, 2])
    actor = name.text_input(
        words("action.actor"), kept_name(), key="action.actor", max_chars=LONGEST_NAME, persist_state="session"
    )
    chosen = chosen_code(
        words,
        words("action.role"),
        _ROLES,
        key="action.role",
        name=lambda each: words.label("role", each),
        place=role,
    )
    return (actor or "").strip(), Role(chosen)


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

    _take(desk, "action.done.closed", decide)


def _reopening(desk: Desk, alert_id: str, actor: str, role: Role) -> None:
    words = desk.words
    with st.form("action.reopen", border=False):
        reason = st.text_area(words("action.reason"), key=f"action.reason.{alert_id}", max_chars=1000, height=90)
        pressed = st.form_submit_button(words("action.reopen"), width="stretch")
    if pressed:
        _take(
            desk,
            "action.done.reopened",
            lambda store: reopen(store, alert_id, actor=actor, reason=reason or "", role=role),
        )


def _take(desk: Desk, done: str, step: Callable[[Store], object]) -> None:
    """Take a step over a writing connection of its own, then show the page as the record now has it."""
    try:
        with desk.writer() as store:
            step(store)
    except ResponseError as refused:
        st.error(desk.words(f"refused.{type(refused).__name__}"))
        st.text(str(refused))
        return
    st.session_state["action.done"] = done
    st.rerun()
