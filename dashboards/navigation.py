"""The frame around every page: navigation, scope, period and language."""

from functools import partial
from importlib.resources import files
from pathlib import Path

import streamlit as st

from dashboards.choices import chosen_code
from dashboards.connection import Connections
from dashboards.desk import FIRST_PERIOD, PERIODS, Desk, chosen_language, open_desk
from dashboards.harmless import harmless
from dashboards.kept import keep, kept_language
from dashboards.translation import LANGUAGES, Language, Words, words_in
from dashboards.views import VIEWS


def run(
    connected: Connections,
    *,
    root: str,
    language: Language,
    rules: Path,
    site: Path | None = None,
    front: str = "overview",
    group_minutes: int = 60,
) -> None:
    """Show the page that the reader asked for; `front` is the one that opens first.

    Raises:
        ConnectionFailed: the database does not answer.
    """
    words = words_in(chosen_language(language))
    st.set_page_config(page_title=words("product.name"), page_icon=_image("mark.svg"), layout="wide")
    st.logo(_image("wordmark.svg"), size="large", icon_image=_image("mark.svg"))
    desk = open_desk(connected, root=root, language=language, rules=rules, site=site, group_minutes=group_minutes)
    for name, (show, icon) in VIEWS.items():
        desk.pages[name] = st.Page(
            partial(show, desk), title=words(f"page.{name}"), icon=icon, url_path=name, default=name == front
        )
    chosen = st.navigation(list(desk.pages.values()), expanded=True)
    _sidebar(desk)
    with st.sidebar:
        _keep(desk, language)
    chosen.run()


def say_absent(absent: Exception, *, language: Language) -> None:
    """One clear message in place of a page: nothing answers, and what to type."""
    words = words_in(chosen_language(language))
    st.error(words("absent.title"))
    st.code("rongdun up", language=None)
    st.text(harmless(str(absent), longest=2000))


def say_failed(failed: Exception, *, language: Language) -> None:
    """One clear message in place of a page: what went wrong, in the words of whatever refused."""
    words = words_in(chosen_language(language))
    st.error(words("absent.failed"))
    st.code(harmless(str(failed), longest=2000), language=None, wrap_lines=True)


def scope_paths(scopes: list[str], root: str) -> list[str]:
    """Every scope below the root, with the levels above each."""
    paths = {root}
    for scope in scopes:
        parts = scope.split("/")
        paths |= {"/".join(parts[:depth]) for depth in range(root.count("/") + 1, len(parts) + 1)}
    return sorted(paths)


def _sidebar(desk: Desk) -> None:
    words = desk.words
    with st.sidebar:
        chosen_code(
            words,
            words("sidebar.scope"),
            scope_paths(desk.ask("scopes", scope=desk.root)["scope"].to_list(), desk.root),
            key="scope",
            name=lambda path: _place(words, path),
        )
        st.segmented_control(
            words("sidebar.period"),
            list(PERIODS),
            default=FIRST_PERIOD,
            required=True,
            key="period",
            format_func=lambda code: words(f"period.{code}"),
            persist_state="session",
            width="stretch",
        )
        st.segmented_control(
            words("sidebar.language"),
            LANGUAGES,
            default=words.language,
            required=True,
            key="language",
            format_func=lambda code: words_in(code)("language.name"),
            persist_state="session",
            width="stretch",
        )
        st.caption(words("sidebar.zone"))


def _keep(desk: Desk, configured: Language) -> None:
    """Have the browser keep what the reader chose; a choice that was never made is not one."""
    chosen = desk.words.language
    name = st.session_state.get("action.actor")
    if chosen != configured or kept_language() or name is not None:
        keep(language=chosen, name=None if name is None else str(name).strip())


def _place(words: Words, path: str) -> str:
    return f"{'　' * path.count('/')}{words.place(path)}"


def _image(name: str) -> str:
    return str(files("dashboards").joinpath("images", name))
