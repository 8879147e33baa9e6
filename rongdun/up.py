"""What runs for a home, seen from outside: finding it, starting it in the background, stopping it."""

import json
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from rongdun.errors import StartFailed
from rongdun.parts import MODULE, START_SECONDS, STOP_SECONDS, end_leftovers, log_folder, tail
from rongdun.settings import Settings
from store import embedded as server
from store.files import write_whole
from store.processes import Ending, end, recognised

# The supervisor ends its parts one after the other, and then the database, which may not listen either.
_SUPERVISOR_SECONDS = 6 * STOP_SECONDS


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
    except (FileNotFoundError, json.JSONDecodeError, TypeError):
        return None
    return found if recognised(found.pid, found.started) else None


def note(settings: Settings, now: Running) -> None:
    """Write down what runs, for `running` of other processes."""
    write_whole(_state(settings), json.dumps(asdict(now)))


def forget(settings: Settings) -> None:
    """Nothing runs for this home any more."""
    _state(settings).unlink(missing_ok=True)


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


def stop(settings: Settings) -> list[str]:
    """What was stopped for this home, and how where it did not end when asked; empty when nothing ran.

    Raises:
        ConnectionFailed: nothing ends the database.
    """
    stopped: list[str] = []
    found = running(settings)
    # One that hangs is ended first: the supervisor would wait for it as well, and could not say so here.
    if server.running_endpoint(settings.run_folder) is None:
        stopped += _stop_database(settings)
    supervisor = recognised(found.pid, found.started) if found else None
    if supervisor is not None:
        database = server.server_process(settings.run_folder)
        stopped.append(_how("rongdun up", supervisor.pid, end(supervisor, grace_seconds=_SUPERVISOR_SECONDS)))
        stopped += ["the database"] if database is not None and not database.is_running() else []
    if end_leftovers(settings):
        stopped.append("parts that an earlier `rongdun up` had left")
    return stopped + _stop_database(settings)


def _stop_database(settings: Settings) -> list[str]:
    process = server.server_process(settings.run_folder)
    ending = server.stop(settings.run_folder)
    if process is None or ending is None:
        return []
    acknowledged = "; what it had acknowledged is on disk" if ending is Ending.KILLED else ""
    return [_how("the database", process.pid, ending) + acknowledged]


def _how(name: str, pid: int, ending: Ending | None) -> str:
    return name if ending is Ending.ASKED else f"{name} (process {pid}), which did not end when asked and was killed"


def _state(settings: Settings) -> Path:
    return settings.run_folder / "up.json"
