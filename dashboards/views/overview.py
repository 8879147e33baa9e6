"""The city at a glance: its posture, its sectors, and the four stages of the loop with their numbers."""

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.desk import Desk
from dashboards.figures import NOTHING, amount, score, seconds, share
from dashboards.harmless import plain
from dashboards.panels import empty_state, page_head, telemetry_charts
from dashboards.rollup import Standing, by_organisation, by_sector, standing
from dashboards.tables import as_chips, chip_column, number_column, score_column, shown, text_column
from dashboards.theme import badge_colour
from dashboards.tiles import Tile, show_tiles
from dashboards.translation import Words
from dashboards.views.entity_risk import risk_list

SECTORS = (
    "finance",
    "energy",
    "power",
    "telecom",
    "transport",
    "water",
    "data_centre",
    "cloud",
    "mobile_5g",
    "industrial_internet",
    "connected_vehicles",
)
PROMISE_SECONDS = 300  # from event to alert (R11)


def show(desk: Desk) -> None:
    """The overview page."""
    page_head(desk, "overview", trends=True)
    assets = desk.ask("assets")
    if assets.is_empty() and desk.period is None:
        empty_state(desk.words, "overview", ["rongdun demo"])
        return
    _figures(desk, assets)
    left, right = st.columns([5, 3], gap="medium")
    with left:
        _sectors(desk, assets)
    with right:
        _worst(desk, assets)
    risk_list(desk)
    _trends(desk)
    _organisations(desk, assets)


def _figures(desk: Desk, assets: pl.DataFrame) -> None:
    counts = desk.ask("alert_counts")
    cells = st.columns([1.25, 1, 1, 1, 1])
    for cell, draw in zip(cells, (_city, _sense, _judge, _respond, _learn), strict=True):
        with cell, st.container(border=True, height="stretch"):
            draw(desk, assets if draw is _city else counts)


def _city(desk: Desk, assets: pl.DataFrame) -> None:
    words, city = desk.words, standing(assets, desk.weights)
    st.metric(
        words("overview.city"),
        score(city.score),
        help=words("overview.city.help"),
        delta=words.label("band", city.band) if city.band else None,
        delta_color=badge_colour(city.band),
        delta_arrow="off",
    )
    bands = dict(assets.group_by("band").len().iter_rows())
    parts = [f"{words.label('band', band)} {bands[band]}" for band in words.codes("band") if band in bands]
    st.caption(" · ".join(parts) or NOTHING)


def _sense(desk: Desk, _: pl.DataFrame) -> None:
    words = desk.words
    sources = desk.ask("sources", **desk.window)
    hours = (desk.period.until - desk.period.since).total_seconds() / 3600 if desk.period else 1
    rate = float(sources["recent"].sum() or 0) / hours
    st.metric(words("stage.sense"), words("stage.sense.rate", rate=amount(words, rate)))
    st.caption(words("stage.sense.total", total=amount(words, sources["amount"].sum()), kinds=sources.height))
    lag = sources["silent_seconds"].min()
    st.caption(words("stage.sense.lag", lag=seconds(words, float(str(lag))) if lag is not None else NOTHING))


def _judge(desk: Desk, _: pl.DataFrame) -> None:
    words = desk.words
    delay = desk.ask("detection_delay").row(0, named=True)
    judged = delay["alerts"]
    st.metric(words("stage.judge"), seconds(words, delay["p95"]) if judged else NOTHING)
    st.caption(words("stage.judge.median", p50=seconds(words, delay["p50"]) if judged else NOTHING))
    held = not judged or delay["p95"] <= PROMISE_SECONDS
    colour = "green" if held else "red"
    st.caption(f":{colour}[{words('stage.judge.held' if held else 'stage.judge.missed')}]")


def _respond(desk: Desk, counts: pl.DataFrame) -> None:
    words = desk.words
    waiting = counts.filter(pl.col("suppressed") == 0)
    states = dict(waiting.group_by("state").agg(pl.col("alerts").sum()).iter_rows())
    st.metric(words("stage.respond"), amount(words, states.get("new", 0)))
    for state in ("acknowledged", "closed"):
        st.caption(f"{words.label('state', state)} {amount(words, states.get(state, 0))}")
    if hidden := counts.filter(pl.col("suppressed") == 1)["alerts"].sum():
        st.caption(words("stage.respond.suppressed", count=amount(words, hidden)))


def _learn(desk: Desk, counts: pl.DataFrame) -> None:
    words = desk.words
    verdicts = dict(counts.filter(pl.col("verdict") != "").group_by("verdict").agg(pl.col("alerts").sum()).iter_rows())
    total = sum(verdicts.values())
    st.metric(words("stage.learn"), share(verdicts.get("true_positive", 0), total), help=words("stage.learn.help"))
    st.caption(words("stage.learn.judged", total=amount(words, total)))
    st.caption(words("stage.learn.false", false=amount(words, verdicts.get("false_positive", 0))))


def _sectors(desk: Desk, assets: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("overview.sectors"), anchor=False)
    found = by_sector(assets, desk.weights)
    show_tiles(_tile(words, sector, found.get(sector)) for sector in SECTORS)


def _tile(words: Words, sector: str, found: Standing | None) -> Tile:
    name = words.label("sector", sector)
    if found is None:
        return Tile(name, NOTHING, below=words("overview.sector.none"))
    counts = words("overview.sector.counts", assets=found.assets, alerts=amount(words, found.open_alerts))
    word = words.label("band", found.band) if found.band else ""
    return Tile(name, score(found.score), word, found.band, counts)


def _worst(desk: Desk, assets: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("overview.worst"), anchor=False)
    worst = assets.filter(pl.col("score").is_not_null()).head(8)
    for row in worst.iter_rows(named=True):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.badge(score(row["score"]), color=badge_colour(row["band"]))
            st.page_link(
                desk.pages["assets"], label=plain(row["name"]), query_params={"asset": row["asset_id"]}, width="stretch"
            )
            st.caption(words("overview.worst.alerts", alerts=amount(words, row["open_alerts"])), width="content")
    if worst.is_empty():
        st.caption(words("overview.worst.none"))


def _trends(desk: Desk) -> None:
    words = desk.words
    if desk.period is None:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.subheader(words("overview.alert_trend"), anchor=False)
        alerts = desk.ask("alert_trend", **desk.period.parameters)
        if alerts.is_empty():
            st.caption(words("overview.alert_trend.none"))
        else:
            st.altair_chart(charts.alert_trend(alerts, desk.period, words), alt=words("overview.alert_trend"))
    with right:
        st.subheader(words("overview.telemetry_trend"), anchor=False)
        telemetry = desk.ask("telemetry_trend", **desk.period.parameters)
        telemetry_charts(telemetry, desk.period, words)


def _organisations(desk: Desk, assets: pl.DataFrame) -> None:
    words = desk.words
    found = by_organisation(assets, desk.weights)
    if not found:
        return
    st.subheader(words("overview.organisations"), anchor=False)
    rows = [
        {
            "organisation": name,
            "score": each.score,
            "band": each.band,
            "assets": each.assets,
            "open_alerts": each.open_alerts,
            "worst": each.worst_name,
        }
        for name, each in found.items()
    ]
    st.dataframe(
        as_chips(shown(pl.DataFrame(rows)), "band"),
        hide_index=True,
        column_config={
            "organisation": text_column(words("column.organisation")),
            "score": score_column(words("column.score")),
            "band": chip_column(words, words("column.band"), "band"),
            "assets": number_column(words("column.assets")),
            "open_alerts": number_column(words("column.open_alerts")),
            "worst": text_column(words("column.worst_asset")),
        },
    )
