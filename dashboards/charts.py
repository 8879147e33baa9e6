"""Charts: every one says in words what its colours mean, and takes its times from the city's zone."""

import altair as alt
import polars as pl

from dashboards.desk import Period
from dashboards.queries import ZONE, in_city_time
from dashboards.theme import palette
from dashboards.translation import Words

_HEIGHT = 220


def alert_trend(counts: pl.DataFrame, period: Period, words: Words) -> alt.Chart:
    """Alerts per step as stacked bars by level, the most severe at the bottom."""
    levels = words.codes("level")
    frame = _steps(counts, period).with_columns(
        label=_labels(counts["level"], words, "level"),
        rank=pl.col("level").replace_strict(
            levels, list(range(len(levels))), default=len(levels), return_dtype=pl.Int8
        ),
    )
    chart: alt.Chart = (
        alt.Chart(frame, height=_HEIGHT)
        .mark_bar(orient="vertical")
        .encode(
            x=_time(period),
            x2="until:T",
            y=alt.Y("alerts:Q", title=None, axis=alt.Axis(tickMinStep=1, tickCount=4)),
            color=_colours(words, "level", palette().level),
            order=alt.Order("rank:Q"),
            tooltip=[
                alt.Tooltip("moment:T", title=words("column.moment"), format="%m-%d %H:%M"),
                alt.Tooltip("label:N", title=words("column.level")),
                alt.Tooltip("alerts:Q", title=words("column.alerts"), format=","),
            ],
        )
    )
    return chart


def telemetry_trend(amounts: pl.DataFrame, kind: str, period: Period, words: Words) -> alt.Chart:
    """Log events or flows per step; each kind has a chart of its own since their scales differ."""
    chart: alt.Chart = (
        alt.Chart(_steps(amounts, period), height=96)
        .mark_bar(orient="vertical", color=palette().telemetry[kind])
        .encode(
            x=_time(period),
            x2="until:T",
            y=alt.Y("amount:Q", title=None, axis=alt.Axis(tickCount=3, format="~s")),
            tooltip=[
                alt.Tooltip("moment:T", title=words("column.moment"), format="%m-%d %H:%M"),
                alt.Tooltip("amount:Q", title=words.label("kind", kind), format=","),
            ],
        )
    )
    return chart


def score_line(scores: pl.DataFrame, words: Words) -> alt.Chart:
    """How a score moved over time."""
    frame = scores.with_columns(moment=pl.col("scored_at").dt.convert_time_zone(ZONE).dt.replace_time_zone(None))
    chart: alt.Chart = (
        alt.Chart(frame, height=160)
        .mark_line(point=True, interpolate="step-after", color=palette().telemetry["logs"])
        .encode(
            x=alt.X("moment:T", title=None, axis=alt.Axis(format="%m-%d %H:%M", tickCount=5)),
            y=alt.Y("score:Q", title=None, scale=alt.Scale(domain=[0, 100])),
            tooltip=[
                alt.Tooltip("moment:T", title=words("column.moment"), format="%m-%d %H:%M"),
                alt.Tooltip("score:Q", title=words("column.score"), format=".0f"),
            ],
        )
    )
    return chart


def findings_by_type(counts: pl.DataFrame, words: Words) -> alt.Chart:
    """Hits per type of personal data, split into masked and not masked."""
    frame = counts.with_columns(
        label=_labels(counts["entity_type"], words, "entity"),
        mask=pl.col("masked").map_elements(lambda held: words(f"mask.{str(held).lower()}"), return_dtype=pl.String),
    )
    chart: alt.Chart = (
        alt.Chart(frame, height=alt.Step(26))
        .mark_bar(cornerRadius=2)
        .encode(
            y=alt.Y("label:N", sort="-x", title=None, axis=alt.Axis(labelLimit=200, ticks=False, domain=False)),
            x=alt.X("hits:Q", title=words("column.hits"), axis=alt.Axis(format="~s", tickCount=4)),
            color=alt.Color(
                "mask:N",
                title=None,
                scale=alt.Scale(
                    domain=[words("mask.false"), words("mask.true")],
                    range=[palette().band["critical"], palette().band["good"]],
                ),
                legend=alt.Legend(orient="top"),
            ),
            tooltip=[
                alt.Tooltip("label:N", title=words("column.entity_type")),
                alt.Tooltip("mask:N", title=words("column.masked")),
                alt.Tooltip("hits:Q", title=words("column.hits"), format=","),
            ],
        )
    )
    return chart


def _steps(frame: pl.DataFrame, period: Period) -> pl.DataFrame:
    """The frame with each step's start and end as the city's clock shows them (Vega reads a naive time as it is)."""
    local = in_city_time(frame).with_columns(pl.col("moment").dt.replace_time_zone(None))
    return local.with_columns(until=pl.col("moment") + pl.duration(seconds=period.step * 9 // 10))


def _time(period: Period) -> alt.X:
    ends = in_city_time(pl.DataFrame({"at": [period.since, period.until]}))["at"].dt.replace_time_zone(None)
    domain = [alt.DateTime(year=at.year, month=at.month, date=at.day, hours=at.hour, minutes=at.minute) for at in ends]
    layout = "%H:%M" if period.step <= 3600 else "%m-%d"
    return alt.X(
        "moment:T", title=None, scale=alt.Scale(domain=domain), axis=alt.Axis(format=layout, tickCount=8, grid=False)
    )


def _colours(words: Words, group: str, colours: dict[str, str]) -> alt.Color:
    codes = [code for code in words.codes(group) if code in colours]
    return alt.Color(
        "label:N",
        title=None,
        scale=alt.Scale(domain=[words.label(group, code) for code in codes], range=[colours[code] for code in codes]),
        legend=alt.Legend(orient="top"),
    )


def _labels(codes: pl.Series, words: Words, group: str) -> pl.Series:
    return codes.map_elements(lambda code: words.label(group, code), return_dtype=pl.String)
