"""Masks that fail: the worst as cards with their evidence and how to mend it, all of them as a table."""

from collections.abc import Iterator

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import one_line, plain
from dashboards.mask_words import evidence_text
from dashboards.panels import chips
from dashboards.tables import as_chips, chip_column, labelled, path_end, path_ends, shown, text_column, time_column
from dashboards.translation import Words

_MOST_CARDS = 6
_MOST_LINES = 4


def masks_that_fail(desk: Desk, dataset: str) -> None:
    """The masks that fail of one data set, or of all for ''."""
    words = desk.words
    st.subheader(words("protection.masks"), anchor=False)
    findings = desk.ask("mask_findings", dataset=dataset)
    if findings.is_empty():
        st.caption(words("protection.masks.clean"))
        return
    st.caption(words("protection.masks.lead"))
    told = findings.with_columns(
        pl.Series("evidence", [evidence_text(text, words) for text in findings["evidence"]], dtype=pl.String)
    )
    for group in list(_alike(told))[:_MOST_CARDS]:
        _card(words, group)
    with st.expander(words("protection.masks.all", total=amount(words, findings["total"][0]))):
        _table(words, told, f"protection.masks.{dataset}")


def _alike(told: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Findings of one check in one data set, together; the worst first, as the rows are."""
    yield from told.partition_by("severity", "check", "dataset", "mend", maintain_order=True)


def _card(words: Words, group: pl.DataFrame) -> None:
    first = group.row(0, named=True)
    with st.container(border=True, gap="small"):
        chips(words, [("level", first["severity"])])
        check = words.label("mask_check", first["check"])
        st.text(f"{check} · {one_line(path_end(first['dataset']))}", help=plain(first["dataset"]))
        lines = [
            f"· {_column(words, row)}: {one_line(row['evidence'])}"
            for row in group.head(_MOST_LINES).iter_rows(named=True)
        ]
        if group.height > _MOST_LINES:
            lines.append(words("protection.masks.more", number=amount(words, group.height - _MOST_LINES)))
        st.text("\n".join(lines))
        st.text(words("protection.masks.mend", how=words.label("mask_mend", first["mend"])))


def _column(words: Words, row: dict[str, object]) -> str:
    """The columns of a finding, with the type of what is in them."""
    columns = one_line(str(row["columns"]))
    return words.explained(columns, words.label("entity", str(row["entity_type"]))) if row["entity_type"] else columns


def _table(words: Words, told: pl.DataFrame, key: str) -> None:
    if told["total"][0] > told.height:
        st.caption(words("protection.masks.cut", total=amount(words, told["total"][0]), shown=told.height))
    columns = ["severity", "check", "dataset", "columns", "entity_type", "evidence", "mend", "found_at"]
    names = {"check": "mask_check", "mend": "mask_mend", "entity_type": "entity"}
    st.dataframe(
        as_chips(shown(labelled(path_ends(told, "dataset").select(columns), words, names)), "severity"),
        hide_index=True,
        key=key,
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
