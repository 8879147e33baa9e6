"""Who carries most risk, and what a risk incident rests on."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import moment
from dashboards.harmless import plain, searchable
from dashboards.tables import labelled, number_column, shown, text_column
from dashboards.theme import badge_colour


def risk_list(desk: Desk) -> None:
    """The ten entities that carry most risk; selecting one opens its alerts. Nothing where no alert carries any."""
    words = desk.words
    found = desk.ask("entity_risk")
    if found.is_empty():
        return
    st.subheader(words("risk.title"), anchor=False, help=words("risk.help"))
    named = labelled(found, words, {"entity_kind": "entity_kind"}).with_columns(
        pl.col("tactics").list.eval(
            pl.element().map_elements(lambda code: words.label("tactic", code), return_dtype=pl.String)
        )
    )
    columns = ["shown_name", "entity_kind", "score", "trend", "tactics", "alerts"]
    selection = st.dataframe(
        shown(named.select(columns)),
        hide_index=True,
        height="content",
        key="risk.list",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config={
            "shown_name": text_column(words("risk.entity")),
            "entity_kind": st.column_config.TextColumn(words("column.kind")),
            "score": st.column_config.NumberColumn(words("risk.score"), format="%.0f"),
            "trend": st.column_config.AreaChartColumn(words("risk.trend"), y_min=0, y_max=float(found["score"][0])),
            "tactics": st.column_config.ListColumn(words("risk.tactics"), width="large"),
            "alerts": number_column(words("column.alerts")),
        },
    )
    chosen = selection["selection"]
    rows = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if rows:
        _open_alerts(desk, found.row(rows[0], named=True))


def incident_parts(desk: Desk, seen: Mapping[str, str]) -> None:
    """What an incident's score was made of when it began, and the alerts behind it, each a link."""
    words = desk.words
    kind = words.label("entity_kind", seen["entity_kind"])
    tactics = words.listed(words.label("tactic", code) for code in seen.get("tactics", "").split(", "))
    st.text(words("risk.incident", kind=kind, entity=seen["entity"], score=seen["score"], threshold=seen["threshold"]))
    st.text(words("risk.incident.tactics", tactics=tactics))
    for part in desk.ask("alert_parts", parts=seen["alerts"].split()).iter_rows(named=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(plain(words.label("level", part["level"])), color=badge_colour(part["level"]))
            st.caption(moment(part["last_seen"]), width="content")
            if "alerts" in desk.pages:
                label, query = plain(part["rule_title"]), {"alert": part["alert_id"]}
                st.page_link(desk.pages["alerts"], label=label, query_params=query, width="stretch")
            st.caption(plain(words.label("state", part["state"])), width="content")


def is_incident(seen: Mapping[str, str]) -> bool:
    """Whether these are the recorded fields of a risk incident."""
    return {"entity_kind", "entity", "score", "threshold", "alerts"} <= seen.keys()


def _open_alerts(desk: Desk, row: Mapping[str, object]) -> None:
    """The queue of alerts, narrowed to those of an entity; an account is looked for by its name."""
    name = str(row["entity"])
    wanted = name.rsplit("@", 1)[0] if row["entity_kind"] == "user" else name
    st.session_state["alerts.wanted"] = searchable(wanted)
    st.switch_page(desk.pages["alerts"])
