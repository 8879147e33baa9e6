"""One group of the queue: its alerts in order of time, each a click away, and one decision for all that are open."""

import polars as pl
import streamlit as st

from dashboards.desk import Desk
from dashboards.facts import facts
from dashboards.figures import moment
from dashboards.harmless import one_line, plain
from dashboards.panels import chips
from dashboards.tables import Column, as_chips, chip_column, number_column, shown, text_column, time_column
from dashboards.views.steps import person, take, told
from response.chain import Role
from response.lifecycle import Verdict, close_all

_TALLEST = 17  # rows before the table scrolls
_COLUMNS = (
    *("level", "state", "first_seen", "last_seen", "asset_id", "source_ip", "destination_ip", "user", "host"),
    *("events", "verdict", "suppressed"),
)


def show(desk: Desk, member: str) -> None:
    """The page of the group that an alert belongs to, or a word that there is none within the reader's scope."""
    words = desk.words
    if st.button(words("alert.back"), icon=":material/arrow_back:", type="tertiary", key="group.back"):
        del st.query_params["group"]
        st.rerun()
    found = desk.groups(most=1, member=member, suppressed=1)
    if found.is_empty():
        st.warning(words("alert.absent"))
        st.code(one_line(member), language=None)
        return
    group = found.row(0, named=True)
    chips(words, [("level", str(group["level"])), ("state", str(group["state"])), ("verdict", str(group["verdict"]))])
    st.title(plain(str(group["rule_title"])), anchor=False)
    facts(
        [
            (words("column.alerts"), f"{group['alerts']:,}"),
            (words("column.first_seen"), moment(group["first_seen"])),
            (words("column.last_seen"), moment(group["last_seen"])),
        ],
        across=True,
    )
    left, right = st.columns([5, 2.6], gap="medium")
    children = desk.ask("alert_children", alert_ids=group["alert_ids"])
    with left:
        _children(desk, children, total=group["alerts"])
    with right:
        _closing(desk, member, children)


def _children(desk: Desk, children: pl.DataFrame, *, total: int) -> None:
    words = desk.words
    st.caption(words("group.shown", shown=children.height, total=total))
    named = children.with_columns(
        pl.col("verdict").map_elements(lambda code: words.label("verdict", code) if code else "", pl.String),
        suppressed=pl.when(pl.col("suppression_id") != "")
        .then(pl.lit(words("group.suppressed")))
        .otherwise(pl.lit("")),
    )
    selection = st.dataframe(
        as_chips(shown(named.select(_COLUMNS)), "level", "state"),
        hide_index=True,
        height="content" if children.height <= _TALLEST else 640,
        key="group.children",
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        column_config=_column_config(desk),
    )
    chosen = selection["selection"]
    rows = [*chosen["rows"], *(cell[0] for cell in chosen["cells"])]
    if rows:
        st.session_state["alerts.order"] = children["alert_id"].to_list()
        st.query_params["alert"] = children["alert_id"][rows[0]]
        st.rerun()


def _closing(desk: Desk, member: str, children: pl.DataFrame) -> None:
    """One verdict and reason for the open alerts that the page shows, not for any that came since."""
    words = desk.words
    opened = children.filter(pl.col("state") != "closed")["alert_id"].to_list()
    key = f"group.reason.{member}"
    with st.container(border=True):
        st.subheader(words("action.title"), anchor=False)
        told(desk, key)
        if not opened:
            st.caption(words("group.closed"))
            return
        actor, role = person(desk)
        with st.form("group.close", border=False):
            verdict = st.radio(
                words("action.verdict"),
                list(Verdict),
                index=None,
                key=f"group.verdict.{member}",
                format_func=lambda each: words.label("verdict", each),
            )
            reason = st.text_area(words("action.reason"), key=key, max_chars=1000, height=90)
            pressed = st.form_submit_button(words("group.close", count=len(opened)), type="primary", width="stretch")
        if pressed:
            _close(desk, opened, verdict, actor, role, reason or "")


def _close(desk: Desk, opened: list[str], verdict: Verdict | None, actor: str, role: Role, reason: str) -> None:
    if verdict is None or not actor or not reason.strip():
        st.warning(desk.words("action.missing"))
        return
    with st.spinner(desk.words("group.closing")):
        take(
            desk,
            "group.done.closed",
            lambda store: close_all(store, opened, verdict, actor=actor, reason=reason, role=role),
        )


def _column_config(desk: Desk) -> dict[str, Column]:
    words = desk.words
    texts = ("host", "asset_id", "user", "source_ip", "destination_ip", "verdict")
    return {
        "level": chip_column(words, words("column.level"), "level"),
        "state": chip_column(words, words("column.state"), "state"),
        "first_seen": time_column(words("column.first_seen")),
        "last_seen": time_column(words("column.last_seen")),
        "events": number_column(words("column.events")),
        "suppressed": text_column(words("column.suppressed")),
        **{name: text_column(words(f"column.{name}")) for name in texts},
    }
