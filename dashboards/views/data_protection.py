"""Personal data: where it is, how it is graded, and above all where a mask does not hold."""

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.desk import Desk
from dashboards.figures import NOTHING, amount
from dashboards.harmless import one_line
from dashboards.panels import empty_state, page_head
from dashboards.tables import labelled, number_column, path_ends, shown, text_column, time_column

_GRADES = ("general-1", "general-2", "general-3", "general-4", "important", "core")


def show(desk: Desk) -> None:
    """The data protection page."""
    page_head(desk, "data_protection")
    datasets = desk.ask("datasets")
    if datasets.is_empty():
        empty_state(desk.words, "data_protection", ["rongdun dlp scan PATH", "rongdun dlp scan table:log_events"])
        return
    _figures(desk, datasets)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        dataset = _datasets(desk, datasets)
    with right:
        _types(desk)
    _findings(desk, dataset)


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
    columns = ["dataset", "grade", "findings", "exposed", "sensitive", "rows", "finished_at", "method"]
    chosen = st.dataframe(
        shown(labelled(path_ends(datasets.select(columns), "dataset"), words, {"grade": "grade"})),
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
            "rows": number_column(words("column.rows")),
            "finished_at": time_column(words("column.scanned_at")),
            "method": text_column(words("column.method")),
        },
    )
    rows = chosen["selection"]["rows"]
    if not rows:
        return ""
    dataset = str(datasets["dataset"][rows[0]])
    st.text(one_line(dataset))
    return dataset


def _types(desk: Desk) -> None:
    words = desk.words
    st.subheader(words("protection.types"), anchor=False)
    counts = desk.ask("findings_by_type")
    if counts.is_empty():
        st.caption(words("protection.clean"))
        return
    st.altair_chart(charts.findings_by_type(counts, words), alt=words("protection.types"))


def _findings(desk: Desk, dataset: str) -> None:
    words = desk.words
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="bottom"):
        st.subheader(words("protection.list"), anchor=False)
        exposed = st.toggle(words("protection.only_exposed"), key="protection.only_exposed", persist_state="session")
    findings = desk.ask("findings", dataset=dataset, asset="", exposed=int(exposed))
    if findings.is_empty():
        st.info(words("protection.clean"))
        return
    if findings["total"][0] > findings.height:
        st.caption(words("protection.cut", total=amount(words, findings["total"][0]), shown=findings.height))
    findings_table(desk, findings)


def findings_table(desk: Desk, findings: pl.DataFrame) -> None:
    """A table of findings, masked samples only, what is not masked named first."""
    words = desk.words
    flags = path_ends(findings, "dataset").with_columns(
        mask=pl.col("masked").map_elements(lambda held: words(f"mask.{str(held).lower()}"), return_dtype=pl.String),
        hit_rate=pl.col("hits") / pl.max_horizontal("rows", 1),
    )
    columns = [
        "mask",
        "dataset",
        "column",
        "entity_type",
        "grade",
        "masked_sample",
        "hits",
        "hit_rate",
        "confidence",
        "category",
        "sensitive_35273",
        "sensitive_45574",
        "review",
    ]
    st.dataframe(
        shown(
            labelled(flags.select(columns), words, {"entity_type": "entity", "category": "category", "grade": "grade"})
        ),
        hide_index=True,
        column_config={
            "mask": st.column_config.TextColumn(words("column.masked"), pinned=True),
            "dataset": text_column(words("column.dataset")),
            "column": st.column_config.TextColumn(words("column.column")),
            "entity_type": text_column(words("column.entity_type")),
            "category": text_column(words("column.category")),
            "grade": st.column_config.TextColumn(words("column.grade")),
            "hits": number_column(words("column.hits")),
            "hit_rate": st.column_config.NumberColumn(words("column.hit_rate"), format="percent"),
            "confidence": st.column_config.NumberColumn(words("column.confidence"), format="%.2f"),
            "sensitive_35273": st.column_config.CheckboxColumn(words("column.sensitive_35273")),
            "sensitive_45574": st.column_config.CheckboxColumn(words("column.sensitive_45574")),
            "masked_sample": text_column(words("column.masked_sample")),
            "review": text_column(words("column.review"), wide=True),
        },
    )
