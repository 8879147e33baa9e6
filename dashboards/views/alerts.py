"""The alert queue, a row for each group; `?group=ID` opens the group of an alert, `?alert=ID` the alert."""

import polars as pl
import streamlit as st

from dashboards.choices import chosen_code
from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import searchable
from dashboards.panels import empty_state, page_head
from dashboards.tables import Column, as_chips, chip_column, number_column, shown, text_column, time_column
from dashboards.views import alert_detail, alert_group
from dashboards.views.downloading import downloading_when_asked
from dashboards.views.suppressing import suppressions

MOST = 500
OPEN_STATES = ("new", "acknowledged")
_TALLEST = 17  # rows before the table scrolls
_COLUMNS = (
    "level",
    "state",
    "rule_title",
    "alerts",
    "first_seen",
    "last_seen",
    "asset_id",
    "source_ip",
    "destination_ip",
    "user",
    "host",
    "events",
    "verdict",
)


def show(desk: Desk) -> None:
    """The queue, or the one alert or group that the address names."""
    if wanted := st.query_params.get("alert"):
        alert_detail.show(desk, wanted)
        return
    if member := st.query_params.get("group"):
        alert_group.show(desk, member)
        return
    page_head(desk, "alerts")
    counts = desk.ask("alert_counts")
    if counts.is_empty():
        empty_state(desk.words, "alerts", ["rongdun ingest PATH", "rongdun detect"])
        return
    _headline(desk, counts)
    filters = _filters(desk)
    _queue(desk, {**filters, "suppressed": _shows_suppressed(desk, counts)})
    suppressions(desk)


def _headline(desk: Desk, counts: pl.DataFrame) -> None:
    """How many open alerts there are of each level, most severe first."""
    words = desk.words
    opened = counts.filter((pl.col("state") != "closed") & (pl.col("suppressed") == 0))
    levels = dict(opened.group_by("level").agg(pl.col("alerts").sum()).iter_rows())
    for cell, level in zip(st.columns(5), words.codes("level"), strict=True):
        cell.metric(words("alerts.open", level=words.label("level", level)), f"{levels.get(level, 0):,}", border=True)


def _shows_suppressed(desk: Desk, counts: pl.DataFrame) -> int:
    """1 where the reader wants to see suppressed alerts too; says how many there are."""
    words = desk.words
    count = counts.filter(pl.col("suppressed") == 1)["alerts"].sum()
    if not count:
        return 0
    label = words("alerts.suppressed", count=amount(words, count))
    return int(st.toggle(label, key="alerts.suppressed", persist_state="session"))


def _filters(desk: Desk) -> dict[str, object]:
    words = desk.words
    # Two rows: beside each other the pills would be cut on a laptop's screen.
    (first, second), (third, fourth) = st.columns([3, 2]), st.columns([3, 2])
    with first:
        levels = st.pills(
            words("column.level"),
            words.codes("level"),
            selection_mode="multi",
            key="alerts.levels",
            format_func=lambda code: words.label("level", code),
            persist_state="session",
        )
    with second:
        states = st.pills(
            words("column.state"),
            words.codes("state"),
            selection_mode="multi",
            default=list(OPEN_STATES),
            key="alerts.states",
            format_func=lambda code: words.label("state", code),
            persist_state="session",
        )
    with third:
        sector = chosen_code(
            words,
            words("column.sector"),
            ["", *words.codes("sector")],
            key="alerts.sector",
            name=lambda code: words.label("sector", code) if code else words("filter.all"),
        )
    with fourth:
        wanted = st.text_input(
            words("alerts.search"),
            placeholder=words("alerts.search.hint"),
            max_chars=200,
            key="alerts.wanted",
            persist_state="session",
        )
    picked = {"levels": levels or [], "states": states or [], "sector": sector or ""}
    return {**picked, "wanted": searchable(wanted or "")}


def _queue(desk: Desk, filters: dict[str, object]) -> None:
    words = desk.words
    found = desk.groups(most=MOST, **filters)
    if found.is_empty():
        st.info(words("alerts.none"))
        return
    total = found["total"][0]
    key = "alerts.shown" if total <= MOST else "alerts.cut"
    st.caption(words(key, total=amount(words, total), shown=found.height))
    selection = st.dataframe(
        _table(found, desk),
        hide_index=True,
        height="content" if found.height <= _TALLEST else 640,
        key="alerts.queue",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=_column_config(desk),
    )
    chosen = selection["selection"]
    downloading_when_asked(desk, "alerts", {"page.alerts": found.select(_COLUMNS)})
    rows = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if rows:
        st.session_state["alerts.order"] = found["alert_id"].to_list()
        several = found["alerts"][rows[0]] > 1
        st.query_params["group" if several else "alert"] = found["alert_id"][rows[0]]
        st.rerun()


def _table(found: pl.DataFrame, desk: Desk) -> pl.DataFrame:
    named = found.with_columns(
        pl.col("verdict").map_elements(
            lambda code: desk.words.label("verdict", code) if code else "", return_dtype=pl.String
        )
    )
    return as_chips(shown(named.select(_COLUMNS)), "level", "state")


def _column_config(desk: Desk) -> dict[str, Column]:
    words = desk.words
    return {
        "level": chip_column(words, words("column.level"), "level"),
        "state": chip_column(words, words("column.state"), "state"),
        "rule_title": text_column(words("column.rule_title")),
        "alerts": number_column(words("column.alerts")),
        "first_seen": time_column(words("column.first_seen")),
        "last_seen": time_column(words("column.last_seen")),
        "events": number_column(words("column.events")),
        **{
            name: text_column(words(f"column.{name}"))
            for name in ("host", "asset_id", "user", "source_ip", "destination_ip", "verdict")
        },
    }
