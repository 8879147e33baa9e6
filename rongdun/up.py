"""What keeps Rongdun running: the database, Dagster and the dashboard, started together and stopped together."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from rongdun.errors import StartFailed
from rongdun.parts import (
    MODULE,
    START_SECONDS,
    STOP_SECONDS,
    Part,
    await_answer,
    end_leftovers,
    end_process,
    log_folder,
    note_parts,
    spawn,
    start_part,
    tail,
)
from rongdun.ports import LOOPBACK, usable_port
from rongdun.settings import Settings
from store import embedded as server
from store.files import write_whole
from store.lock import one_at_a_time
from store.session import embedded

RESTARTS = 3

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
# A run whose process was killed is failed within seconds and repeated from the step it was in, at most three times;
# a step that fails for a reason of its own would fail again, and is not.
run_launcher:
  module: pipelines.runs
  class: WatchedRunLauncher
run_monitoring:
  enabled: true
  poll_interval_seconds: 15
run_retries:
  enabled: true
  max_retries: 3
  retry_on_asset_or_op_failure: false
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


def running(settings: Settings) -> Running | None:
    """What runs for this home, or None; a process id that now belongs to someone else counts as None."""
    try:
        found = Running(**json.loads(_state(settings).read_text(encoding="utf-8")))
        alive = abs(psutil.Process(found.pid).create_time() - found.started) < 1
    except (FileNotFoundError, psutil.NoSuchProcess, json.JSONDecodeError, TypeError):
        return None
    return found if alive else None


def serve(settings: Settings, announce: Callable[[Running], None]) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP; calls `announce` once the pages answer.

    When another process has everything running already, or is just starting it, announces that one and returns.

    Raises:
        PortTaken: a configured port is in use.
        StartFailed: a part did not come up, or kept falling down.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    had_database = server.running_endpoint(settings.run_folder) is not None
    parts: list[Part] = []
    try:
        with one_at_a_time(settings.run_folder / "up.lock"):
            found = running(settings)
            now = found or _come_up(settings, parts)
        announce(now)
        if found is None:
            _watch(parts, settings)
    except KeyboardInterrupt:
        pass  # asked to stop: what was started is ended below
    finally:
        if parts:
            _state(settings).unlink(missing_ok=True)
            for part in parts:
                end_process(part.process)
            if settings.clickhouse_url is None and not had_database:
                server.stop(settings.run_folder)


def _come_up(settings: Settings, parts: list[Part]) -> Running:
    """Start every part, into `parts`; where they answer, once they do."""
    end_leftovers(settings)
    dashboard = usable_port(settings.dashboard_port, "RONGDUN_DASHBOARD_PORT")
    dagster = usable_port(settings.dagster_port, "RONGDUN_DAGSTER_PORT")
    if settings.clickhouse_url is None:
        embedded(settings, stays=True)
    commands = _commands(settings, dashboard, dagster)
    daemon = commands.pop("dagster-daemon")
    for name, command in commands.items():
        parts.append(start_part(name, command, settings))
        note_parts(settings, parts)
    now = Running(
        os.getpid(),
        psutil.Process().create_time(),
        f"http://{LOOPBACK}:{dashboard}",
        f"http://{LOOPBACK}:{dagster}",
    )
    await_answer(f"{now.dashboard}/_stcore/health", parts)
    await_answer(f"{now.dagster}/server_info", parts)
    # In a fresh home two processes of Dagster at once would trip over each other making its tables.
    parts.append(start_part("dagster-daemon", daemon, settings))
    note_parts(settings, parts)
    write_whole(_state(settings), json.dumps(asdict(now)))
    return now


def start_detached(settings: Settings) -> Running:
    """What runs for this home, started in the background when it did not run yet.

    Raises:
        StartFailed: it did not come up; the message ends with its log.
    """
    found = running(settings)
    if found is not None:
        return found
    log = log_folder(settings) / "up.log"
    with log.open("ab") as sink:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and our own module name
            [*MODULE, "rongdun", "up"],
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
    # It may have ended because another one had come up first.
    found = running(settings)
    if found is not None:
        return found
    raise StartFailed(f"rongdun did not come up; the end of {log}:\n{tail(log)}")


def stop(settings: Settings) -> bool:
    """Whether something ran for this home and was stopped."""
    found = running(settings)
    if found is not None:
        process = psutil.Process(found.pid)
        process.terminate()
        process.wait(timeout=2 * STOP_SECONDS)
    left = end_leftovers(settings)
    return server.stop(settings.run_folder) or left or found is not None


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
                    f"{part.name} fell down {RESTARTS + 1} times; the end of {part.log}:\n{tail(part.log)}"
                )
            part.restarts += 1
            part.process = spawn(part.command, part.log, settings)
            note_parts(settings, parts)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _state(settings: Settings) -> Path:
    return settings.run_folder / "up.json"
