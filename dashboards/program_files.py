"""Serve the files of the desk's own program from memory.

A browser that comes for the first time asks for some hundred and forty of them while the page's script runs. Read from
disk by threads, each would wait several times for Python's lock, which the script holds; from memory it is answered at
once.
"""

import mimetypes
from pathlib import Path

import streamlit
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

PROGRAM = Path(streamlit.__file__).with_name("static")
_YEAR_SECONDS = 365 * 24 * 3600  # a file's name changes with what it holds


class ProgramFiles:
    """ASGI middleware that answers for Streamlit's hashed files and hands every other request on.

    Only files that were there when it began have an answer, so that no path leads anywhere else. What was asked for
    once stays in memory: some 6 MB.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        found = (path for path in (PROGRAM / "static").rglob("*") if path.is_file())
        self._files = {f"/{path.relative_to(PROGRAM).as_posix()}": path for path in found}
        self._kept: dict[str, Response] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        answer = self._answer(Request(scope)) if scope["type"] == "http" else None
        await (answer or self._app)(scope, receive, send)

    def _answer(self, request: Request) -> Response | None:
        path = request.url.path
        if request.method != "GET" or path not in self._files or "range" in request.headers:
            return None
        if path not in self._kept:
            self._kept[path] = _response(self._files[path])
        return self._kept[path]


def _response(path: Path) -> Response:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    headers = {"Cache-Control": f"public, immutable, max-age={_YEAR_SECONDS}"}
    return Response(path.read_bytes(), media_type=kind, headers=headers)
