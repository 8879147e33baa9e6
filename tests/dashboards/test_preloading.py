"""Parts of the desk's program that a page will need are named with its address, and nothing else is."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send

from dashboards.preloading import Preload, preloads
from dashboards.program_files import PROGRAM
from dashboards.views.asked_first import PAGES
from dashboards.views.parts import parts_of

BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"
SCRIPTS = PROGRAM / "static" / "js"


def linked(path: str, accept: str = BROWSER, status: int = 200, query: bytes = b"") -> str:
    """The `Link` header of an answer."""
    sent: list[Message] = []

    async def page(_: Scope, __: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query,
        "headers": [(b"accept", accept.encode())],
    }
    asyncio.run(Preload(page, parts_of)(scope, receive, send))
    headers: dict[bytes, bytes] = dict(sent[0]["headers"])
    return headers.get(b"link", b"").decode()


def named(header: str) -> list[str]:
    """The names of the files in a header, without their hashes."""
    return [entry.split("/static/js/")[1].split(".")[0] for entry in header.split(", ")]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("query", [{}, {"alert": "a"}, {"asset": "a"}])
def test_every_part_that_is_named_is_one_of_streamlit(page: str, query: dict[str, str]) -> None:
    parts = parts_of(page, query)
    assert [part for part in parts if not list(SCRIPTS.glob(f"{part}.*.js"))] == []
    files = [entry.split(">")[0].removeprefix("</static/js/") for entry in preloads(parts).split(", ")]
    assert [name for name in files if not (SCRIPTS / name).is_file()] == []


@pytest.mark.parametrize(
    ("path", "query", "with_it", "without"),
    [
        ("/", b"", {"DataFrame", "arrowFormatUtils", "embed", "Selectbox"}, {"index", "react-dom", "TextArea"}),
        ("/alerts", b"", {"DataFrame", "TextInput"}, {"embed"}),
        ("/alerts", b"alert=a1", {"TextArea", "Radio", "Html"}, {"DataFrame", "embed"}),
        ("/assets", b"asset=a1", {"DataFrame", "embed"}, {"TextArea"}),
    ],
)
def test_a_page_names_what_it_is_drawn_with(path: str, query: bytes, with_it: set[str], without: set[str]) -> None:
    found = set(named(linked(path, query=query)))
    assert with_it <= found
    assert not without & found


@pytest.mark.parametrize(
    ("path", "accept", "status"),
    [("/static/js/x.js", "*/*", 200), ("/", "*/*", 200), ("/", BROWSER, 404), ("/", "", 200)],
)
def test_nothing_is_added_to_other_answers(path: str, accept: str, status: int) -> None:
    assert linked(path, accept, status) == ""
