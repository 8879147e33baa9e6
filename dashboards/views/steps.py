"""Taking a step: who takes it, and what is shown of it afterwards. Only `response` writes."""

from collections.abc import Callable

import streamlit as st

from dashboards.choices import chosen_code
from dashboards.desk import Desk
from dashboards.foreseen import FORESEEN
from dashboards.kept import LONGEST_NAME, kept_name
from response.chain import Role
from response.errors import ResponseError
from store.client import Store

_ROLES = (Role.ANALYST, Role.RESPONDER, Role.REVIEWER, Role.CDO, Role.ENGINEER)


def person(desk: Desk, key: str = "action") -> tuple[str, Role]:
    """Who decides, and in what capacity, as the reader says; `key` tells two on one page apart."""
    words = desk.words
    name, role = st.columns([3, 2])
    actor = name.text_input(
        words("action.actor"), kept_name(), key=f"{key}.actor", max_chars=LONGEST_NAME, persist_state="session"
    )
    chosen = chosen_code(
        words,
        words("action.role"),
        _ROLES,
        key=f"{key}.role",
        name=lambda each: words.label("role", each),
        place=role,
    )
    return (actor or "").strip(), Role(chosen)


def take(desk: Desk, done: str, step: Callable[[Store], object]) -> None:
    """Take a step over a writing connection of its own, then show the page as the record now has it."""
    try:
        with desk.writer() as store:
            step(store)
    except ResponseError as refused:
        st.error(desk.words(f"refused.{type(refused).__name__}"))
        st.text(str(refused))
        return
    FORESEEN.forget()
    st.session_state["action.done"] = done
    st.rerun()


def told(desk: Desk, reason_key: str, kind: str = "") -> None:
    """Say once that a step is on record; the next one has its own reason.

    Args:
        desk: for the words.
        reason_key: where the reason was typed.
        kind: what its word begins with; a page with several forms says it beside the one that was used.
    """
    done = st.session_state.get("action.done")
    if done and done.startswith(kind):
        del st.session_state["action.done"]
        st.success(desk.words(done))
        st.session_state[reason_key] = ""
