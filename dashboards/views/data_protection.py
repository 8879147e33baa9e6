"""Personal data: where it is, how it is graded, and above all where a mask does not hold."""

from functools import partial

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.desk import Desk
from dashboards.figures import NOTHING, amount
from dashboards.harmless import one_line
from dashboards.mask_panel import masks_that_fail
from dashboards.panels import empty_state, page_head
from dashboards.review_words import review_words
from dashboards.tables import Column, labelled, number_column, path_ends, shown, text_column, time_column
from dashboards.translation import Words
from dashboards.views.dataset_card import dataset_card
from dashboards.views.reviewing import deciding, standing
from response.review import Reviewed

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
    if dataset:
        dataset_card(desk, dataset)
    masks_that_fail(desk, dataset)
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
            "owner": text_column(words("column.owner")),
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
    st.caption(words("review.pick"))
    chosen = _picked(desk, findings)
    linked = st.query_params.get("finding", "")
    wanted = findings[chosen] if chosen is not None else findings.filter(pl.col("finding_id") == linked)
    for finding in wanted.iter_rows(named=True):
        with st.expander(words("review.finding"), expanded=True):
            st.text(one_line(f"{finding['dataset']} · {finding['column']} · {finding['masked_sample']}"))
            st.text(standing(desk, finding["review_state"], finding["decided_by"]))
            deciding(desk, Reviewed.FINDING, finding["finding_id"])


def findings_table(desk: Desk, findings: pl.DataFrame) -> None:
    """A table of findings, masked samples only, what is not masked named first."""
    st.dataframe(_told(desk, findings), hide_index=True, column_config=_columns(desk.words))


def _picked(desk: Desk, findings: pl.DataFrame) -> int | None:
    """The same table; the row that the reader picked."""
    chosen = st.dataframe(
        _told(desk, findings),
        hide_index=True,
        key="protection.findings",
        on_select="rerun",
        selection_mode="single-row",
        column_config=_columns(desk.words),
    )
    return next(iter(chosen["selection"]["rows"]), None)


def _told(desk: Desk, findings: pl.DataFrame) -> pl.DataFrame:
    words = desk.words
    flags = path_ends(findings, "dataset").with_columns(
        mask=pl.col("masked").map_elements(lambda held: words(f"mask.{str(held).lower()}"), return_dtype=pl.String),
        hit_rate=pl.col("hits") / pl.max_horizontal("rows", 1),
        review=pl.col("review").map_elements(partial(review_words, words), return_dtype=pl.String),
    )
    columns = [
        *("mask", "dataset", "column", "entity_type", "grade", "review_state", "masked_sample", "hits", "hit_rate"),
        *("confidence", "category", "sensitive_35273", "sensitive_45574", "review"),
    ]
    codes = {"entity_type": "entity", "category": "category", "grade": "grade", "review_state": "review_state"}
    return shown(labelled(flags.select(columns), words, codes))


def _columns(words: Words) -> dict[str, Column]:
    return {
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
        "review_state": text_column(words("column.review_state")),
    }
