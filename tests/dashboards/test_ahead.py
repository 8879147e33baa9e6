"""What is asked while a browser gets ready: what the page will ask, once, never stale, and only for a browser."""

import threading
import uuid

import polars as pl
import pytest
from starlette.requests import Request
from streamlit.testing.v1 import AppTest

from dashboards.ahead import Page, page_asked
from dashboards.desk import FIRST_PERIOD, Desk, with_period
from dashboards.foreseen import FORESEEN, Foreseen
from dashboards.translation import words_in
from dashboards.views.asked_first import questions_of
from store.client import Store
from store.errors import QueryFailed
from tests.dashboards.city import ROOT, fill
from tests.dashboards.conftest import ENDS, RULES
from tests.dashboards.desk_script import desk_script

ANSWER = pl.DataFrame({"alerts": [3]})
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened_ahead(store: Store, page: str, **query: str) -> list[str]:
    """The names that are asked ahead for a page, and are not shared; the page is run then, over the same database."""
    key = uuid.uuid4().hex
    first = Desk(words_in("zh"), key, store, lambda: store, ROOT, ROOT, RULES)
    desk = with_period(first, FIRST_PERIOD)
    FORESEEN.forget()
    asked = []
    questions = questions_of(page, desk, query)
    question = next(questions)
    while True:
        before = len(FORESEEN)
        answer = desk.ask_ahead(*question)
        if len(FORESEEN) > before:
            asked.append(question[0])
        try:
            question = questions.send(answer)
        except StopIteration:
            break
    assert len(FORESEEN) == len(asked)
    app = AppTest.from_function(desk_script, default_timeout=120, args=(store, page, ROOT, str(RULES), key))
    for name, value in query.items():
        app.query_params[name] = value
    assert not app.run().exception
    return asked


@pytest.mark.parametrize(
    ("page", "query", "asked"),
    [
        ("overview", {}, ["assets", "alert_counts", "detection_delay", "entity_risk", "alert_trend"]),
        ("alerts", {}, ["alert_counts", "alert_groups", "suppressions"]),
        ("alerts", {"group": "a"}, ["alert_groups", "alert_children"]),
        ("alerts", {"alert": "a"}, ["alert", "alert_log_events", "alert_suppressions", "asset", "alert_history"]),
        ("alerts", {"alert": "none like this"}, ["alert"]),
        ("assets", {}, ["assets"]),
        ("assets", {"asset": "a"}, ["asset", "alert_queue", "asset_activity", "findings", "asset_scores"]),
        ("assets", {"asset": "none like this"}, ["asset"]),
        ("data_protection", {}, ["datasets"]),
        ("data_use", {}, ["grants", "breaches", "data_uses"]),
        (
            "health",
            {},
            ["ingested_files", "silent_sources", "rejects", "detection_delay", "detection_runs", "table_sizes"],
        ),
    ],
)
def test_a_page_finds_every_answer_that_was_asked_ahead(
    store: Store, page: str, query: dict[str, str], asked: list[str]
) -> None:
    fill(store, ends=ENDS)
    known = {
        "alert": "SELECT alert_id FROM alerts WHERE event_table = 'log_events' ORDER BY alert_id LIMIT 1",
        "group": "SELECT alert_id FROM alerts ORDER BY alert_id LIMIT 1",
        "asset": "SELECT asset_id FROM monitored_assets ORDER BY asset_id LIMIT 1",
    }
    query = {name: str(store.value(known[name])) if value == "a" else value for name, value in query.items()}
    assert opened_ahead(store, page, **query) == asked
    assert len(FORESEEN) == 0


def test_a_page_that_is_not_known_asks_for_the_frame_only(store: Store) -> None:
    desk = Desk(words_in("zh"), "key", store, lambda: store, ROOT, ROOT, RULES)
    assert [name for name, _ in questions_of("no-page", desk, {})] == ["scopes"]


