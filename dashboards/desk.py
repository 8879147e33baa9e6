"""What every page is handed: the words, the reader's scope and period, and the database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import streamlit as st
from streamlit.navigation.page import StreamlitPage

from assets.weights import PostureWeights, load_weights, thresholds_in
from dashboards.connection import Connections
from dashboards.foreseen import FORESEEN
from dashboards.kept import kept_language
from dashboards.queries import ask
from dashboards.translation import LANGUAGES, Language, Words, words_in
from store.client import Store

# What the roll-ups tell of all telemetry: new rows come by the minute, so all readers share an answer for some seconds.
_SHARED = frozenset({"newest_telemetry", "scopes", "sources", "telemetry_trend"})

PERIODS = {"24h": (24, 3600), "7d": (7 * 24, 6 * 3600), "30d": (30 * 24, 24 * 3600)}  # hours shown, seconds a step

FIRST_PERIOD = "24h"  # until the reader chooses


@dataclass(frozen=True)
class Period:
    """The stretch of event time that trends show, the seconds of one step, and the newest telemetry within; in UTC."""

    since: datetime
    until: datetime
    step: int
    newest: datetime

    @property
    def parameters(self) -> dict[str, object]:
        """The period as parameters of a question."""
        return {"since": sql_time(self.since), "until": sql_time(self.until), "step": self.step}


@dataclass(frozen=True)
class Desk:
    """What a page is handed: the words, the reader's scope and period, a database to read and one to write to.

    Attributes:
        key: changes whenever the database behind it does.
        rules: the detection content that ships.
        site: the site's own rules, where it may have some.
        group_minutes: the longest gap within a group of alerts.
    """

    words: Words
    key: str
    store: Store
    writer: Callable[[], Store]
    root: str
    scope: str
    rules: Path
    period: Period | None = None
    pages: dict[str, StreamlitPage] = field(default_factory=dict)
    site: Path | None = None
    group_minutes: int = 60

    @property
    def weights(self) -> PostureWeights:
        """What counts how much in a posture: the city's own thresholds, else those that ship.

        Raises:
            AssetError: the thresholds cannot be used; the message says where.
        """
        return _weights(thresholds_in(self.rules))

    @property
    def window(self) -> dict[str, object]:
        """The period as parameters of a question; all time where no telemetry tells of one."""
        return self.period.parameters if self.period else {"since": "1970-01-01 00:00:00"}

    def ask(self, name: str, **parameters: object) -> pl.DataFrame:
        """The answer to a question within the reader's scope; one about all telemetry may be ten seconds old."""
        whole = self._whole(parameters)
        if name in _SHARED:
            return _shared_answer(self.key, name, whole, self.store)
        foreseen = FORESEEN.take(self.key, name, whole)
        return ask(self.store, name, whole) if foreseen is None else foreseen

    def ask_ahead(self, name: str, parameters: Mapping[str, object]) -> pl.DataFrame:
        """The answer to a question that a page is about to ask, which then finds it there."""
        whole = self._whole(parameters)
        if name in _SHARED:
            return _shared_answer(self.key, name, whole, self.store)
        return FORESEEN.get(self.key, name, whole, lambda: ask(self.store, name, whole))

    def groups(self, **asked: object) -> pl.DataFrame:
        """The rows of the queue; a filter that is not named lets everything pass, suppressed alerts apart."""
        return self.ask("alert_groups", **self.grouped(**asked))

    def grouped(self, **asked: object) -> dict[str, object]:
        """What the question for the rows of the queue is asked with."""
        open_to_all = {
            "levels": [],
            "states": [],
            "sector": "",
            "asset": "",
            "wanted": "",
            "suppressed": 0,
            "member": "",
        }
        return {**open_to_all, "window": self.group_minutes * 60, **asked}

    def _whole(self, parameters: Mapping[str, object]) -> dict[str, object]:
        return {"scope": self.scope, "root": self.root, "language": self.words.language, **parameters}


def open_desk(
    connected: Connections,
    *,
    root: str,
    language: Language,
    rules: Path,
    site: Path | None = None,
    group_minutes: int = 60,
) -> Desk:
    """The desk of this session: what the reader chose in the sidebar, over the session's own connection."""
    words = words_in(chosen_language(language))
    reader = _reader(connected.key, connected)
    chosen = str(st.session_state.get("scope") or root)
    scope = chosen if chosen == root or chosen.startswith(f"{root}/") else root
    desk = Desk(
        words, connected.key, reader, connected.writer, root, scope, rules, site=site, group_minutes=group_minutes
    )
    return with_period(desk, str(st.session_state.get("period") or FIRST_PERIOD))


def with_period(desk: Desk, code: str) -> Desk:
    """The desk with the period of that code, which ends with the newest telemetry."""
    newest = desk.ask("newest_telemetry")["newest"].item()
    hours, step = PERIODS[code]
    return replace(desk, period=period_until(newest, hours, step))


def chosen_language(default: Language) -> Language:
    """The language that the reader chose, now or before in this browser, else the configured one."""
    return known_language(str(st.session_state.get("language") or kept_language()), default)


def known_language(chosen: str, default: Language) -> Language:
    """The chosen language where the desk has it, else the default."""
    return next((language for language in LANGUAGES if language == chosen), default)


def period_until(newest: datetime | None, hours: int, step: int) -> Period | None:
    """The period that ends with the step in which the newest telemetry lies, or none without telemetry."""
    if newest is None or newest.year <= 1970:
        return None
    ends = (int(newest.timestamp()) // 3600 + 1) * 3600
    until = datetime.fromtimestamp(ends, UTC)
    return Period(until - timedelta(hours=hours), until, step, newest)


def sql_time(at: datetime) -> str:
    """An instant as a question's parameter: UTC, to the microsecond."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


@st.cache_data(ttl="10s", max_entries=200, show_spinner=False)
def _shared_answer(key: str, name: str, parameters: dict[str, object], _store: Store) -> pl.DataFrame:
    del key
    return ask(_store, name, parameters)


@st.cache_resource(scope="session", show_spinner=False, max_entries=1, on_release=Store.close)
def _reader(key: str, _connected: Connections) -> Store:
    """One connection a session, a new one when the key changes: a connection is not shared between threads."""
    del key
    return _connected.reader()


@cache
def _weights(path: Path) -> PostureWeights:
    return load_weights(path)
