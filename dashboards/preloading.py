"""Say with a page's address which parts of the desk's program it will need, so that a browser fetches them at once.

Streamlit's program asks for the part that draws a table when the first table arrives, for the part that this one needs
when it has that, and so on: each waits for the page's script and for the one before.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboards.ahead import page_asked
from dashboards.program_files import PROGRAM

_SCRIPTS = PROGRAM / "static" / "js"
_NEEDS = re.compile(r'(?:\bfrom|\bimport)\s*"\./([\w.-]+\.js)"')

Parts = tuple[str, ...]
"""Names of parts of Streamlit's program: those of its files before the hash."""


class Preload:
    """ASGI middleware: the parts that `needed` names for a page and its query are links of its answer (RFC 8288)."""

    def __init__(self, app: ASGIApp, needed: Callable[[str, dict[str, str]], Parts]) -> None:
        self._app = app
        self._needed = needed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        page = page_asked(Request(scope)) if scope["type"] == "http" else None
        if page is None:
            await self._app(scope, receive, send)
            return
        links = preloads(self._needed(page[0], page[1]))

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message).append("Link", links)
            await send(message)

        await self._app(scope, receive, told if links else send)


@cache
def preloads(parts: Parts) -> str:
    """A `Link` header for the files of some parts and all that these import, but what every page loads anyway."""
    files = _closed(_files(parts)) - _closed(_files(("index",)))
    return ", ".join(f"</static/js/{name}>; rel=modulepreload" for name in sorted(files))


def _files(parts: Iterable[str]) -> set[str]:
    return {path.name for part in parts for path in _SCRIPTS.glob(f"{part}.*.js")}


def _closed(names: set[str]) -> set[str]:
    found, fresh = set[str](), names
    while fresh:
        found |= fresh
        fresh = {needed for name in fresh for needed in _needs(name)} - found
    return found


@cache
def _needs(name: str) -> frozenset[str]:
    path = _SCRIPTS / name
    return frozenset(_NEEDS.findall(path.read_text(encoding="utf-8"))) if path.is_file() else frozenset()
