"""Deciding on a suggested grade, of a finding or of a whole data set: the form, and what was decided before."""

import streamlit as st

from dashboards.desk import Desk
from dashboards.harmless import one_line
from dashboards.tables import labelled, shown, text_column, time_column
from dashboards.views.steps import person, take, told
from response.review import GRADES, Correction, Decision, Reviewed, decide

_COLUMN_GRADES = tuple(grade for grade in GRADES if grade.startswith("general-"))
_CHANGING = (Decision.CORRECTED, Decision.APPEALED)


def deciding(desk: Desk, reviewed: Reviewed, wanted: str) -> None:
    """The form for a decision on one suggestion, and its history."""
    words = desk.words
    key = f"review.{reviewed}.{wanted}"
    with st.container(border=True):
        st.subheader(words("review.title"), anchor=False)
        told(desk, f"{key}.reason", "review.")
        actor, role = person(desk, f"review.{reviewed}")
        with st.form(f"{key}.form", border=False):
            decision = st.radio(
                words("review.decision"),
                list(Decision),
                index=None,
                key=f"{key}.decision",
                format_func=lambda each: words.label("decision", each),
                horizontal=True,
            )
            grade = st.selectbox(
                words("review.grade"),
                GRADES if reviewed is Reviewed.DATASET else _COLUMN_GRADES,
                index=None,
                key=f"{key}.grade",
                placeholder=words("review.keep"),
                format_func=lambda each: words.label("grade", each),
            )
            reason = st.text_area(words("review.reason"), key=f"{key}.reason", max_chars=1000, height=90)
            pressed = st.form_submit_button(words("review.submit"), type="primary")
        _history(desk, reviewed, wanted)
    if not pressed:
        return
    if decision is None or not actor or not (reason or "").strip():
        st.warning(words("review.missing"))
    elif decision is Decision.CORRECTED and grade is None:
        st.warning(words("review.missing_grade"))
    else:
        asked = Correction(grade=grade or "") if decision in _CHANGING else None
        take(
            desk,
            "review.done",
            lambda store: decide(
                store, reviewed, wanted, decision, actor=actor, reason=reason or "", correction=asked, role=role
            ),
        )


def _history(desk: Desk, reviewed: Reviewed, wanted: str) -> None:
    words = desk.words
    steps = desk.ask("review_history", reviewed=str(reviewed), id=wanted)
    if steps.is_empty():
        return
    st.caption(words("review.history"))
    codes = {
        "state": "review_state",
        "role": "role",
        "suggested_grade": "grade",
        "corrected_grade": "grade",
    }
    columns = ["event_time", "actor", "role", "state", "corrected_grade", "basis"]
    st.dataframe(
        shown(labelled(steps.select(columns), words, {name: codes[name] for name in columns if name in codes})),
        hide_index=True,
        column_config={
            "event_time": time_column(words("column.event_time")),
            "actor": text_column(words("action.actor")),
            "role": text_column(words("action.role")),
            "state": text_column(words("review.decision")),
            "corrected_grade": text_column(words("column.grade")),
            "basis": text_column(words("review.reason"), wide=True),
        },
    )


def standing(desk: Desk, state: str, actor: str) -> str:
    """Where a suggestion stands, and by whom, in words."""
    label = desk.words.label("review_state", state)
    return desk.words("review.standing", state=label, actor=one_line(actor)) if actor else label
