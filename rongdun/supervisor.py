"""The process of `rongdun up`: starts the database, Dagster and the dashboard, watches them, ends them with itself."""

import os
import signal
import time
from collections.abc import Callable

import psutil

from rongdun.dagster_home import dagster_home
from rongdun.errors import StartFailed
from rongdun.parts import Part, await_answer, end_leftovers, end_process, note_parts, spawn, start_part, tail
from rongdun.ports import LOOPBACK, usable_port
from rongdun.settings import Settings
from rongdun.up import Running, forget, note, running
from store import embedded as server
from store.errors import StoreTaken
from store.lock import one_at_a_time
from store.session import embedded

RESTARTS = 3

Say = Callable[[str], None]


def serve(settings: Settings, announce: Callable[[Running], None], say: Say) -> None:
    """Run everything until SIGINT, SIGTERM or SIGHUP.

    When another process has everything running already, or is just starting it, announces that one and returns.

    Args:
        settings: of the home that is served.
        announce: called once, when the pages answer.
        say: called with what is waited for until then.

    Raises:
        PortTaken: a configured port is in use.
        StartFailed: a part did not come up, or kept falling down.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    had_database = server.server_process(settings.run_folder) is not None
    parts: list[Part] = []
    try:
        with one_at_a_time(settings.run_folder / "up.lock"):
            found = running(settings)
            now = found or _come_up(settings, parts, say)
        announce(now)
        if found is None:
            _watch(parts, settings)
    except KeyboardInterrupt:
        pass  # asked to stop: what was started is ended below
    finally:
        if parts:
            forget(settings)
            for part in parts:
                end_process(part.process)
            if settings.clickhouse_url is None and not had_database:
                server.stop(settings.run_folder)


def _come_up(settings: Settings, parts: list[Part], say: Say) -> Running:
    """Start every part, into `parts`; where they answer, once they do."""
    end_leftovers(settings)
    dashboard = usable_port(settings.dashboard_port, "RONGDUN_DASHBOARD_PORT")
    dagster = usable_port(settings.dagster_port, "RONGDUN_DAGSTER_PORT")
    if settings.clickhouse_url is None:
        say("the database")
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
    say("the dashboard")
    await_answer(f"{now.dashboard}/_stcore/health", parts)
    say("Dagster")
    await_answer(f"{now.dagster}/server_info", parts)
    # In a fresh home two processes of Dagster at once would trip over each other making its tables.
    parts.append(start_part("dagster-daemon", daemon, settings))
    note_parts(settings, parts)
    note(settings, now)
    return now


def _commands(settings: Settings, dashboard: int, dagster: int) -> dict[str, list[str]]:
    dagster_home(settings)
    settings.inbox.mkdir(parents=True, exist_ok=True)
    code = ["-m", "pipelines.definitions"]
    listen = {"listen": ["rongdun", "listen"]} if settings.listens else {}
    return {
        **listen,
        "dagster-webserver": ["dagster_webserver", "-h", LOOPBACK, "-p", str(dagster), *code],
        "dagster-daemon": ["dagster._daemon", "run", *code],
        "dashboard": ["dashboards.serving", *_streamlit_flags(dashboard)],
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
            _revive_database(settings)
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


def _revive_database(settings: Settings) -> None:
    try:
        embedded(settings, stays=True)
    except StoreTaken:
        # Ours runs, and did not answer for a minute: nobody is served by it. Another's is left alone.
        if server.stop(settings.run_folder) is None:
            raise
        embedded(settings, stays=True)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
