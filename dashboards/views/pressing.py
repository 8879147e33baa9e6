"""What to do about personal data first: masks that fail, then data sets that hold it unmasked, the worst first."""

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import one_line, plain
from dashboards.mask_panel import masks_that_fail
from dashboards.panels import chips
from dashboards.tables import path_end
from dashboards.translation import Words

_MOST = 10


def pressing(desk: Desk, opened: Callable[[str], None]) -> None:
    """The masks that fail, and below them the data sets with unmasked personal data; `opened` shows one of them."""
    masks_that_fail(desk, "")
    words = desk.words
    st.subheader(words("protection.exposed.list"), anchor=False)
    exposed = desk.ask("findings", dataset="", asset="", exposed=1)
    if exposed.is_empty():
        st.caption(words("protection.exposed.none"))
        return
    st.caption(words("protection.exposed.lead"))
    # The rows come by grade, highest first: so do the data sets, each with its highest.
    datasets = exposed["dataset"].unique(maintain_order=True).to_list()
    for dataset in datasets[:_MOST]:
        _card(desk, dataset, exposed.filter(pl.col("dataset") == dataset), opened)
    if len(datasets) > _MOST:
        st.caption(words("protection.exposed.more", number=amount(words, len(datasets) - _MOST)))


def _card(desk: Desk, dataset: str, findings: pl.DataFrame, opened: Callable[[str], None]) -> None:
    words = desk.words
    with st.container(border=True, gap="small"):
        with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
            chips(words, [("grade", findings["grade"][0])])
            key = hashlib.sha256(dataset.encode()).hexdigest()[:16]
            st.button(words("protection.exposed.open"), key=f"pressing.{key}", on_click=partial(opened, dataset))
        st.text(one_line(path_end(dataset)), help=plain(dataset))
        st.text(words.listed(_columns(words, findings)))


def _columns(words: Words, findings: pl.DataFrame) -> Iterator[str]:
    """Each column with its type and rows, as `id_no (resident identity number, 3,000 rows)`."""
    for row in findings.iter_rows(named=True):
        told = words(
            "protection.exposed.column", type=words.label("entity", row["entity_type"]), rows=amount(words, row["hits"])
        )
        yield words.explained(one_line(row["column"]), told)
