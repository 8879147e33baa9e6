"""Starting parts: nothing of where the person stands, and no proxy, comes between them."""

import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from rongdun import up
from rongdun.settings import Settings


class _Healthy(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def page() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Healthy) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_proxy_of_the_environment_is_not_asked_about_loopback(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(up, "START_SECONDS", 1)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    up._await(page, [])


def test_a_part_stands_in_the_home_and_is_told_absolute_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "timeit.py").write_text("raise SystemExit('not ours')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RONGDUN_RULES", "content")
    settings = Settings(home=Path("home"))
    log = tmp_path / "part.log"
    said = "import os; print(os.getcwd(), os.environ['RONGDUN_HOME'], os.environ['RONGDUN_RULES'])"
    process: subprocess.Popen[bytes] = up._spawn(["timeit", "-n1", "-r1", said], log, settings)
    assert process.wait(30) == 0, log.read_text(encoding="utf-8")
    home = tmp_path / "home"
    assert log.read_text(encoding="utf-8").splitlines()[0] == f"{home} {home} {tmp_path / 'content'}"
