"""Ask what a page needs as soon as a browser asks for its address.

A browser that comes for the first time loads and starts the desk's own program before it opens a session, for most of a
second. The database answers meanwhile.
"""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from assets.errors import AssetError
from dashboards.connection import connections
from dashboards.desk import FIRST_PERIOD, Desk, known_language, with_period
from dashboards.errors import DatabaseAbsent
from dashboards.kept import language_in
from dashboards.translation import words_in
from dashboards.views.asked_first import questions_of
from rongdun.settings import Settings
from store.client import Store
from store.errors import StoreError

_FRONT = "overview"
_LOG = logging.getLogger(__name__)

Page = tuple[str, dict[str, str], dict[str, str]]
"""A page's name, the query of its address, and the cookies that came with it."""


class AskAhead:
    """ASGI middleware that tells `ask` of each page that a browser navigates to, and hands every request on."""

    def __init__(self, app: ASGIApp, ask: Callable[[Page], None]) -> None:
        self._app = app
        self._ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "http" and (page := page_asked(Request(scope))) is not None:
            self._ask(page)
        await self._app(scope, receive, send)


def page_asked(request: Request) -> Page | None:
    """The page that a browser navigates to, None where it asks for anything else."""
    if request.method != "GET" or not request.headers.get("accept", "").startswith("text/html"):
        return None
    name = request.url.path.rstrip("/").rpartition("/")[2] or _FRONT
    return name, dict(request.query_params), request.cookies


class Asker:
    """Asks for one page at a time; a page that comes meanwhile asks for itself."""

    def __init__(self) -> None:
        self._worker = ThreadPoolExecutor(1, "ask-ahead")
        self._free = BoundedSemaphore()

    def ask(self, page: Page) -> None:
        """Begin to ask for a page, if nothing else is asked; returns at once."""
        if self._free.acquire(blocking=False):
            self._worker.submit(self._asked, page)

    def _asked(self, page: Page) -> None:
        try:
            ask_for(page, Settings())
        except (DatabaseAbsent, StoreError, AssetError) as failed:
            # The page asks the same again, and tells its reader.
            _LOG.info("asked ahead in vain: %s", failed)
        finally:
            self._free.release()


def ask_for(page: Page, settings: Settings) -> None:
    """Ask what a page will, for a reader who has chosen nothing but a language.

    Raises:
        DatabaseAbsent: no database runs.
        StoreError: it refused, or went away.
        AssetError: the thresholds of posture cannot be used.
    """
    connected = connections(settings)
    with connected.reader() as store:
        _ask(page, _first_desk(settings, connected.key, connected.writer, store, page[2]))


def _first_desk(
    settings: Settings, key: str, writer: Callable[[], Store], store: Store, cookies: Mapping[str, str]
) -> Desk:
    desk = Desk(
        words_in(known_language(language_in(cookies), settings.language)),
        key,
        store,
        writer,
        settings.scope,
        settings.scope,
        settings.rules_folder,
        site=settings.site_rules,
        group_minutes=settings.alert_group_minutes,
    )
    return with_period(desk, FIRST_PERIOD)


def _ask(page: Page, desk: Desk) -> None:
    name, query, _ = page
    questions = questions_of(name, desk, query)
    try:
        question = next(questions)
        while True:
            question = questions.send(desk.ask_ahead(*question))
    except StopIteration:
        return
