"""The desk's own program from memory: what Streamlit would answer, and nothing else."""

import asyncio

import pytest
from starlette.types import Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_static_routes import create_streamlit_static_handler

from dashboards.program_files import PROGRAM, ProgramFiles

SCRIPT = next(f"/static/js/{path.name}" for path in sorted((PROGRAM / "static" / "js").glob("index.*.js")))
STYLE = next(f"/static/css/{path.name}" for path in sorted((PROGRAM / "static" / "css").glob("*.css")))
FONT = next(f"/static/media/{path.name}" for path in sorted((PROGRAM / "static" / "media").glob("*.woff2")))


async def handed_on(_: Scope, __: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 299, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def asked(app: object, path: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of an application's answer."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()  # a client that stays until it has the answer
        raise AssertionError

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("127.0.0.1", 80),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(app(scope, receive, send))  # type: ignore[operator]
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("path", [SCRIPT, STYLE, FONT])
def test_a_file_is_answered_as_streamlit_answers_it(path: str) -> None:
    streamlit = create_streamlit_static_handler(str(PROGRAM), "")
    files = ProgramFiles(handed_on)
    for _ in range(2):
        status, headers, body = asked(files, path)
        expected = asked(streamlit, path)
        assert (status, body) == (expected[0], expected[2])
        for name in ("content-type", "cache-control", "content-length"):
            assert headers[name] == expected[1][name]


@pytest.mark.parametrize(
    ("path", "method", "headers"),
    [
        ("/", "GET", {}),
        ("/index.html", "GET", {}),
        ("/static/js/absent.js", "GET", {}),
        ("/static/js", "GET", {}),
        ("/static/../index.html", "GET", {}),
        ("/static/js/../../../config.py", "GET", {}),
        ("//static/js/x.js", "GET", {}),
        (SCRIPT, "HEAD", {}),
        (SCRIPT, "POST", {}),
        (SCRIPT, "GET", {"range": "bytes=0-9"}),
    ],
)
def test_everything_else_is_handed_on(path: str, method: str, headers: dict[str, str]) -> None:
    assert asked(ProgramFiles(handed_on), path, method, **headers)[0] == 299
