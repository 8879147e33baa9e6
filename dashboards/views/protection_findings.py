"""Findings of personal data as a table, masked samples only, and deciding on one of them."""

from functools import partial

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import one_line
from dashboards.review_words import review_words
from dashboards.tables import Column, labelled, number_column, path_ends, shown, text_column
from dashboards.translation import Words
from dashboards.views.reviewing import deciding, standing
from response.review import Reviewed


def findings_of(desk: Desk, dataset: str) -> None:
    """The findings of one data set, or of all for '', and the form for the one that is picked."""
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
            if finding["review"]:
                st.text(one_line(review_words(words, finding["review"])))
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
