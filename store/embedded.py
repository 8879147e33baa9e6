"""The database that Rongdun brings along, seen from outside: starting it, finding it, stopping it."""

import base64
import http.client
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from store.credentials import User, load_or_create
from store.errors import ConnectionFailed, StoreTaken
from store.processes import EXIT_TAKEN, Ending, end, exit_code, recognised, spawned

DATABASE = "rongdun"

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_HUNG_SECONDS = 20.0  # twice what the server itself gives to what still runs when it is asked to end
_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.05
_LOG_LINES = 15


@dataclass(frozen=True)
class Endpoint:
    """Where an embedded server answers, and where its passwords are.

    Attributes:
        pid, started: its process, and when that began (s since 1970): a process id alone may come to be another's.
    """

    host: str
    port: int
    pid: int
    started: float
    password_file: Path

    def dsn(self, user: User = "rongdun") -> str:
        """The address for `Store.connect`, password included: not for a log."""
        password = quote(load_or_create(self.password_file)[user], safe="")
        return f"clickhouse://{user}:{password}@{self.host}:{self.port}/{DATABASE}"


def spool_of(folder: Path) -> Path:
    """Where the server that keeps its data in a folder looks for rows that are handed to it as files."""
    return folder / "spool"


def start_detached(folder: Path, *, port: int = 0, state: Path, idle_exit: int | None = None) -> Endpoint:
    """The running server of a state folder, started in a session of its own if there is none.

    Args:
        folder: where the database keeps its data.
        port: where to listen on loopback; 0 takes any free one.
        state: where the endpoint, the passwords and `logs/database.log` go.
        idle_exit: seconds without a request after which the server ends; None for never.

    Raises:
        StoreTaken: another server holds the data, or one of this state folder that does not answer.
        ConnectionFailed: it did not start; the message ends with what it said last.
    """
    found = running_endpoint(state)
    if found is not None:
        return found
    log = state / "logs" / "database.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    pid = spawned(_command(folder, port=port, state=state, idle_exit=idle_exit), log)
    return _answering(pid, folder, state, log)


def running_endpoint(state: Path) -> Endpoint | None:
    """The server of a state folder if its process lives and takes our password, else None."""
    endpoint = _announced(state)
    return endpoint if endpoint and recognised(endpoint.pid, endpoint.started) and _answers(endpoint) else None


def server_process(state: Path) -> psutil.Process | None:
    """The living process of the server of a state folder, whether it answers or not."""
    endpoint = _announced(state)
    return recognised(endpoint.pid, endpoint.started) if endpoint else None


def stop(state: Path) -> Ending | None:
    """How the server of a state folder ended, None when there was none; it is gone when this returns.

    One that answers has flushed and closed. One that does not is asked too, but not for long, and then killed: what it
    had acknowledged is on disk.

    Raises:
        ConnectionFailed: nothing ended it.
    """
    process = server_process(state)
    if process is None:
        return None
    grace = _STOP_SECONDS if running_endpoint(state) else _HUNG_SECONDS
    ending = end(process, grace_seconds=grace)
    if ending is None:
        raise ConnectionFailed(f"the database (process {process.pid}) does not end, not even by SIGKILL")
    if ending is Ending.KILLED:
        _endpoint_file(state).unlink(missing_ok=True)
    return ending


def _announced(state: Path) -> Endpoint | None:
    try:
        written = json.loads(_endpoint_file(state).read_text(encoding="utf-8"))
        host, port = str(written["host"]), int(written["port"])
        return Endpoint(host, port, int(written["pid"]), float(written["started"]), _password_file(state))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _answers(endpoint: Endpoint) -> bool:
    """Whether the server there takes our password; a stranger on the port is given the reader's only."""
    claim = f"reader:{load_or_create(endpoint.password_file)['reader']}"
    headers = {"Authorization": "Basic " + base64.b64encode(claim.encode()).decode()}
    connection = http.client.HTTPConnection(endpoint.host, endpoint.port, timeout=_ANSWER_SECONDS)
    try:
        connection.request("POST", "/", b"SELECT 1", headers)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _answering(pid: int, folder: Path, state: Path, log: Path) -> Endpoint:
    deadline = time.monotonic() + _START_SECONDS
    code: int | None = None
    while time.monotonic() < deadline:
        found = running_endpoint(state)
        if found is not None:
            return found
        code = exit_code(pid) if code is None else code
        # Two starts at once: the one that comes second finds the folder taken, and waits for the first to answer.
        if code is not None and not (code == EXIT_TAKEN and _taken_for(folder, state)):
            break
        time.sleep(_POLL_SECONDS)
    if code is None:
        end(psutil.Process(pid), grace_seconds=_HUNG_SECONDS)
    said = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])
    if code == EXIT_TAKEN and _taken_for(folder, state):
        raise StoreTaken(f"the database of {state} runs but does not answer: `rongdun stop` ends it")
    if code == EXIT_TAKEN:
        raise StoreTaken(said.splitlines()[-1])
    raise ConnectionFailed(f"the database did not start; {log} ends with:\n{said}")


def _taken_for(folder: Path, state: Path) -> bool:
    """Whether the process that holds the folder is a server of this state folder."""
    try:
        return str(_endpoint_file(state)) in psutil.Process(int((folder / "lock").read_text())).cmdline()
    except (OSError, ValueError, psutil.Error):
        return False


def _command(folder: Path, *, port: int, state: Path, idle_exit: int | None) -> list[str]:
    # -P: a folder called `store` where the caller happens to stand is not ours.
    command = [sys.executable, "-P", "-m", "store", "--folder", str(folder), "--port", str(port)]
    command += ["--endpoint-file", str(_endpoint_file(state)), "--password-file", str(_password_file(state))]
    return command if idle_exit is None else [*command, "--idle-exit", str(idle_exit)]


def _endpoint_file(state: Path) -> Path:
    return state / "database.json"


def _password_file(state: Path) -> Path:
    return state / "passwords.json"