@pytest.mark.parametrize(
    ("method", "path", "accept", "page"),
    [
        ("GET", "/", BROWSER, ("overview", {}, {})),
        ("GET", "/alerts", BROWSER, ("alerts", {"alert": "A 1"}, {"rongdun_language": "en"})),
        ("GET", "/behind/a/proxy/alerts/", BROWSER, ("alerts", {}, {})),
        ("GET", "/_stcore/health", "*/*", None),
        ("GET", "/static/js/index.js", "*/*", None),
        ("GET", "/alerts", "", None),
        ("POST", "/alerts", BROWSER, None),
        ("HEAD", "/alerts", BROWSER, None),
    ],
)
def test_only_a_browser_that_navigates_is_answered_ahead(
    method: str, path: str, accept: str, page: Page | None
) -> None:
    _, query, cookies = page or ("", {}, {})
    headers = [(b"accept", accept.encode())] if accept else []
    headers += [(b"cookie", f"{name}={value}".encode()) for name, value in cookies.items()]
    text = "&".join(f"{name}={value}".replace(" ", "%20") for name, value in query.items())
    scope = {"type": "http", "method": method, "path": path, "query_string": text.encode(), "headers": headers}
    assert page_asked(Request({**scope, "root_path": "", "server": ("127.0.0.1", 80), "scheme": "http"})) == page


class TestForeseen:
    def test_an_answer_is_taken_once(self) -> None:
        foreseen = Foreseen()
        foreseen.get("db", "alert_counts", {"scope": ROOT}, lambda: ANSWER)
        assert foreseen.take("db", "alert_counts", {"scope": ROOT}) is ANSWER
        assert foreseen.take("db", "alert_counts", {"scope": ROOT}) is None

    @pytest.mark.parametrize(
        ("database", "name", "parameters"),
        [
            ("other", "alert_counts", {"scope": ROOT}),
            ("db", "alert", {"scope": ROOT}),
            ("db", "alert_counts", {"scope": f"{ROOT}/gulou"}),
            ("db", "alert_counts", {}),
        ],
    )
    def test_another_question_finds_nothing(self, database: str, name: str, parameters: dict[str, object]) -> None:
        foreseen = Foreseen()
        foreseen.get("db", "alert_counts", {"scope": ROOT}, lambda: ANSWER)
        assert foreseen.take(database, name, parameters) is None

    @pytest.mark.parametrize(("seconds", "found"), [(4.9, True), (5.0, False), (60.0, False)])
    def test_an_answer_lasts_five_seconds(self, seconds: float, *, found: bool) -> None:
        clock = Clock()
        foreseen = Foreseen(clock)
        foreseen.get("db", "alert_counts", {}, lambda: ANSWER)
        clock.now += seconds
        assert (foreseen.take("db", "alert_counts", {}) is not None) == found

    def test_a_decision_makes_all_of_them_old(self) -> None:
        foreseen = Foreseen()
        foreseen.get("db", "alert_counts", {}, lambda: ANSWER)
        foreseen.forget()
        assert foreseen.take("db", "alert_counts", {}) is None

    def test_a_refusal_is_raised_and_leaves_the_question_to_the_page(self) -> None:
        def refused() -> pl.DataFrame:
            raise QueryFailed("too slow", code=159)

        foreseen = Foreseen()
        with pytest.raises(QueryFailed):
            foreseen.get("db", "alert_counts", {}, refused)
        assert foreseen.take("db", "alert_counts", {}) is None

    def test_who_takes_an_answer_that_is_on_its_way_waits_for_it(self) -> None:
        foreseen, begun, go_on = Foreseen(), threading.Event(), threading.Event()

        def slow() -> pl.DataFrame:
            begun.set()
            go_on.wait(10)
            return ANSWER

        asking = threading.Thread(target=foreseen.get, args=("db", "alert_counts", {}, slow))
        asking.start()
        assert begun.wait(10)
        threading.Timer(0.05, go_on.set).start()
        assert foreseen.take("db", "alert_counts", {}) is ANSWER
        asking.join(10)

    def test_it_keeps_a_hundred_and_no_more(self) -> None:
        foreseen = Foreseen()
        for number in range(150):
            foreseen.get("db", "alert", {"alert": number}, lambda: ANSWER)
        assert len(foreseen) == 100
