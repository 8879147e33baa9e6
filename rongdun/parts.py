"""The processes that `rongdun up` looks after: started, awaited, written down, ended."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psutil

from rongdun.errors import StartFailed
from rongdun.settings import Settings
from store.files import write_whole

START_SECONDS = 90
STOP_SECONDS = 20

# -P: a folder called `store` where the caller happens to stand is not ours.
MODULE = (sys.executable, "-P", "-m")


@dataclass
class Part:
    """One process of ours and how to start it again."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes]
    restarts: int = 0


def start_part(name: str, command: list[str], settings: Settings) -> Part:
    """A part of this name, started; its output goes to a log of that name."""
    log = log_folder(settings) / f"{name}.log"
    return Part(name, command, log, spawn(command, log, settings))


def spawn(command: list[str], log: Path, settings: Settings) -> subprocess.Popen[bytes]:
    """A process of ours that stands in the home and writes to the log."""
    # Absolute, since the parts stand in the home and not where the person stands.
    names = (
        "home",
        "rules",
        "inventory",
        "listen_tls_certificate",
        "listen_tls_key",
        "listen_tls_client_ca",
        "listen_folder",
    )
    places: dict[str, Path | None] = {name: getattr(settings, name) for name in names}
    named = {f"RONGDUN_{name.upper()}": str(place) for name, place in places.items() if place is not None}
    if settings.listen_captures:
        named["RONGDUN_LISTEN_CAPTURES"] = json.dumps([str(folder) for folder in settings.listen_captures])
    # Dagster starts processes of its own from here: a home with rules of its own has a folder called like our package.
    named |= {"DAGSTER_HOME": str(settings.dagster_home), "PYTHONSAFEPATH": "1"}
    environment = {**os.environ, **named}
    with log.open("ab") as sink:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own module names
            [*MODULE, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment,
            cwd=settings.home,
        )


def await_answer(url: str, parts: list[Part]) -> None:
    """Come back once a page answers.

    Raises:
        StartFailed: a part ended meanwhile, or nothing answered in time.
    """
    # A proxy that the environment names has no business on loopback.
    directly = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for part in parts:
            if part.process.poll() is not None:
                raise StartFailed(f"{part.name} ended while starting; the end of {part.log}:\n{tail(part.log)}")
        try:
            with directly.open(url, timeout=2):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise StartFailed(f"{url} did not answer within {START_SECONDS} s")


def end_process(process: psutil.Process | subprocess.Popen[bytes]) -> None:
    """End a process and what it started: asked first, killed when it does not listen."""
    try:
        leader = psutil.Process(process.pid)
        family = [*leader.children(recursive=True), leader]
        leader.terminate()
        process.wait(STOP_SECONDS)
    except psutil.NoSuchProcess:
        return
    except (subprocess.TimeoutExpired, psutil.TimeoutExpired):
        leader.kill()
    for orphan in psutil.wait_procs(family, timeout=5)[1]:
        orphan.kill()


def note_parts(settings: Settings, parts: list[Part]) -> None:
    """Write down which processes are ours: should this one be killed, they go on, and the next has to know them."""
    alive = [psutil.Process(part.process.pid) for part in parts if part.process.poll() is None]
    write_whole(_parts(settings), json.dumps([[process.pid, process.create_time()] for process in alive]))


def end_leftovers(settings: Settings) -> bool:
    """Whether parts of a supervisor that was killed were still running; they do not any more."""
    found = False
    for pid, started in _noted_parts(settings):
        try:
            process = psutil.Process(pid)
            if abs(process.create_time() - started) < 1:
                found = True
                end_process(process)
        except psutil.NoSuchProcess:
            continue
    _parts(settings).unlink(missing_ok=True)
    return found


def _noted_parts(settings: Settings) -> list[tuple[int, float]]:
    try:
        return [(int(pid), float(at)) for pid, at in json.loads(_parts(settings).read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError, TypeError):
        return []


def _parts(settings: Settings) -> Path:
    return settings.run_folder / "parts.json"


def log_folder(settings: Settings) -> Path:
    """Where the parts of a home write what they say; made if absent."""
    folder = settings.run_folder / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def tail(log: Path) -> str:
    """The last lines of a log."""
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
