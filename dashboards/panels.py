"""Pieces that several pages share: headings, chips, charts of telemetry, empty states."""

from collections.abc import Iterable, Sequence
from datetime import datetime

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.desk import Desk, Period
from dashboards.figures import moment
from dashboards.harmless import plain
from dashboards.queries import in_city_time
from dashboards.theme import badge_colour
from dashboards.translation import Words


def page_head(desk: Desk, page: str, *, trends: bool = False) -> None:
    """The page's title and what it is for, and the period shown where the page has trends."""
    words = desk.words
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        with st.container(gap=None, width="content"):
            st.title(words(f"page.{page}"), anchor=False)
            st.caption(words(f"lead.{page}"))
        if trends and desk.period is not None:
            shown = words("head.period", since=_shown(desk.period.since), until=_shown(desk.period.until))
            st.caption(shown, width="content")


def empty_state(words: Words, key: str, commands: Sequence[str]) -> None:
    """What is missing on a page, and what to type to get it."""
    with st.container(border=True):
        st.subheader(words(f"empty.{key}"), anchor=False)
        st.caption(words("empty.type"))
        st.code("\n".join(commands), language=None)


def chips(words: Words, codes: Iterable[tuple[str, str]]) -> None:
    """Coloured labels in a row, one for each group and code; codes that are empty are left out."""
    with st.container(horizontal=True, gap="small"):
        for group, code in codes:
            if code:
                st.badge(plain(words.label(group, code)), color=badge_colour(code))


def telemetry_charts(amounts: pl.DataFrame, period: Period, words: Words) -> None:
    """Log events and flows over time, one chart each; a kind that sent nothing is left out."""
    for kind in words.codes("kind"):
        of_kind = amounts.filter(pl.col("kind") == kind)
        if not of_kind.is_empty():
            st.caption(words.label("kind", kind))
            st.altair_chart(charts.telemetry_trend(of_kind, kind, period, words), alt=words.label("kind", kind))


def _shown(at: datetime) -> str:
    return moment(in_city_time(pl.DataFrame({"at": [at]}))["at"].item())[:16]
