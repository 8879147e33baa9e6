"""Editing the catalogue: who answers for a data set, what it is for, who gets it, when it is to be destroyed."""

import json
from collections.abc import Iterator
from datetime import date

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.harmless import one_line
from dashboards.tables import labelled, shown, text_column, time_column
from dashboards.translation import Words
from dashboards.views.steps import person, take, told
from dlp.errors import RegistrationInvalid
from dlp.grading_policy import grading_of
from dlp.registrations import Registration, registration
from pipelines.catalogue_editing import SeenEntry, edit_entry, seen_entry

_TEXTS = ("title", "organisation", "owner", "cdo", "purpose")


def cataloguing(desk: Desk, dataset: str) -> None:
    """The form for the entry of a data set, and what was changed of it; for readers of the whole city."""
    words = desk.words
    if desk.scope != desk.root:
        st.caption(words("catalogue.whole_city"))
        return
    seen = _seen(desk, dataset)
    key = f"catalogue.{seen.name}"
    with st.container(border=True):
        st.subheader(words("catalogue.edit"), anchor=False)
        told(desk, f"{key}.reason", "catalogue.")
        if seen.entry is None:
            st.caption(words("catalogue.new"))
        elif seen.name != dataset:
            st.caption(words("catalogue.pattern"))
            st.text(one_line(seen.name))
        actor, role = person(desk, "catalogue")
        given = _form(words, seen, f"{key}.{seen.step}", f"{key}.reason")
        _history(desk, seen.name)
    if given is None:
        return
    reason, changed = given
    if not actor or not reason:
        st.warning(words("catalogue.missing"))
        return
    try:
        wanted = _changed(seen, changed, desk)
    except RegistrationInvalid as invalid:
        st.warning(words("catalogue.invalid"))
        st.text(str(invalid))
        return
    # Whether it is taken or refused: what is looked at next is the entry as it is then.
    st.session_state.pop(_key(dataset), None)
    take(
        desk,
        "catalogue.done",
        lambda store: edit_entry(store, seen, wanted, actor=actor, reason=reason, role=role),
    )


def _key(dataset: str) -> str:
    return f"catalogue.seen.{dataset}"


def _seen(desk: Desk, dataset: str) -> SeenEntry:
    """The entry as the reader saw it when the form was first shown: what others change meanwhile is not overwritten."""
    held = st.session_state.get(_key(dataset))
    if not isinstance(held, SeenEntry):
        held = seen_entry(desk.store, dataset)
        st.session_state[_key(dataset)] = held
    return held


def _form(words: Words, seen: SeenEntry, key: str, reason_key: str) -> tuple[str, dict[str, object]] | None:
    entry = seen.entry
    with st.form(f"{key}.form", border=False):
        fields: dict[str, object] = {
            name: (
                st.text_input(
                    words(f"catalogue.field.{name}"),
                    getattr(entry, name) if entry else "",
                    key=f"{key}.{name}",
                    max_chars=400,
                )
                or ""
            ).strip()
            for name in _TEXTS
        }
        sharing = st.text_area(
            words("catalogue.field.sharing"),
            "\n".join(_lines(entry)),
            key=f"{key}.sharing",
            help=words("catalogue.field.sharing.help"),
            placeholder=words("catalogue.field.sharing.example"),
            height=100,
        )
        fields["destroyed_on"] = st.date_input(
            words("catalogue.field.destroyed_on"),
            entry.destroyed_on if entry else None,
            key=f"{key}.destroyed_on",
            min_value=date(1990, 1, 1),
            max_value=date(2200, 1, 1),
        )
        reason = st.text_area(words("action.reason"), key=reason_key, max_chars=1000, height=70)
        pressed = st.form_submit_button(words("catalogue.save"), type="primary")
    fields["sharing"] = list(_shares(sharing or ""))
    return ((reason or "").strip(), fields) if pressed else None


def _changed(seen: SeenEntry, fields: dict[str, object], desk: Desk) -> Registration:
    before = seen.entry.model_dump() if seen.entry else {"dataset": seen.name}
    return registration({**before, **fields}, grading_of(desk.rules))


def _lines(entry: Registration | None) -> Iterator[str]:
    for share in entry.sharing if entry else ():
        until = share.until.isoformat() if share.until else ""
        yield " | ".join(filter(None, (share.recipient, share.basis, until)))


def _shares(text: str) -> Iterator[dict[str, object]]:
    """The sharing list as it is typed: a recipient a line, `recipient | basis | until`."""
    for line in filter(None, map(str.strip, text.splitlines())):
        parts = [part.strip() or None for part in line.replace("｜", "|").split("|")]
        names = ("recipient", "basis", "until")
        entry: dict[str, object] = dict(zip(names, parts, strict=False))
        yield entry if len(parts) <= len(names) else {**entry, "more": line}


def _history(desk: Desk, name: str) -> None:
    words = desk.words
    steps = desk.ask("catalogue_history", entry=name)
    if steps.is_empty():
        return
    st.caption(words("catalogue.history"))
    for step in steps.head(5).iter_rows(named=True):
        _step(words, step)
    if steps.height > 5:
        with st.expander(words("catalogue.history.older", number=str(steps.height - 5))):
            _table(words, steps.slice(5))


def _step(words: Words, step: dict[str, object]) -> None:
    at = shown(pl.DataFrame({"at": [step["event_time"]]}))["at"][0]
    who = f"{one_line(str(step['actor']))} ({words.label('role', str(step['role']))})"
    lines = [f"{at:%Y-%m-%d %H:%M} · {who} · {one_line(str(step['basis']))}", *_told(words, str(step["details"]))]
    st.text("\n".join(lines))


def _table(words: Words, steps: pl.DataFrame) -> None:
    frame = steps.select("event_time", "actor", "role", "basis").with_columns(
        pl.Series("details", ["; ".join(_told(words, str(text))) for text in steps["details"]], dtype=pl.String)
    )
    st.dataframe(
        shown(labelled(frame, words, {"role": "role"})),
        hide_index=True,
        column_config={
            "event_time": time_column(words("column.event_time")),
            "actor": text_column(words("action.actor")),
            "role": text_column(words("action.role")),
            "basis": text_column(words("action.reason")),
            "details": text_column(words("catalogue.changed"), wide=True),
        },
    )


def _told(words: Words, details: str) -> Iterator[str]:
    """What was changed, a line for each field: `owner: A → B`."""
    content = json.loads(details)
    for name, sides in content.items() if isinstance(content, dict) else ():
        if isinstance(sides, list):
            was, now = (one_line(str(side)) or "–" for side in sides)
            yield f"· {words.label('catalogue_field', name)}: {was} → {now}"
