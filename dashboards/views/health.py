"""The pipeline: what arrives, how late, what could not be read, and how the rules kept up."""

from datetime import UTC, datetime

import polars as pl
import streamlit as st

from dashboards.desk import Desk, sql_time
from dashboards.figures import NOTHING, amount, seconds, share, size
from dashboards.panels import empty_state, page_head
from dashboards.tables import labelled, number_column, path_ends, shown, text_column, time_column
from dashboards.translation import Words
from pipelines.delays import PROMISED_SECONDS


def show(desk: Desk) -> None:
    """The pipeline health page."""
    page_head(desk, "health", trends=True)
    sources = desk.ask("sources", **desk.window)
    files = desk.ask("ingested_files")
    if sources.is_empty() and files.is_empty():
        empty_state(desk.words, "health", ["rongdun ingest PATH", "rongdun status"])
        return
    silent = desk.ask("silent_sources", **silence(desk))
    _figures(desk, sources, silent)
    _delays(desk)
    _sources(desk, sources)
    if desk.scope != desk.root:
        _silent(desk, silent)
        st.info(desk.words("health.root_only"))
        return
    _whole_city(desk, files, silent)


def silence(desk: Desk) -> dict[str, object]:
    """What the question for silent sources is asked with."""
    newest = desk.period.newest if desk.period else datetime.now(UTC)
    return {"newest": sql_time(newest), "allowed": int(desk.weights.silence.after_minutes * 60)}


def _whole_city(desk: Desk, files: pl.DataFrame, silent: pl.DataFrame) -> None:
    left, right = st.columns(2, gap="medium")
    with left:
        _silent(desk, silent)
        _rejects(desk)
        _runs(desk)
    with right:
        _files(desk, files)
        _tables(desk)


def _figures(desk: Desk, sources: pl.DataFrame, silent: pl.DataFrame) -> None:
    words = desk.words
    rejected = desk.ask("rejects")["rejects"].sum() if desk.scope == desk.root else None
    arrived = sources["silent_seconds"].min()
    for cell, (key, value) in zip(
        st.columns(4),
        (
            ("rows", amount(words, sources["amount"].sum())),
            ("arrived", seconds(words, float(str(arrived))) if arrived is not None else NOTHING),
            ("rejected", amount(words, rejected)),
            ("silent", f"{silent.height:,}"),
        ),
        strict=True,
    ):
        cell.metric(words(f"health.{key}"), value, border=True, height="stretch", help=words(f"health.{key}.help"))


def _delays(desk: Desk) -> None:
    """How long alerts took, against the five minutes that the plan promises."""
    words = desk.words
    delay = desk.ask("detection_delay").row(0, named=True)
    st.subheader(words("health.delay"), anchor=False)
    for cell, key in zip(st.columns(4), ("p50", "p95", "p99", "in_time"), strict=True):
        value = share(delay["in_time"], delay["alerts"]) if key == "in_time" else seconds(words, delay[key])
        cell.metric(words(f"health.{key}"), value, border=True, height="stretch", help=words(f"health.{key}.help"))
    if delay["alerts"]:
        held = delay["p95"] <= PROMISED_SECONDS
        colour = "green" if held else "red"
        verdict = words("stage.judge.held" if held else "stage.judge.missed")
        st.caption(f":{colour}[{verdict}] · {words('health.delay.alerts', alerts=amount(words, delay['alerts']))}")
    if delay["found_later"]:
        st.caption(words("health.delay.found_later", alerts=amount(words, delay["found_later"])))


def _sources(desk: Desk, sources: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("health.sources"), anchor=False)
    rows = sources.with_columns(
        since=pl.col("silent_seconds").map_elements(lambda age: seconds(words, float(age)), return_dtype=pl.String)
    )
    columns = ["source_type", "kind", "amount", "recent", "newest_event", "last_arrival", "since"]
    st.dataframe(
        shown(labelled(rows.select(columns), words, {"kind": "kind"})),
        hide_index=True,
        column_config={
            "source_type": text_column(words("column.source_type")),
            "kind": st.column_config.TextColumn(words("column.kind")),
            "amount": number_column(words("column.amount")),
            "recent": number_column(words("column.recent")),
            "newest_event": time_column(words("column.newest_event")),
            "last_arrival": time_column(words("column.last_arrival")),
            "since": st.column_config.TextColumn(words("column.since_arrival")),
        },
    )


