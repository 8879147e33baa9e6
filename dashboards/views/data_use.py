"""Use on record: who may use which data, who did, and which uses no grant covered (R42 to R46, R97, R103)."""

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import one_line
from dashboards.panels import empty_state, page_head
from dashboards.tables import as_chips, chip_column, labelled, number_column, shown, text_column, time_column
from dashboards.views.downloading import downloading
from dashboards.views.granting import granting, proposing
from pipelines.access_alerts import UNKNOWN_ROWS


def show(desk: Desk) -> None:
    """The page of grants and uses."""
    page_head(desk, "data_use")
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
    columns = ["level", "rule_title", "state", "account", "dataset", "columns", told, "grant_id", "first_seen"]
    chosen = st.dataframe(
        as_chips(shown(labelled(breaches.select(columns), words, {"state": "state"})), "level"),
        hide_index=True,
        key="use.breaches",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "level": chip_column(words, words("column.level"), "level"),
            "rule_title": text_column(words("column.rule_title")),
            "account": text_column(words("column.account")),
            "dataset": text_column(words("column.dataset")),
            "columns": text_column(words("column.columns_used")),
            "rows": text_column(words("column.rows")),
            "grant_id": text_column(words("column.grant_id")),
            "first_seen": time_column(words("column.first_seen"), year=False),
            "state": text_column(words("column.state")),
        },
    )
    for row in chosen["selection"]["rows"]:
        alert = str(breaches["alert_id"][row])
        st.page_link(desk.pages["alerts"], label=words("use.open"), query_params={"alert": alert})


def _grants(desk: Desk, grants: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("use.grants"), anchor=False)
    if grants.is_empty():
        st.caption(words("use.grants.none"))
        return
    told = grants.with_columns(pl.col(name).list.join(", ") for name in ("datasets", "columns"))
    columns = [
        *("grant_id", "state", "subject", "datasets", "columns", "rows_per_day", "export", "unmasked", "valid_until"),
        *("purpose", "legal_basis", "valid_from", "requested_by", "approved_by"),
    ]
    chosen = st.dataframe(
        shown(labelled(told.select(columns), words, {"state": "grant_state", "legal_basis": "legal_basis"})),
        hide_index=True,
        key="use.grants",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "grant_id": text_column(words("column.grant_id")),
            "state": text_column(words("column.state")),
            "subject": text_column(words("column.subject")),
            "datasets": text_column(words("column.datasets")),
            "purpose": text_column(words("column.purpose")),
            "legal_basis": text_column(words("column.legal_basis")),
            "requested_by": text_column(words("column.requested_by")),
            "approved_by": text_column(words("column.approved_by")),
            "columns": text_column(words("column.columns_used")),
            "valid_from": time_column(words("column.valid_from")),
            "valid_until": time_column(words("column.valid_until")),
            "rows_per_day": number_column(words("column.rows_per_day")),
            "export": st.column_config.CheckboxColumn(words("column.export")),
            "unmasked": st.column_config.CheckboxColumn(words("column.unmasked")),
        },
    )
    linked = st.query_params.get("grant", "")
    rows = chosen["selection"]["rows"]
    wanted = grants[rows] if rows else grants.filter(pl.col("grant_id") == linked)
    for grant in wanted.iter_rows(named=True):
        st.text(one_line(f"{grant['grant_id']} · {grant['subject']} · {grant['purpose']}"))
        granting(desk, str(grant["grant_id"]), str(grant["state"]))


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
            "account": text_column(words("column.account")),
            "dataset": text_column(words("column.dataset")),
            "uses": number_column(words("column.uses")),
            "rows": number_column(words("column.rows")),
            "exports": number_column(words("column.exports")),
            "last_used": time_column(words("column.last_used")),
        },
    )
