"""Data between administrative levels: the map of flows, and the log of exchanges with their grounds (R35, R41)."""

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount
from dashboards.harmless import one_line
from dashboards.queries import in_city_time
from dashboards.reports.flow_map import DARK, LIGHT, flow_map
from dashboards.tables import labelled, number_column, shown, text_column, time_column
from dashboards.translation import Words
from dashboards.views.downloading import downloading

MOST = 500
_FACTS = (
    *("event_time", "origin", "direction", "sender", "receiver", "dataset", "to_dataset", "columns", "rows", "grade"),
    *("masked", "basis_kind", "basis", "basis_until", "ticket", "account", "breaches"),
)
_GROUPS = {"direction": "exchange_way", "grade": "grade", "origin": "exchange_origin", "basis_kind": "basis_kind"}


def exchanging(desk: Desk) -> None:
    """The tab of exchanges, for the period that the reader chose."""
    words = desk.words
    flows, log = exchanged(desk)
    st.subheader(words("flow.title"), anchor=False)
    if flows.is_empty():
        st.caption(words("flow.none"))
        return
    st.caption(words("flow.lead"))
    _figures(words, flows)
    ink = DARK if st.context.theme.type == "dark" else LIGHT
    title = words("flow.title")
    st.image(flow_map(flows.to_dicts(), words, title=title, ink=ink), width="stretch", alt=title)
    _flows(words, flows)
    _log(words, log)
    downloading(desk, "exchanges", {"flow.table": flows, "flow.list": log})


def exchanged(desk: Desk) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The flows of the period and the log of their exchanges."""
    if desk.period is None:
        return pl.DataFrame(), pl.DataFrame()
    times = {name: desk.period.parameters[name] for name in ("since", "until")}
    return desk.ask("data_flows", **times), desk.ask("exchanges", **times, way="", failing=0, most=MOST)


def _figures(words: Words, flows: pl.DataFrame) -> None:
    went = {way: int(flows.filter(pl.col("direction") == way)["exchanges"].sum()) for way in ("up", "down", "across")}
    figures = {
        "exchanges": amount(words, flows["exchanges"].sum()),
        "rows": amount(words, flows["rows"].sum()),
        "ways": " / ".join(amount(words, number) for number in went.values()),
        "failing": amount(words, flows["failing"].sum()),
    }
    for cell, (key, value) in zip(st.columns(len(figures)), figures.items(), strict=True):
        cell.metric(words(f"flow.{key}"), value, border=True, help=words(f"flow.{key}.help"))


def _flows(words: Words, flows: pl.DataFrame) -> None:
    st.subheader(words("flow.table"), anchor=False)
    columns = ["direction", "sender", "receiver", "grade", "datasets", "exchanges", "declared", "rows", "failing"]
    named = _with_levels(words, flows).select(columns)
    st.dataframe(
        shown(labelled(named, words, {"direction": "exchange_way", "grade": "grade"})),
        hide_index=True,
        key="flow.table",
        column_config={
            "direction": text_column(words("column.direction"), pixels=52),
            "sender": text_column(words("column.sender"), pixels=188),
            "receiver": text_column(words("column.receiver"), pixels=188),
            "grade": text_column(words("column.grade"), pixels=95),
            "datasets": number_column(words("column.datasets"), pixels=60),
            "exchanges": number_column(words("column.exchanges"), pixels=60),
            "declared": number_column(words("column.declared"), pixels=52),
            "rows": number_column(words("column.rows"), pixels=65),
            "failing": number_column(words("column.failing"), pixels=58),
        },
    )


def _log(words: Words, log: pl.DataFrame) -> None:
    st.subheader(words("flow.list"), anchor=False)
    st.caption(words("flow.pick"))
    told = pl.Series("breaches", [_breaches(words, failed) for failed in log["breaches"]], dtype=pl.String)
    columns = ["breaches", "event_time", "direction", "sender", "receiver", "dataset", "rows", "grade"]
    chosen = st.dataframe(
        shown(labelled(log.with_columns(told).select(columns), words, {"direction": "exchange_way", "grade": "grade"})),
        hide_index=True,
        key="flow.list",
        on_select="rerun",
        selection_mode="single-row",
        column_config={
            "breaches": text_column(words("column.breaches"), pixels=110),
            "event_time": time_column(words("column.event_time"), year=False, pixels=115),
            "direction": text_column(words("column.direction"), pixels=55),
            "sender": text_column(words("column.sender"), pixels=120),
            "receiver": text_column(words("column.receiver"), pixels=120),
            "dataset": text_column(words("column.dataset"), pixels=125),
            "rows": number_column(words("column.rows"), pixels=65),
            "grade": text_column(words("column.grade"), pixels=95),
        },
    )
    for row in chosen["selection"]["rows"]:
        st.text("\n".join(_facts(words, log[row])))


def _facts(words: Words, picked: pl.DataFrame) -> list[str]:
    """What is known of one exchange, a fact a line; what is not known is left out."""
    row = _with_levels(words, in_city_time(picked)).row(0, named=True)
    told: dict[str, str] = {name: _told(words, name, row[name]) for name in _FACTS}
    names = {"columns": "columns_used"}
    return [f"{words(f'column.{names.get(name, name)}')}: {text}" for name, text in told.items() if text]


def _told(words: Words, name: str, value: object) -> str:
    if value in (None, "", 0):
        return ""
    if name == "breaches":
        return _breaches(words, value)
    if name == "masked":
        return words.label("answer", str(bool(value)).lower())
    if isinstance(value, list):
        return words.listed(one_line(str(each)) for each in value)
    text = str(value)
    if name in _GROUPS:
        return words.label(_GROUPS[name], text)
    return one_line(text[:19] if name == "event_time" else text)


def _breaches(words: Words, failed: object) -> str:
    names = failed if isinstance(failed, list | tuple | pl.Series) else ()
    return words.listed(words.label("exchange_check", str(name)) for name in names)


def _with_levels(words: Words, frame: pl.DataFrame) -> pl.DataFrame:
    """Both sides with their level before their name."""
    sides = []
    for side in ("sender", "receiver"):
        texts = [
            f"{words.label('exchange_level', level)} · {name}" if level else name
            for level, name in frame.select(f"{side}_level", side).iter_rows()
        ]
        sides.append(pl.Series(side, texts, dtype=pl.String))
    return frame.with_columns(sides)
