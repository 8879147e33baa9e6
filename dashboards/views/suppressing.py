"""Hiding alerts like one: what hides it, a form prefilled from it with a preview, and every suppression in a table."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.figures import amount, moment
from dashboards.harmless import one_line, plain
from dashboards.queries import ZONE
from dashboards.tables import as_chips, chip_column, number_column, shown, text_column, time_column
from dashboards.views.steps import take
from response.chain import Role
from response.suppressing import PREVIEW_DAYS, preview, suppress, unsuppress
from response.suppression import COLUMNS, AlertFacts

_USUAL = timedelta(days=7)
_LONGEST = timedelta(days=365)
# What tells most about an alert: these are ticked first, so that a suppression begins narrow.
_NARROW = ("asset_id", "host", "user", "source_ip")


def suppressing(desk: Desk, alert: Mapping[str, object], actor: str, role: Role) -> None:
    """What hides an alert or did, and how to hide those like it."""
    words = desk.words
    facts = _facts(alert)
    _covering(desk, facts.alert_id, actor, role)
    if st.toggle(words("suppression.open"), key=f"suppression.open.{facts.alert_id}"):
        _form(desk, facts, actor, role)


def suppressions(desk: Desk) -> None:
    """Every suppression within the reader's scope; a row opens the alert it was made from."""
    words = desk.words
    found = desk.ask("suppressions")
    if found.is_empty():
        return
    with st.expander(words("suppression.all", count=found.height)):
        selection = st.dataframe(
            _table(found),
            hide_index=True,
            key="suppressions",
            on_select="rerun",
            selection_mode=["single-row", "single-cell"],
            column_config={
                "standing": chip_column(words, words("column.standing"), "standing"),
                "level": chip_column(words, words("column.level"), "level"),
                "rule_title": text_column(words("column.rule_title")),
                "values": text_column(words("column.values"), wide=True),
                "hidden": number_column(words("column.hidden")),
                "until": time_column(words("column.until")),
                "owner": text_column(words("column.responsible")),
                "reason": text_column(words("column.reason")),
            },
        )
    chosen = selection["selection"]
    rows = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if rows:
        st.query_params["alert"] = found["alert_id"][rows[0]]
        st.rerun()


def _table(found: pl.DataFrame) -> pl.DataFrame:
    values = [
        "  ".join(f"{name}={value}" for name, value in zip(names, texts, strict=True))
        for names, texts in found.select("field_names", "field_values").iter_rows()
    ]
    columns = ("standing", "level", "rule_title", "values", "hidden", "until", "owner", "reason")
    told = found.with_columns(pl.Series("values", values, dtype=pl.String)).select(columns)
    return as_chips(shown(told), "standing", "level")


def _covering(desk: Desk, alert_id: str, actor: str, role: Role) -> None:
    """Each suppression that covers the alert: how long it hides it, or that it does not any more."""
    words = desk.words
    for row in desk.ask("alert_suppressions", alert=alert_id).iter_rows(named=True):
        says = words(f"suppression.{row['standing']}", until=moment(row["until"]), names=", ".join(row["field_names"]))
        (st.warning if row["standing"] == "active" else st.info)(plain(says))
        standing = words.label("standing", row["standing"])
        st.text(f"{standing} · {one_line(row['owner'])} · {one_line(row['reason'])}")
        if row["standing"] == "active":
            _ending(desk, row["suppression_id"], actor, role)


def _ending(desk: Desk, suppression_id: str, actor: str, role: Role) -> None:
    words = desk.words
    with st.form(f"suppression.end.{suppression_id}", border=False):
        why = st.text_input(words("suppression.end.why"), key=f"suppression.end.why.{suppression_id}", max_chars=1000)
        pressed = st.form_submit_button(words("suppression.end"), width="stretch")
    if pressed:
        take(
            desk,
            "suppression.done.ended",
            lambda store: unsuppress(store, suppression_id, actor=actor, reason=why or "", role=role),
        )


def _form(desk: Desk, facts: AlertFacts, actor: str, role: Role) -> None:
    words = desk.words
    fields = facts.fields
    names = st.multiselect(
        words("suppression.fields"),
        list(fields),
        default=[name for name in _NARROW if name in fields] or list(fields)[:1],
        key=f"suppression.fields.{facts.alert_id}",
        format_func=lambda name: f"{name} = {one_line(fields[name])[:60]}",
        help=words("suppression.fields.help"),
    )
    if not names:
        st.warning(words("suppression.nothing"))
        return
    told = preview(desk.store, facts.alert_id, names)
    st.caption(
        words(
            "suppression.preview",
            days=PREVIEW_DAYS,
            hidden=amount(words, told.hidden),
            open=amount(words, told.open),
            assets=amount(words, told.assets),
            more=amount(words, told.more_severe),
        )
    )
    today = datetime.now(ZoneInfo(ZONE)).date()
    with st.form(f"suppression.make.{facts.alert_id}", border=False):
        last_day = st.date_input(
            words("suppression.until"),
            today + _USUAL,
            min_value=today,
            max_value=today + _LONGEST,
            key=f"suppression.until.{facts.alert_id}",
        )
        why = st.text_area(words("suppression.why"), key=f"suppression.why.{facts.alert_id}", max_chars=1000, height=90)
        pressed = st.form_submit_button(words("suppression.make"), width="stretch")
    if not pressed:
        return
    if not actor or not (why or "").strip() or not isinstance(last_day, date):
        st.warning(words("suppression.missing"))
        return
    until = _end_of(last_day)
    take(
        desk,
        "suppression.done.made",
        lambda store: suppress(store, facts.alert_id, names, until=until, actor=actor, reason=why or "", role=role),
    )


def _end_of(day: date) -> datetime:
    """The end of a day in the city, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(ZONE)).astimezone(UTC)


def _facts(alert: Mapping[str, object]) -> AlertFacts:
    names, values = alert["matched_names"], alert["matched_values"]
    if not isinstance(names, list) or not isinstance(values, list):  # narrows the frame's types
        raise TypeError(f"{type(names)}, {type(values)}")
    return AlertFacts(
        alert_id=str(alert["alert_id"]),
        rule_id=str(alert["rule_id"]),
        severity=int(str(alert["severity"])),
        columns={name: str(alert[name]) for name in COLUMNS},
        matched_fields=dict(zip(names, values, strict=True)),
    )
