"""Whether the catalogue still says what is so: overdue entries, data sets without one, what changed since (R37)."""

from functools import cache
from pathlib import Path

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.drift_words import drift_words
from dashboards.figures import amount
from dashboards.harmless import one_line, plain
from dashboards.tables import labelled, path_end, shown, text_column, time_column
from dashboards.views.downloading import downloading
from dashboards.views.steps import person, take, told
from dlp.freshness_policy import freshness_policy_of
from dlp.policy import Policy, load_policy
from pipelines.catalogue_editing import confirm_entry, seen_entry
from pipelines.freshness import Freshness, catalogue_freshness

_OVERDUE = frozenset({"scan_overdue", "entry_overdue"})
_UNREGISTERED = frozenset({"no_entry"})


def freshness(desk: Desk) -> None:
    """The tab of the catalogue's freshness."""
    words = desk.words
    st.caption(words("freshness.lead"))
    rows = freshness_within(desk)
    _figures(desk, rows)
    st.subheader(words("freshness.list"), anchor=False)
    every = st.toggle(words("freshness.fresh"), key="freshness.every")
    listed = [row for row in rows if row.drifts or every]
    if not listed:
        st.caption(words("freshness.none"))
        return
    frame = _frame(desk, listed)
    chosen = st.dataframe(
        shown(labelled(frame, words, {"grade": "grade"})),
        hide_index=True,
        key="freshness.list",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "drift": text_column(words("column.drift"), pixels=190),
            "dataset": text_column(words("column.dataset"), pixels=200),
            "owner": text_column(words("report.column.owner"), pixels=105),
            "grade": text_column(words("column.grade"), pixels=95),
            "confirmed_at": time_column(words("column.confirmed_at"), year=False, pixels=110),
            "looked_at": time_column(words("column.looked_at"), year=False, pixels=110),
        },
    )
    for at in chosen["selection"]["rows"]:
        _card(desk, listed[at])
    downloading(desk, "freshness", {"freshness.list": frame})


def freshness_within(desk: Desk) -> list[Freshness]:
    """What of the catalogue lies within the reader's scope; what has no scope is for readers of the whole city."""
    path = desk.rules / "dlp" / "policy.yml"
    policy = _policy(path, path.stat().st_mtime_ns)
    found = catalogue_freshness(desk.store, freshness_policy_of(desk.rules), policy)
    if desk.scope == desk.root:
        return found
    return [row for row in found if f"{row.standing.scope}/".startswith(f"{desk.scope}/")]


@cache
def _policy(path: Path, _changed: int) -> Policy:
    """The policy as it was last changed: it takes a tenth of a second to read."""
    return load_policy(path)


def _figures(desk: Desk, rows: list[Freshness]) -> None:
    words = desk.words
    kinds = [{drift.kind for drift in row.drifts} for row in rows]
    figures = {
        "entries": len({row.standing.entry for row in rows if row.standing.entry}),
        "unregistered": sum(bool(found & _UNREGISTERED) for found in kinds),
        "overdue": sum(bool(found & _OVERDUE) for found in kinds),
        "drifted": sum(bool(found - _OVERDUE - _UNREGISTERED) for found in kinds),
    }
    for cell, (key, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
        cell.metric(words(f"freshness.{key}"), amount(words, value), border=True, help=words(f"freshness.{key}.help"))


def _frame(desk: Desk, rows: list[Freshness]) -> pl.DataFrame:
    moment = pl.Datetime("us", "UTC")
    return pl.DataFrame(
        [
            {
                "drift": desk.words.listed(drift_words(desk.words, drift, row.standing) for drift in row.drifts),
                "dataset": path_end(row.standing.name),
                "owner": row.standing.owner,
                "grade": row.standing.grade,
                "confirmed_at": row.standing.confirmed_at,
                "looked_at": row.standing.looked_at,
            }
            for row in rows
        ],
        schema={
            **dict.fromkeys(("drift", "dataset", "owner", "grade"), pl.String),
            "confirmed_at": moment,
            "looked_at": moment,
        },
    )


def _card(desk: Desk, row: Freshness) -> None:
    words, standing = desk.words, row.standing
    with st.container(border=True):
        st.subheader(plain(path_end(standing.name)), anchor=False)
        st.text(one_line(standing.name))
        if standing.entry and standing.entry != standing.name:
            st.text(f"{words('column.entry')}: {one_line(standing.entry)}")
        if standing.organisation:
            st.text(f"{one_line(standing.organisation)} · {one_line(standing.owner)}")
        st.text("\n".join(f"· {drift_words(words, drift, standing)}" for drift in row.drifts) or "·")
        if standing.entry and desk.scope == desk.root:
            _confirming(desk, standing.entry)


def _confirming(desk: Desk, entry: str) -> None:
    words, key = desk.words, "freshness.confirm"
    st.caption(words("freshness.confirm.lead"))
    told(desk, f"{key}.reason", "freshness.")
    actor, role = person(desk, key)
    reason = st.text_area(words("action.reason"), key=f"{key}.reason", max_chars=1000, height=70)
    if not st.button(words("freshness.confirm"), key=key):
        return
    if not actor or not (reason or "").strip():
        st.warning(words("catalogue.missing"))
        return
    seen = seen_entry(desk.store, entry)
    take(
        desk,
        "freshness.confirm.done",
        lambda store: confirm_entry(store, seen, actor=actor, reason=(reason or "").strip(), role=role),
    )
