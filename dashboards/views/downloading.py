"""Tables of the desk as files: first the record says who takes what and why, then the file is there.

What Streamlit's tables offer by themselves would leave no record; `client.disableDataExport` turns that off.
"""

import hashlib
from collections.abc import Mapping

import polars as pl
import streamlit as st

from dashboards.choices import chosen_code
from dashboards.desk import Desk
from dashboards.views.steps import person, take, told
from pipelines.recording import Doer, record_download
from response.chain import Role
from store.client import Store

_DANGEROUS = r"^([=+\-@\t\r])"  # how formulas of spreadsheets begin
_READY = "download.ready"


def downloading(desk: Desk, page: str, tables: Mapping[str, pl.DataFrame]) -> None:
    """The form by which a reader takes a table of a page away.

    Args:
        desk: for the words and the record.
        page: tells the forms of two pages apart.
        tables: by the key of their words; those without rows are not offered.
    """
    words, key = desk.words, f"download.{page}"
    offered = {name: table for name, table in tables.items() if table.height}
    if not offered:
        return
    with st.expander(words("download.title")):
        st.caption(words("download.lead"))
        told(desk, f"{key}.reason", "download.")
        chosen = chosen_code(words, words("download.table"), tuple(offered), key=f"{key}.table", name=words)
        actor, role = person(desk, key)
        reason = st.text_area(words("action.reason"), key=f"{key}.reason", max_chars=1000, height=70)
        if st.button(words("download.prepare"), key=f"{key}.prepare"):
            _prepare(desk, str(chosen), offered[str(chosen)], page, (actor, role, (reason or "").strip()))
        ready = st.session_state.get(_READY)
        if ready and ready[0] == page:
            _, name, content = ready
            # Once: whoever wants it again says so again.
            st.download_button(
                words("download.take"), content, name, "text/csv", key=f"{key}.take", on_click=_taken, type="primary"
            )


def downloading_when_asked(desk: Desk, page: str, tables: Mapping[str, pl.DataFrame]) -> None:
    """The same for a page that is opened often: the form is there once the reader asks for it."""
    if st.toggle(desk.words("download.title"), key=f"download.{page}.open"):
        downloading(desk, page, tables)


def csv_of(table: pl.DataFrame) -> bytes:
    """A table as CSV for spreadsheets: UTF-8 with its mark, lists joined, and no text that begins like a formula."""
    plain = table.with_columns(
        *(pl.col(name).list.join("; ") for name, kind in table.schema.items() if kind == pl.List(pl.String)),
    )
    texts = [name for name, kind in plain.schema.items() if kind == pl.String]
    safe = plain.with_columns(pl.col(name).str.replace(_DANGEROUS, "'$1") for name in texts)
    return b"\xef\xbb\xbf" + safe.write_csv().encode("utf-8", "replace")


def _prepare(desk: Desk, name: str, table: pl.DataFrame, page: str, by: tuple[str, Role, str]) -> None:
    actor, role, reason = by
    content = csv_of(table)
    digest = hashlib.sha256(content).hexdigest()

    def step(store: Store) -> None:
        record_download(store, name, table.height, table.width, digest, Doer(actor, role, reason))
        st.session_state[_READY] = (page, f"rongdun-{name.replace('.', '-')}.csv", content)

    take(desk, "download.done", step)


def _taken() -> None:
    st.session_state.pop(_READY, None)