def _silent(desk: Desk, silent: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("health.silent_list"), anchor=False)
    if silent.is_empty():
        st.caption(words("health.silent.none"))
        return
    st.dataframe(
        shown(silent.select("name", "source_type", _last_heard(words))),
        hide_index=True,
        column_config={
            "name": text_column(words("column.name")),
            "source_type": st.column_config.TextColumn(words("column.source_type")),
            "last_heard": text_column(words("column.last_heard")),
        },
    )


def _last_heard(words: Words) -> pl.Expr:
    """When a source was last heard, in words where it never was."""
    at = pl.col("last_heard")
    return pl.when(at.dt.year() > 1970).then(at.dt.strftime("%Y-%m-%d %H:%M")).otherwise(pl.lit(words("health.never")))


def _rejects(desk: Desk) -> None:
    words = desk.words
    st.subheader(words("health.rejects"), anchor=False)
    rejects = desk.ask("rejects")
    if rejects.is_empty():
        st.caption(words("health.rejects.none"))
        return
    st.dataframe(
        shown(rejects.select("reason", "source_type", "rejects", "sources", "last_rejected")),
        hide_index=True,
        column_config={
            "reason": text_column(words("column.reason")),
            "source_type": st.column_config.TextColumn(words("column.source_type")),
            "rejects": number_column(words("column.rejects")),
            "sources": number_column(words("column.sources")),
            "last_rejected": time_column(words("column.last_rejected")),
        },
    )


def _runs(desk: Desk) -> None:
    words = desk.words
    st.subheader(words("health.runs"), anchor=False)
    runs = desk.ask("detection_runs")
    if runs.is_empty():
        st.caption(words("health.runs.none"))
        return
    st.dataframe(
        shown(runs.select("started_at", "seconds", "events", "rules", "unusable", "alerts_new")),
        hide_index=True,
        column_config={
            "started_at": time_column(words("column.started_at"), year=False),
            "seconds": st.column_config.NumberColumn(words("column.seconds"), format="%.1f"),
            "events": number_column(words("column.events")),
            "rules": number_column(words("column.rules")),
            "unusable": number_column(words("column.unusable")),
            "alerts_new": number_column(words("column.alerts_new")),
        },
    )


def _files(desk: Desk, files: pl.DataFrame) -> None:
    words = desk.words
    st.subheader(words("health.files"), anchor=False)
    if files.is_empty():
        st.caption(words("health.files.none"))
        return
    named = files.with_columns(bytes=pl.col("bytes").map_elements(size, return_dtype=pl.String))
    st.dataframe(
        shown(
            path_ends(named, "source").select(
                "completed_at", "source", "rows", "rejected", "source_type", "bytes", "reason"
            )
        ),
        hide_index=True,
        column_config={
            "completed_at": time_column(words("column.completed_at"), year=False),
            "source": text_column(words("column.source")),
            "source_type": st.column_config.TextColumn(words("column.source_type")),
            "rows": number_column(words("column.rows")),
            "rejected": number_column(words("column.rejected")),
            "bytes": st.column_config.TextColumn(words("column.bytes")),
            "reason": text_column(words("column.reason")),
        },
    )


def _tables(desk: Desk) -> None:
    words = desk.words
    st.subheader(words("health.tables"), anchor=False)
    tables = desk.ask("table_sizes").with_columns(bytes=pl.col("bytes").map_elements(size, return_dtype=pl.String))
    st.dataframe(
        shown(tables.select("table", "rows", "bytes", "modified_at")),
        hide_index=True,
        column_config={
            "table": text_column(words("column.table")),
            "rows": number_column(words("column.rows")),
            "bytes": st.column_config.TextColumn(words("column.bytes")),
            "modified_at": time_column(words("column.modified_at"), year=False),
        },
    )
