"""What each page asks when it is opened, in its order: `dashboards.ahead` asks it while the browser gets ready."""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import polars as pl

from dashboards.desk import Desk
from dashboards.views.alert_detail import evidence_questions
from dashboards.views.alerts import MOST, OPEN_STATES
from dashboards.views.health import silence

Questions = Generator[tuple[str, Mapping[str, object]], pl.DataFrame, None]
"""Names with parameters; each is sent the answer, on which the next may depend."""


def questions_of(page: str, desk: Desk, query: Mapping[str, str]) -> Questions:
    """The questions of a page for a reader who has chosen nothing yet; `query` is that of the address."""
    yield "scopes", {"scope": desk.root}
    if page in PAGES:
        yield from PAGES[page](desk, query)


def _overview(desk: Desk, _: Mapping[str, str]) -> Questions:
    yield from _each(("assets", {}), ("alert_counts", {}), ("sources", desk.window), ("detection_delay", {}))
    yield "entity_risk", {}
    if desk.period is not None:
        yield "alert_trend", desk.period.parameters
        yield "telemetry_trend", desk.period.parameters


def _alerts(desk: Desk, query: Mapping[str, str]) -> Questions:
    if wanted := query.get("alert"):
        yield from _alert(wanted)
    elif member := query.get("group"):
        found = yield "alert_groups", desk.grouped(most=1, member=member, suppressed=1)
        if not found.is_empty():
            yield "alert_children", {"alert_ids": found.row(0, named=True)["alert_ids"]}
    else:
        yield "alert_counts", {}
        yield "alert_groups", desk.grouped(most=MOST, states=list(OPEN_STATES))
        yield "suppressions", {}


def _alert(wanted: str) -> Questions:
    found = yield "alert", {"alert": wanted}
    if found.is_empty():
        return
    alert: dict[str, Any] = found.row(0, named=True)
    yield from _each(*evidence_questions(alert))
    yield "alert_suppressions", {"alert": wanted}
    yield "asset", {"asset": alert["asset_id"]}
    yield "alert_history", {"alert": wanted}


def _assets(desk: Desk, query: Mapping[str, str]) -> Questions:
    wanted = query.get("asset")
    if not wanted:
        yield "assets", {}
        return
    found = yield "asset", {"asset": wanted}
    if found.is_empty():
        return
    yield "alert_queue", {"most": 50, "levels": [], "states": [], "sector": "", "wanted": "", "asset": wanted}
    if desk.period is not None:
        yield "asset_activity", {"asset": wanted, **desk.period.parameters}
    yield "findings", {"dataset": "", "asset": wanted, "exposed": 0}
    yield "asset_scores", {"asset": wanted}


def _data_protection(_: Desk, __: Mapping[str, str]) -> Questions:
    yield "datasets", {}


def _data_use(desk: Desk, _: Mapping[str, str]) -> Questions:
    yield from _each(("grants", {}), ("breaches", {}))
    if desk.period is not None:
        yield "data_uses", {name: desk.period.parameters[name] for name in ("since", "until")}


def _health(desk: Desk, _: Mapping[str, str]) -> Questions:
    yield from _each(("sources", desk.window), ("ingested_files", {}), ("silent_sources", silence(desk)))
    yield from _each(("rejects", {}), ("detection_delay", {}), ("detection_runs", {}), ("table_sizes", {}))


def _each(*questions: tuple[str, Mapping[str, object]]) -> Questions:
    for question in questions:  # noqa: UP028 - a tuple takes no answers
        yield question


PAGES: dict[str, Callable[[Desk, Mapping[str, str]], Questions]] = {
    "overview": _overview,
    "alerts": _alerts,
    "assets": _assets,
    "data_protection": _data_protection,
    "data_use": _data_use,
    "health": _health,
}
