"""Personal data: where it is, how it is graded, and above all where a mask does not hold."""

from functools import partial

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.desk import Desk
from dashboards.figures import NOTHING, amount
from dashboards.mask_panel import masks_that_fail
from dashboards.panels import empty_state, page_head
from dashboards.tables import labelled, number_column, path_ends, shown, text_column, time_column
from dashboards.views.dataset_card import dataset_card
from dashboards.views.downloading import downloading
from dashboards.views.freshness import freshness
from dashboards.views.pressing import pressing
from dashboards.views.protection_findings import findings_of

_TABS = ("todo", "datasets", "types", "freshness")
_CHOSEN = "protection.tabs"
_GRADES = ("general-1", "general-2", "general-3", "general-4", "important", "core")


def show(desk: Desk) -> None:
    """The data protection page."""
    page_head(desk, "data_protection")
    datasets = desk.ask("datasets")
    if datasets.is_empty():
        empty_state(desk.words, "data_protection", ["rongdun dlp scan PATH", "rongdun dlp scan table:log_events"])
        return
    _figures(desk, datasets)
    names = [desk.words(f"protection.tab.{tab}") for tab in _TABS]
    first = _TABS.index("datasets") if {"dataset", "finding"} & set(st.query_params) else 0
    todo, by_dataset, by_type, fresh = st.tabs(names, default=names[first], key=_CHOSEN, on_change="rerun")
    with todo:
        pressing(desk, partial(_open, names[_TABS.index("datasets")]))
    with by_dataset:
        dataset = _datasets(desk, datasets)
        if dataset:
            dataset_card(desk, dataset)
            masks_that_fail(desk, dataset)
        findings_of(desk, dataset)
        downloading(desk, "protection", {"protection.datasets": datasets})
    with by_type:
        _types(desk)
    if fresh.open:
        with fresh:
            freshness(desk)


def _open(tab: str, dataset: str) -> None:
    """Show a data set in the tab of data sets."""
    st.query_params["dataset"] = dataset
    st.session_state[_CHOSEN] = tab


def _figures(desk: Desk, datasets: pl.DataFrame) -> None:
    words = desk.words
    grades = [grade for grade in _GRADES if grade in set(datasets["grade"])]
    for cell, (key, value) in zip(
        st.columns([1, 1, 1, 1, 1.6]),
        (
            ("datasets", f"{datasets.height:,}"),
            ("findings", amount(words, datasets["findings"].sum())),
            ("exposed", amount(words, datasets["exposed"].sum())),
            ("sensitive", amount(words, datasets["sensitive"].sum())),
            ("grade", words.label("grade", grades[-1]) if grades else NOTHING),
        ),
        strict=True,
    ):
        cell.metric(
            words(f"protection.{key}"), value, border=True, height="stretch", help=words(f"protection.{key}.help")
        )


def _datasets(desk: Desk, datasets: pl.DataFrame) -> str:
    """The table of data sets; the one that the reader picked, or ''."""
    words = desk.words
    st.subheader(words("protection.datasets"), anchor=False)
    st.caption(words("protection.datasets.lead"))
    columns = [
        *("dataset", "grade", "review_state", "findings", "exposed", "sensitive", "persons", "rows", "owner"),
        *("finished_at", "method"),
    ]
    chosen = st.dataframe(
        shown(
            labelled(
                path_ends(datasets.select(columns), "dataset"),
                words,
                {"grade": "grade", "review_state": "review_state"},
            )
        ),
        hide_index=True,
        key="protection.datasets",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "dataset": text_column(words("column.dataset")),
            "grade": st.column_config.TextColumn(words("column.grade")),
            "findings": number_column(words("column.findings")),
            "exposed": number_column(words("column.exposed")),
            "sensitive": number_column(words("column.sensitive")),
            "review_state": text_column(words("column.review_state")),
            "persons": number_column(words("column.persons")),
            "owner": text_column(words("report.column.owner")),
            "rows": number_column(words("column.rows")),
            "finished_at": time_column(words("column.scanned_at")),
            "method": text_column(words("column.method")),
        },
    )
    rows = chosen["selection"]["rows"]
    # A link may name one; a row that the reader picks goes first.
    return str(datasets["dataset"][rows[0]]) if rows else str(st.query_params.get("dataset", ""))


def _types(desk: Desk) -> None:
    words = desk.words
    st.subheader(words("protection.types"), anchor=False)
    counts = desk.ask("findings_by_type")
    if counts.is_empty():
        st.caption(words("protection.clean"))
        return
    st.altair_chart(charts.findings_by_type(counts, words), alt=words("protection.types"))
