"""One alert: what matched and why, the evidence, the asset it hit, and what was done."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import streamlit as st

from dashboards.desk import Desk, sql_time
from dashboards.facts import facts
from dashboards.figures import moment
from dashboards.grounds import Grounds, read_grounds
from dashboards.harmless import harmless, one_line, plain
from dashboards.panels import chips
from dashboards.quoted import quote, quote_pairs
from dashboards.rule_text import rule_text
from dashboards.translation import Words
from dashboards.views.alert_actions import actions
from dashboards.views.alert_why import why
from dashboards.views.entity_risk import is_incident
from pipelines.access_closing import Reason

_SLACK = timedelta(seconds=1)  # event times are cut to milliseconds on their way here
_OPENED = 3
_ASIDE = frozenset({"message", "field_names", "field_values", "event_time", "ingested_at"})


def show(desk: Desk, alert_id: str) -> None:
    """The page of one alert, or a word that there is none within the reader's scope."""
    words = desk.words
    _way_back(desk, alert_id)
    found = desk.ask("alert", alert=alert_id)
    if found.is_empty():
        st.warning(words("alert.absent"))
        quote(one_line(alert_id))
        return
    alert = found.row(0, named=True)
    _title(desk, alert)
    left, right = st.columns([5, 2.6], gap="medium")
    with left:
        grounds = read_grounds(str(alert["grounds"]), words)
        why(desk, alert, grounds)
        _evidence(desk, alert, grounds)
    with right:
        actions(desk, alert)
        _asset(desk, alert)
        _history(desk, alert_id)


def _way_back(desk: Desk, alert_id: str) -> None:
    words = desk.words
    order = st.session_state.get("alerts.order", [])
    place = order.index(alert_id) if alert_id in order else None
    with st.container(horizontal=True, gap="small"):
        if st.button(words("alert.back"), icon=":material/arrow_back:", type="tertiary", key="alert.back"):
            del st.query_params["alert"]
            st.rerun()
        for key, step in (("alert.previous", -1), ("alert.next", 1)):
            target = place + step if place is not None else -1
            available = 0 <= target < len(order)
            if st.button(words(key), type="tertiary", disabled=not available, key=key):
                st.query_params["alert"] = order[target]
                st.rerun()


def _title(desk: Desk, alert: dict[str, Any]) -> None:
    words = desk.words
    chips(words, [("level", str(alert["level"])), ("state", str(alert["state"])), ("verdict", str(alert["verdict"]))])
    st.title(plain(str(alert["rule_title"])), anchor=False)
    told = rule_text(desk.rules, str(alert["rule_path"]), str(alert["rule_id"]), words.language)
    if told.description:
        st.text(harmless(told.description))
    facts(
        [
            (words("column.first_seen"), moment(alert["first_seen"])),
            (words("column.last_seen"), moment(alert["last_seen"])),
            (words("column.detected_at"), moment(alert["detected_at"])),
            (words("column.event_class"), words.label("event_class", str(alert["event_class"]))),
        ],
        across=True,
    )
    more = [(words("column.tags"), "  ".join(alert["tags"]))]
    if told.false_positives:
        more.append((words("alert.false_positives"), " / ".join(told.false_positives)))
    facts(more)


def evidence_questions(alert: dict[str, Any]) -> list[tuple[str, dict[str, object]]]:
    """The questions, with their parameters, whose answers are the events of an alert."""
    asked = {
        "event_ids": alert["event_ids"],
        "since": sql_time(alert["first_seen"] - _SLACK),
        "until": sql_time(alert["last_seen"] + _SLACK),
    }
    # The events of a risk incident may be in either table, all others are in the one that the alert names.
    if is_incident(dict.fromkeys(alert["matched_names"], "")):
        return [("alert_flows", asked), ("alert_log_events", asked)]
    return [("alert_flows" if alert["event_table"] == "network_flows" else "alert_log_events", asked)]


def _evidence(desk: Desk, alert: dict[str, Any], grounds: Grounds | None) -> None:
    words = desk.words
    st.subheader(words("alert.evidence"), anchor=False)
    found = [
        (question == "alert_flows", event)
        for question, asked in evidence_questions(alert)
        for event in desk.ask(question, **asked).iter_rows(named=True)
    ]
    found.sort(key=lambda pair: pair[1]["event_time"])
    st.caption(words("alert.evidence.count", shown=len(found), total=len(alert["event_ids"])))
    places = {event_id: place for place, event_id in enumerate(alert["event_ids"])}
    for number, (flow, event) in enumerate(found):
        rules = grounds.titles_at(places[event["event_id"]]) if grounds is not None else []
        _event(event, rules, opened=number < _OPENED, flow=flow)


def _event(event: dict[str, Any], rules: list[str], *, opened: bool, flow: bool) -> None:
    where = f"{event['source_ip']} → {event['destination_ip']}" if flow or not event["host"] else str(event["host"])
    head = " · ".join([moment(event["event_time"]), event["source_type"], where, *rules])
    with st.expander(plain(head), expanded=opened):
        if event.get("message"):
            quote(str(event["message"]))
        quote_pairs(_fields(event))


def _fields(event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """An event's columns that hold something, then what only its source knows."""
    for name, value in event.items():
        if name not in _ASIDE and value not in ("", 0, None):
            yield name, str(value)
    yield from zip(event["field_names"], event["field_values"], strict=True)


def _asset(desk: Desk, alert: dict[str, Any]) -> None:
    words = desk.words
    found = desk.ask("asset", asset=alert["asset_id"])
    with st.container(border=True):
        st.subheader(words("alert.asset"), anchor=False)
        if found.is_empty():
            st.caption(words("alert.asset.none"))
            facts(
                [
                    (words("column.host"), str(alert["host"])),
                    (words("column.destination_ip"), str(alert["destination_ip"])),
                ]
            )
            return
        asset = found.row(0, named=True)
        chips(words, [("band", asset["band"]), ("sector", asset["sector"]), ("grade", asset["data_grade"])])
        facts(
            [
                (words("column.name"), asset["name"]),
                (words("column.organisation"), asset["organisation"]),
                (words("column.operator"), asset["operator"]),
                (words("column.addresses"), "  ".join(asset["addresses"])),
            ]
        )
        if "assets" in desk.pages:
            st.page_link(
                desk.pages["assets"], label=words("alert.asset.open"), query_params={"asset": asset["asset_id"]}
            )


def _history(desk: Desk, alert_id: str) -> None:
    words = desk.words
    with st.container(border=True):
        st.subheader(words("alert.history"), anchor=False)
        steps = desk.ask("alert_history", alert=alert_id)
        if steps.is_empty():
            st.caption(words("alert.history.none"))
            return
        for step in steps.iter_rows(named=True):
            verdict = f" · {words.label('verdict', step['verdict'])}" if step["verdict"] else ""
            st.caption(f"{moment(step['event_time'])} · {plain(words.label('role', step['role']))}")
            st.text(f"{one_line(step['actor'])} · {words.label('step', step['action'])}{verdict}")
            if step["basis"]:
                st.text(_basis(words, step["basis"]))


def _basis(words: Words, basis: str) -> str:
    """On what ground a step was taken; the platform's own in the reader's language."""
    own = next((reason for reason in Reason if reason == basis), None)
    return words(f"judged_again.{own.name.lower()}") if own else one_line(basis)
