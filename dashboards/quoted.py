"""Text from outside as it is, in monospaced type: lines of it, or names with their values.

An analyst reads, selects and copies it. It is drawn as escaped HTML: for a few lines Streamlit's own code block and
table load programs of one and two megabytes, for which a reader who comes for the first time waits.
"""

from collections.abc import Iterable
from html import escape

import streamlit as st

from dashboards.harmless import harmless, one_line

_TYPE = "font:0.82rem/1.5 ui-monospace,'Source Code Pro',monospace;white-space:pre-wrap;overflow-wrap:anywhere"
_BOX = "background:rgba(128,128,128,.1);border-radius:.4rem;padding:.6rem .8rem;margin:0"
_WIDE = "border-collapse:collapse;width:100%"
_NAME = "padding:.1rem 1.2rem .1rem 0;vertical-align:top;opacity:.7;white-space:nowrap;border:0"
_VALUE = "padding:.1rem 0;vertical-align:top;width:100%;border:0"


def quote(text: str, *, longest: int = 8000) -> None:
    """The text in a box, line by line."""
    st.html(quoted(text, longest=longest))


def quote_pairs(pairs: Iterable[tuple[str, str]], *, longest: int = 2000) -> None:
    """Names and values in a box, one pair a line, the values below each other."""
    st.html(quoted_pairs(pairs, longest=longest))


def quoted(text: str, *, longest: int = 8000) -> str:
    """HTML that shows exactly the text, its unseen characters as codes."""
    return f'<pre style="{_TYPE};{_BOX}">{escape(harmless(text, longest=longest))}</pre>'


def quoted_pairs(pairs: Iterable[tuple[str, str]], *, longest: int = 2000) -> str:
    """HTML of a table of two columns that shows exactly the names and values, each on one line."""
    rows = "".join(
        f'<tr><td style="{_NAME}">{escape(one_line(name))}</td>'
        f'<td style="{_VALUE}">{escape(one_line(value, longest=longest))}</td></tr>'
        for name, value in pairs
    )
    return f'<div style="{_BOX}"><table style="{_TYPE};{_WIDE}"><tbody>{rows}</tbody></table></div>'
