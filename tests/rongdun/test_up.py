"""Starting parts: nothing of where the person stands, and no proxy, comes between them."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import psutil
import pytest

from rongdun import parts
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
    monkeypatch.setattr(parts, "START_SECONDS", 1)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    parts.await_answer(page, [])


def test_a_part_stands_in_the_home_and_is_told_absolute_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "timeit.py").write_text("raise SystemExit('not ours')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RONGDUN_RULES", "content")
    settings = Settings(home=Path("home"))
    log = tmp_path / "part.log"
    said = "import os; print(os.getcwd(), os.environ['RONGDUN_HOME'], os.environ['RONGDUN_RULES'])"
    process: subprocess.Popen[bytes] = parts.spawn(["timeit", "-n1", "-r1", said], log, settings)
    assert process.wait(30) == 0, log.read_text(encoding="utf-8")
    home = tmp_path / "home"
    assert log.read_text(encoding="utf-8").splitlines()[0] == f"{home} {home} {tmp_path / 'content'}"


def test_parts_that_outlived_their_supervisor_are_ended(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    sleeper = parts.start_part("timeit", ["timeit", "-n1", "-r1", "import time; time.sleep(60)"], settings)
    parts.note_parts(settings, [sleeper])
    assert parts.end_leftovers(settings)
    assert not psutil.pid_exists(sleeper.process.pid)
    sleeper.process.wait()
    assert not parts.end_leftovers(settings)


@pytest.mark.parametrize("noted", ["", "[1]", "{}", "[[1, 2, 3]]", "null", '[["x", 0]]'])
def test_a_damaged_note_of_parts_is_no_note(tmp_path: Path, noted: str) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "parts.json").write_text(noted, encoding="utf-8")
    assert not parts.end_leftovers(Settings(home=tmp_path))


def test_a_process_id_that_now_is_someone_elses_is_left_alone(tmp_path: Path) -> None:
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "parts.json").write_text(f"[[{stranger.pid}, 5.0]]", encoding="utf-8")
        assert not parts.end_leftovers(Settings(home=tmp_path))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
