"""The protected infrastructure: a list to filter; `?asset=ID` opens one asset."""

import polars as pl
import streamlit as st

from dashboards.choices import chosen_code
from dashboards.desk import Desk
from dashboards.harmless import searchable
from dashboards.panels import empty_state, page_head
from dashboards.tables import as_chips, chip_column, labelled, number_column, score_column, shown, text_column
from dashboards.translation import Words
from dashboards.views import asset_page
from dashboards.views.downloading import downloading_when_asked

_TALLEST = 19  # rows before the table scrolls
_COLUMNS = (
    "name",
    "score",
    "band",
    "open_alerts",
    "sector",
    "organisation",
    "is_cii",
    "mlps_level",
    "data_grade",
    "domestic_layers",
    "scope",
    "asset_id",
)


def show(desk: Desk) -> None:
    """The list of assets, or the one asset that the address names."""
    wanted = st.query_params.get("asset")
    if wanted:
        asset_page.show(desk, wanted)
        return
    page_head(desk, "assets")
    assets = desk.ask("assets")
    if assets.is_empty():
        empty_state(desk.words, "assets", ["rongdun assets import inventory.yml", "rongdun posture"])
        return
    _list(desk, _filtered(desk, assets))


def _filtered(desk: Desk, assets: pl.DataFrame) -> pl.DataFrame:
    words = desk.words
    first, second, third, fourth = st.columns([2, 3, 1.6, 2.4], vertical_alignment="bottom")
    sector = chosen_code(
        words,
        words("column.sector"),
        ["", *(code for code in words.codes("sector") if code in set(assets["sector"]))],
        key="assets.sector",
        name=lambda code: words.label("sector", code) if code else words("filter.all"),
        place=first,
    )
    bands = second.pills(
        words("column.band"),
        [code for code in words.codes("band") if code],
        selection_mode="multi",
        key="assets.bands",
        format_func=lambda code: words.label("band", code),
        persist_state="session",
    )
    cii = third.toggle(words("assets.only_cii"), key="assets.only_cii", persist_state="session")
    wanted = fourth.text_input(
        words("assets.search"),
        key="assets.wanted",
        max_chars=200,
        placeholder=words("assets.search.hint"),
        persist_state="session",
    )
    searched = pl.concat_str("name", "asset_id", "organisation", separator="\n").str.to_lowercase()
    return assets.filter(
        pl.lit(value=not sector) | (pl.col("sector") == sector),
        pl.lit(value=not bands) | pl.col("band").is_in(list(bands or [])),
        pl.lit(value=not cii) | pl.col("is_cii"),
        searched.str.contains(searchable(wanted or "").lower(), literal=True),
    )


def _list(desk: Desk, assets: pl.DataFrame) -> None:
    words = desk.words
    st.caption(words("assets.shown", total=f"{assets.height:,}"))
    if assets.is_empty():
        st.info(words("assets.none"))
        return
    chosen = st.dataframe(
        _table(assets.select(_COLUMNS), words),
        hide_index=True,
        height="content" if assets.height <= _TALLEST else 700,
        key="assets.list",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config={
            "name": st.column_config.TextColumn(words("column.name"), width=190),
            "score": score_column(words("column.score")),
            "band": chip_column(words, words("column.band"), "band"),
            "open_alerts": number_column(words("column.open_alerts")),
            "sector": st.column_config.TextColumn(words("column.sector")),
            "organisation": text_column(words("column.organisation")),
            "scope": text_column(words("column.scope")),
            "is_cii": st.column_config.CheckboxColumn(words("column.is_cii")),
            "mlps_level": number_column(words("column.mlps_level")),
            "domestic_layers": st.column_config.NumberColumn(words("column.domestic"), format="%d / 4"),
            "data_grade": st.column_config.TextColumn(words("column.grade")),
            "asset_id": text_column(words("column.asset_id")),
        },
    )["selection"]
    downloading_when_asked(desk, "assets", {"page.assets": assets.select(_COLUMNS)})
    rows = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if rows:
        st.query_params["asset"] = assets["asset_id"][rows[0]]
        st.rerun()


def _table(assets: pl.DataFrame, words: Words) -> pl.DataFrame:
    named = labelled(assets, words, {"sector": "sector", "data_grade": "grade"})
    placed = named.with_columns(pl.col("scope").map_elements(words.whole_place, return_dtype=pl.String))
    return as_chips(shown(placed), "band")
