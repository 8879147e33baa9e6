"""Facts: labels in small type with their values below, many of them as one element of a page."""

from collections.abc import Iterable
from html import escape

import streamlit as st

from dashboards.figures import NOTHING
from dashboards.harmless import one_line

_LIST = "display:grid;gap:1rem;margin:0;padding:0;line-height:1.5;overflow-wrap:anywhere"
_ACROSS = "grid-template-columns:repeat(auto-fit,minmax(9rem,1fr))"
_LABEL = "font-size:.875rem;opacity:.65;font-weight:400"
_VALUE = "margin:0;white-space:pre-wrap"


def facts(pairs: Iterable[tuple[str, str]], *, across: bool = False) -> None:
    """Labels and values as plain text, a dash where there is no value; `across`: beside each other."""
    st.html(facts_html(pairs, across=across))


def facts_html(pairs: Iterable[tuple[str, str]], *, across: bool = False) -> str:
    """A list of descriptions as HTML in which every label and value is escaped and on one line."""
    style = f"{_LIST};{_ACROSS}" if across else _LIST
    return f'<dl style="{style}">{"".join(_fact(label, value) for label, value in pairs)}</dl>'


def _fact(label: str, value: str) -> str:
    return (
        f'<div><dt style="{_LABEL}">{escape(one_line(label))}</dt>'
        f'<dd style="{_VALUE}">{escape(one_line(value) or NOTHING)}</dd></div>'
    )
