"""Masks that fail, as a table: what was found, on what evidence, and how to mend it."""

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.mask_words import evidence_text
from dashboards.tables import as_chips, chip_column, labelled, path_ends, shown, text_column, time_column


def masks_that_fail(desk: Desk, dataset: str) -> None:
    """The masks that fail of one data set, or of all for ''."""
    words = desk.words
    st.subheader(words("protection.masks"), anchor=False)
    findings = desk.ask("mask_findings", dataset=dataset)
    if findings.is_empty():
        st.caption(words("protection.masks.clean"))
        return
    st.caption(words("protection.masks.lead"))
    if findings["total"][0] > findings.height:
        st.caption(words("protection.masks.cut", total=amount(words, findings["total"][0]), shown=findings.height))
    told = path_ends(findings, "dataset").with_columns(
        pl.Series("evidence", [evidence_text(text, words) for text in findings["evidence"]], dtype=pl.String)
    )
    columns = ["severity", "check", "dataset", "columns", "entity_type", "evidence", "mend", "found_at"]
    names = {"check": "mask_check", "mend": "mask_mend", "entity_type": "entity"}
    st.dataframe(
        as_chips(shown(labelled(told.select(columns), words, names)), "severity"),
        hide_index=True,
        column_config={
            "severity": chip_column(words, words("column.severity"), "level"),
            "check": text_column(words("column.mask_check")),
            "dataset": text_column(words("column.dataset")),
            "columns": text_column(words("column.columns")),
            "entity_type": text_column(words("column.entity_type")),
            "evidence": text_column(words("column.evidence"), wide=True),
            "mend": text_column(words("column.mend"), wide=True),
            "found_at": time_column(words("column.scanned_at")),
        },
    )
