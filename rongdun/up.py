"""What keeps Rongdun running: the database, Dagster and the dashboard, started together and stopped together."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import psutil

from rongdun.errors import StartFailed
from rongdun.ports import LOOPBACK, usable_port
from rongdun.settings import Settings
from store import embedded as server
from store.session import embedded

START_SECONDS = 90
STOP_SECONDS = 20
RESTARTS = 3

# -P: a folder called `store` where the caller happens to stand is not ours.
_MODULE = (sys.executable, "-P", "-m")

_DAGSTER_YAML = """\
# Written by `rongdun up`. One run at a time per kind keeps two cores usable.
telemetry:
  enabled: false
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    max_concurrent_runs: 2
    tag_concurrency_limits:
      - key: rongdun/kind
        value:
          applyLimitPerUniqueValue: true
        limit: 1
retention:
  schedule:
    purge_after_days: 7
  sensor:
    purge_after_days: 7
"""


@dataclass(frozen=True)
class Running:
    """Where the parts of one home answer, and the process that holds them."""

    pid: int
    started: float
    dashboard: str
    dagster: str


@dataclass
class Part:
    """One process of ours and how to start it again."""

    name: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes]
    restarts: int = 0


def running(settings: Settings) -> Running | None:
    """What runs for this home, or None; a process id that now belongs to someone else counts as None."""
    try:
        found = Running(**json.loads(_state(settings).read_text(encoding="utf-8")))
        alive = abs(psutil.Process(found.pid).create_time() - found.started) < 1
    except (FileNotFoundError, psutil.NoSuchProcess, json.JSONDecodeError, TypeError):
        return None
    return found if alive else None


def serve(settings: Settings, announce: Callable[[Running], None]) -> None:
    """Run everything until SIGINT or SIGTERM; calls `announce` once the pages answer.

    Raises:
        PortTaken: a configured port is in use.
        StartFailed: a part did not come up, or kept falling down.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    dashboard = usable_port(settings.dashboard_port, "RONGDUN_DASHBOARD_PORT")
    dagster = usable_port(settings.dagster_port, "RONGDUN_DAGSTER_PORT")
    had_database = server.running_endpoint(settings.run_folder) is not None
    if settings.clickhouse_url is None:
        embedded(settings, stays=True)
    parts: list[Part] = []
    try:
        parts = [_start(name, command, settings) for name, command in _commands(settings, dashboard, dagster).items()]
        now = Running(
            os.getpid(),
            psutil.Process().create_time(),
            f"http://{LOOPBACK}:{dashboard}",
            f"http://{LOOPBACK}:{dagster}",
        )
        _await(f"{now.dashboard}/_stcore/health", parts)
        _await(f"{now.dagster}/server_info", parts)
        _state(settings).write_text(json.dumps(asdict(now)), encoding="utf-8")
        announce(now)
        _watch(parts, settings)
    except KeyboardInterrupt:
        pass
    finally:
        _state(settings).unlink(missing_ok=True)
        for part in parts:
            _end(part.process)
        if settings.clickhouse_url is None and not had_database:
            server.stop(settings.run_folder)


def start_detached(settings: Settings) -> Running:
    """What runs for this home, started in the background when it did not run yet.

    Raises:
        StartFailed: it did not come up; the message ends with its log.
    """
    found = running(settings)
    if found is not None:
        return found
    log = _logs(settings) / "up.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module name
            [*_MODULE, "rongdun", "up"],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,
        )
    deadline = time.monotonic() + 2 * START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        found = running(settings)
        if found is not None:
            return found
        time.sleep(0.2)
    raise StartFailed(f"rongdun did not come up; the end of {log}:\n{_tail(log)}")


def stop(settings: Settings) -> bool:
    """Whether something ran for this home and was stopped."""
    found = running(settings)
    if found is not None:
        process = psutil.Process(found.pid)
        process.terminate()
        process.wait(timeout=2 * STOP_SECONDS)
    return server.stop(settings.run_folder) or found is not None


def dagster_home(settings: Settings) -> Path:
    """Dagster's folder, with its configuration in place."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    (settings.dagster_home / "dagster.yaml").write_text(_DAGSTER_YAML, encoding="utf-8")
    return settings.dagster_home


def _commands(settings: Settings, dashboard: int, dagster: int) -> dict[str, list[str]]:
    dagster_home(settings)
    settings.inbox.mkdir(parents=True, exist_ok=True)
    code = ["-m", "pipelines.definitions"]
    app = Path(__file__).parents[1] / "dashboards" / "app.py"
    return {
        "dagster-webserver": ["dagster_webserver", "-h", LOOPBACK, "-p", str(dagster), *code],
        "dagster-daemon": ["dagster._daemon", "run", *code],
        "dashboard": ["streamlit", "run", str(app), *_streamlit_flags(dashboard)],
    }


def _streamlit_flags(port: int) -> list[str]:
    return [
        f"--server.address={LOOPBACK}",
        f"--server.port={port}",
        "--server.headless=true",
        "--server.fileWatcherType=none",
        "--browser.gatherUsageStats=false",
    ]


def _start(name: str, command: list[str], settings: Settings) -> Part:
    log = _logs(settings) / f"{name}.log"
    return Part(name, command, log, _spawn(command, log, settings))


def _spawn(command: list[str], log: Path, settings: Settings) -> subprocess.Popen[bytes]:
    # Absolute, since the parts stand in the home and not where the person stands.
    places = {"home": settings.home, "rules": settings.rules, "inventory": settings.inventory}
    named = {f"RONGDUN_{name.upper()}": str(place) for name, place in places.items() if place is not None}
    environment = {**os.environ, **named, "DAGSTER_HOME": str(settings.dagster_home)}
    with log.open("ab") as sink:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and our own module names
            [*_MODULE, *command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            env=environment,
            cwd=settings.home,
        )


def _await(url: str, parts: list[Part]) -> None:
    # A proxy that the environment names has no business on loopback.
    directly = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        for part in parts:
            if part.process.poll() is not None:
                raise StartFailed(f"{part.name} ended while starting; the end of {part.log}:\n{_tail(part.log)}")
        try:
            with directly.open(url, timeout=2):
                return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    raise StartFailed(f"{url} did not answer within {START_SECONDS} s")


def _watch(parts: list[Part], settings: Settings) -> None:
    """Start again what falls down; asking the database each time also keeps it from ending itself as idle."""
    while True:
        time.sleep(5)
        if settings.clickhouse_url is None and server.running_endpoint(settings.run_folder) is None:
            embedded(settings, stays=True)
        for part in parts:
            if part.process.poll() is None:
                continue
            if part.restarts == RESTARTS:
                raise StartFailed(
                    f"{part.name} fell down {RESTARTS + 1} times; the end of {part.log}:\n{_tail(part.log)}"
                )
            part.restarts += 1
            part.process = _spawn(part.command, part.log, settings)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    children = psutil.Process(process.pid).children(recursive=True)
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    for orphan in psutil.wait_procs(children, timeout=5)[1]:
        orphan.kill()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _state(settings: Settings) -> Path:
    return settings.run_folder / "up.json"


def _logs(settings: Settings) -> Path:
    folder = settings.run_folder / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:])
