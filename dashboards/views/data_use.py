"""Use on record: who may use which data, who did, and which uses no grant covered (R42 to R46, R97, R103)."""

from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import one_line
from dashboards.panels import empty_state, page_head
from dashboards.tables import as_chips, chip_column, labelled, number_column, shown, text_column, time_column
from dashboards.views.downloading import downloading
from dashboards.views.exchanging import exchanging
from dashboards.views.granting import granting, proposing
from pipelines.access_alerts import UNKNOWN_ROWS

_OF_GRANT = (
    *("grant_id", "subject", "datasets", "columns", "purpose", "legal_basis", "rows_per_day", "export", "unmasked"),
    *("valid_from", "valid_until", "requested_by", "approved_by"),
)


def show(desk: Desk) -> None:
    """The page of grants and uses."""
    page_head(desk, "data_use")
    names = [desk.words(f"flow.tab.{tab}") for tab in ("uses", "flows")]
    uses, flows = st.tabs(names, key="use.tabs", on_change="rerun")
    # What is not looked at is not asked for.
    if uses.open:
        with uses:
            _using(desk)
    if flows.open:
        with flows:
            exchanging(desk)


def _using(desk: Desk) -> None:
    grants, breaches, uses = desk.ask("grants"), desk.ask("breaches"), _uses(desk)
    if grants.is_empty() and breaches.is_empty() and uses.is_empty():
        commands = ["rongdun dlp grants import FILE", "rongdun dlp accesses"]
        empty_state(desk.words, "data_use", commands)
    else:
        _figures(desk, grants, breaches, uses)
        _breaches(desk, breaches)
        _grants(desk, grants)
        _used(desk, uses)
        downloading(desk, "use", {"use.list": breaches, "use.grants": grants, "use.used": uses})
    if desk.scope == desk.root:
        proposing(desk)


def _uses(desk: Desk) -> pl.DataFrame:
    period = desk.period
    if period is None:
        return pl.DataFrame()
    return desk.ask("data_uses", since=period.parameters["since"], until=period.parameters["until"])


def _figures(desk: Desk, grants: pl.DataFrame, breaches: pl.DataFrame, uses: pl.DataFrame) -> None:
    words = desk.words
    open_ones = breaches.filter(pl.col("state") != "closed").height
    figures = {
        "granted": grants.filter((pl.col("state") == "approved") & pl.col("holds").cast(pl.Boolean)).height,
        "waiting": grants.filter(pl.col("state") == "proposed").height,
        "breaches": open_ones,
        "rows": int(uses["rows"].sum()) if uses.height else 0,
    }
    for cell, (key, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
        cell.metric(words(f"use.{key}"), amount(words, value), border=True, help=words(f"use.{key}.help"))


def _breaches(desk: Desk, breaches: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("use.list"), anchor=False)
    if breaches.is_empty():
        st.caption(words("use.none"))
        return
    told = pl.col("rows").replace({UNKNOWN_ROWS: words("use.rows.unknown")})
    # As wide as a screen of 1,280 pixels has room for; the rest is told of the row that is picked.
    columns = ["level", "rule_title", "state", "account", "dataset", told, "first_seen"]
    chosen = st.dataframe(
        as_chips(shown(labelled(breaches.select(columns), words, {"state": "state"})), "level"),
        hide_index=True,
        key="use.breaches",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "level": chip_column(words, words("column.level"), "level", pixels=64),
            "rule_title": text_column(words("column.rule_title"), pixels=190),
            "account": text_column(words("column.account"), pixels=110),
            "dataset": text_column(words("column.dataset"), pixels=140),
            "rows": text_column(words("column.rows"), pixels=95),
            "first_seen": time_column(words("column.first_seen"), year=False, pixels=115),
            "state": text_column(words("column.state"), pixels=80),
        },
    )
    for row in chosen["selection"]["rows"]:
        alert = str(breaches["alert_id"][row])
        _told(desk, {name: breaches[name][row] for name in ("account", "dataset", "columns", "grant_id")})
        st.page_link(desk.pages["alerts"], label=words("use.open"), query_params={"alert": alert})


def _grants(desk: Desk, grants: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("use.grants"), anchor=False)
    if grants.is_empty():
        st.caption(words("use.grants.none"))
        return
    told = grants.with_columns(pl.col(name).list.join(", ") for name in ("datasets", "columns"))
    columns = ["grant_id", "state", "subject", "datasets", "columns", "rows_per_day", "valid_until"]
    chosen = st.dataframe(
        shown(labelled(told.select(columns), words, {"state": "grant_state"})),
        hide_index=True,
        key="use.grants",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "grant_id": text_column(words("column.grant_id"), pixels=95),
            "state": text_column(words("column.state"), pixels=75),
            "subject": text_column(words("column.subject"), pixels=125),
            "datasets": text_column(words("column.datasets"), pixels=150),
            "columns": text_column(words("column.columns_used"), pixels=120),
            "rows_per_day": number_column(words("column.rows_per_day"), pixels=85),
            "valid_until": time_column(words("column.valid_until"), pixels=145),
        },
    )
    linked = st.query_params.get("grant", "")
    rows = chosen["selection"]["rows"]
    wanted = told[rows] if rows else told.filter(pl.col("grant_id") == linked)
    for grant in shown(labelled(wanted, words, {"legal_basis": "legal_basis"})).iter_rows(named=True):
        said = {name: words.label("answer", str(bool(grant[name])).lower()) for name in ("export", "unmasked")}
        _told(desk, {name: said.get(name, grant[name]) for name in _OF_GRANT})
        granting(desk, str(grant["grant_id"]), str(grant["state"]))


def _told(desk: Desk, facts: Mapping[str, object]) -> None:
    """What is known of a row, a fact a line; facts that are empty are left out."""
    names = {"columns": "columns_used"}
    lines = [
        f"{desk.words(f'column.{names.get(name, name)}')}: {one_line(str(value))}"
        for name, value in facts.items()
        if value not in (None, "")
    ]
    st.text("\n".join(lines))


def _used(desk: Desk, uses: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("use.used"), anchor=False)
    if uses.is_empty():
        st.caption(words("use.used.none"))
        return
    st.dataframe(
        shown(uses),
        hide_index=True,
        column_config={
            "account": text_column(words("column.account"), pixels=180),
            "dataset": text_column(words("column.dataset"), pixels=220),
            "uses": number_column(words("column.uses"), pixels=80),
            "rows": number_column(words("column.rows"), pixels=100),
            "exports": number_column(words("column.exports"), pixels=90),
            "last_used": time_column(words("column.last_used"), pixels=150),
        },
    )
