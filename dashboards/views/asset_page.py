"""One asset: its score factor by factor, who answers for it, and what happened on it."""

import json
from typing import Any

import polars as pl
import streamlit as st

from dashboards import charts
from dashboards.desk import Desk
from dashboards.evidence import evidence_text
from dashboards.factor_bars import Factor, factor_bars
from dashboards.facts import facts
from dashboards.figures import NOTHING, amount, moment, score
from dashboards.harmless import one_line, plain
from dashboards.panels import chips, telemetry_charts
from dashboards.tables import as_chips, chip_column, shown, text_column, time_column
from dashboards.translation import Words
from dashboards.views.protection_findings import findings_table

_DOMESTIC = ("domestic_cpu", "domestic_os", "domestic_database", "domestic_middleware")


def show(desk: Desk, asset_id: str) -> None:
    """The page of one asset, or a word that there is none within the reader's scope."""
    words = desk.words
    if st.button(words("asset.back"), icon=":material/arrow_back:", type="tertiary", key="asset.back"):
        del st.query_params["asset"]
        st.rerun()
    found = desk.ask("asset", asset=asset_id)
    if found.is_empty():
        st.warning(words("asset.absent"))
        st.code(one_line(asset_id), language=None)
        return
    asset = found.row(0, named=True)
    _title(desk, asset)
    left, right = st.columns([5, 2.6], gap="medium")
    with left:
        _factors(desk, asset)
        _alerts(desk, asset_id)
        _activity(desk, asset_id)
        _findings(desk, asset_id)
    with right:
        _parties(desk, asset)
        _protection(desk, asset)
        _course(desk, asset_id)


def _title(desk: Desk, asset: dict[str, Any]) -> None:
    words = desk.words
    st.title(plain(asset["name"]), anchor=False)
    chips(words, [("band", asset["band"]), ("sector", asset["sector"]), ("grade", asset["data_grade"])])
    steps = (asset["organisation"], desk.words.whole_place(asset["scope"]), asset["asset_id"])
    st.text("  ·  ".join(one_line(step) for step in steps))


def _factors(desk: Desk, asset: dict[str, Any]) -> None:
    words = desk.words
    with st.container(border=True):
        number, bars = st.columns([1, 4], vertical_alignment="center")
        scored = bool(asset["band"])
        number.metric(words("column.score"), score(asset["score"]) if scored else NOTHING)
        number.caption(words("asset.scored_at", at=moment(asset["scored_at"])) if scored else words("asset.unscored"))
        with bars:
            if factors := read_factors(words, asset["factors"]):
                factor_bars(factors, words("asset.factors"))
            else:
                st.caption(words("asset.factors.none"))


def read_factors(words: Words, stored: str) -> list[Factor]:
    """A score's factors, those that cost most first; none when the text is not a list of factors."""
    try:
        found = json.loads(stored or "[]")
    except json.JSONDecodeError:
        found = []
    factors = [
        Factor(
            label=words.label("factor", str(each.get("factor", ""))),
            points=float(each.get("points", 0)),
            evidence=evidence_text(words, each.get("evidence")),
        )
        for each in (found if isinstance(found, list) else [])
        if isinstance(each, dict)
    ]
    return sorted(factors, key=lambda factor: factor.points)


def _alerts(desk: Desk, asset_id: str) -> None:
    words = desk.words
    st.subheader(words("asset.alerts"), anchor=False)
    found = desk.ask("alert_queue", most=50, levels=[], states=[], sector="", wanted="", asset=asset_id)
    if found.is_empty():
        st.caption(words("asset.alerts.none"))
        return
    chosen = st.dataframe(
        as_chips(shown(found.select("level", "state", "last_seen", "rule_title")), "level", "state"),
        hide_index=True,
        key="asset.alerts",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config={
            "level": chip_column(words, words("column.level"), "level"),
            "state": chip_column(words, words("column.state"), "state"),
            "rule_title": text_column(words("column.rule_title")),
            "last_seen": time_column(words("column.last_seen")),
        },
    )["selection"]
    rows = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if rows and "alerts" in desk.pages:
        st.session_state["alerts.order"] = found["alert_id"].to_list()
        st.switch_page(desk.pages["alerts"], query_params={"alert": found["alert_id"][rows[0]]})


def _activity(desk: Desk, asset_id: str) -> None:
    words = desk.words
    st.subheader(words("asset.activity"), anchor=False)
    amounts = desk.ask("asset_activity", asset=asset_id, **desk.period.parameters) if desk.period else pl.DataFrame()
    if desk.period is None or amounts.is_empty():
        st.caption(words("asset.activity.none"))
        return
    telemetry_charts(amounts, desk.period, words)


def _findings(desk: Desk, asset_id: str) -> None:
    words = desk.words
    findings = desk.ask("findings", dataset="", asset=asset_id, exposed=0)
    st.subheader(words("asset.findings"), anchor=False)
    if findings.is_empty():
        st.caption(words("asset.findings.none"))
        return
    findings_table(desk, findings)


def _parties(desk: Desk, asset: dict[str, Any]) -> None:
    words = desk.words
    with st.container(border=True):
        st.subheader(words("asset.parties"), anchor=False)
        facts((words(f"column.{party}"), asset[party]) for party in ("owner", "operator", "outsourcing_provider"))


def _protection(desk: Desk, asset: dict[str, Any]) -> None:
    words = desk.words
    level = asset["mlps_level"]
    domestic = [words(f"column.{layer}") for layer in _DOMESTIC if asset[layer]]
    with st.container(border=True):
        st.subheader(words("asset.protection"), anchor=False)
        facts(
            [
                (words("column.mlps_level"), words("asset.mlps", level=level) if level else words("asset.mlps.none")),
                (words("column.last_assessed_on"), str(asset["last_assessed_on"] or NOTHING)),
                (words("column.is_cii"), words(f"answer.{str(asset['is_cii']).lower()}")),
                (words("column.domestic"), words.listed(domestic) or NOTHING),
                (words("column.cloud_migration"), words.label("cloud_migration", asset["cloud_migration"])),
                (words("column.addresses"), "  ".join(asset["addresses"])),
                (words("column.hosts"), "  ".join(asset["hosts"])),
                (words("column.expected_sources"), "  ".join(asset["expected_sources"])),
            ]
        )


def _course(desk: Desk, asset_id: str) -> None:
    words = desk.words
    scores = desk.ask("asset_scores", asset=asset_id)
    with st.container(border=True):
        st.subheader(words("asset.course"), anchor=False)
        if scores.height < 2:
            st.caption(words("asset.course.none", scores=amount(words, scores.height)))
            return
        st.altair_chart(charts.score_line(scores, words), alt=words("asset.course"))
