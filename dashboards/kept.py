"""What the reader's own browser keeps over a reload: the language for a year, the name until the browser closes.

Cookies, not the address: a link that is passed on opens in the language of whoever opens it, and carries no name. The
name does not outlive the browser, since the next person at the same machine would decide under it.
"""

from collections.abc import Mapping
from functools import cache
from urllib.parse import quote, unquote

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

_YEAR_SECONDS = 365 * 86400
_LANGUAGE, _ACTOR = "rongdun_language", "rongdun_actor"
LONGEST_NAME = 80

# The values come percent-encoded: nothing in them can end the cookie or name an attribute of it.
_WRITE = """
export default function(component) {
    for (const [name, value, lasts] of component.data.cookies) {
        document.cookie = `${name}=${value}; path=/; SameSite=Strict${lasts}`;
    }
}
"""


def kept_language() -> str:
    """The language that this browser last chose, as it says; ''."""
    return language_in(st.context.cookies)


def language_in(cookies: Mapping[str, str]) -> str:
    """The language that a browser last chose, as its cookies say; ''."""
    return unquote(cookies.get(_LANGUAGE, ""))


def kept_name() -> str:
    """The name under which decisions were last made in this browser; ''."""
    return "".join(character for character in _kept(_ACTOR) if character.isprintable())[:LONGEST_NAME]


def keep(*, language: str, name: str | None) -> None:
    """Have the browser keep both; nothing is sent when it has them already.

    Args:
        language: that the reader chose.
        name: that the reader gave, None where none was asked for yet.
    """
    changed = []
    if language != kept_language():
        changed.append([_LANGUAGE, quote(language, safe=""), f"; max-age={_YEAR_SECONDS}"])
    if name is not None and name != kept_name():
        changed.append([_ACTOR, quote(name, safe=""), "" if name else "; max-age=0"])
    if changed:
        _writer()(data={"cookies": changed}, key="kept")


def _kept(cookie: str) -> str:
    return unquote(st.context.cookies.get(cookie, ""))


@cache
def _writer() -> ComponentRenderer:
    return st.components.v2.component("rongdun_kept", js=_WRITE)
