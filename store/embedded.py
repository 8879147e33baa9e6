"""The database that Rongdun brings along: starting it, finding it, stopping it; `python -m store.embedded` is it."""

import argparse
import base64
import http.client
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil

from store.credentials import User, load_or_create
from store.errors import ConnectionFailed, StoreError, StoreTaken

DATABASE = "rongdun"

_START_SECONDS = 60.0
_STOP_SECONDS = 60.0
_ANSWER_SECONDS = 10.0
_POLL_SECONDS = 0.05
_LOG_LINES = 15

_EXIT_TAKEN = 3
_EXIT_REFUSED = 2


@dataclass(frozen=True)
class Endpoint:
    """Where an embedded server answers, and where its passwords are."""

    host: str
    port: int
    pid: int
    password_file: Path

    def dsn(self, user: User = "rongdun") -> str:
        """The address for `Store.connect`, password included: not for a log."""
        password = quote(load_or_create(self.password_file)[user], safe="")
        return f"clickhouse://{user}:{password}@{self.host}:{self.port}/{DATABASE}"


def start_detached(folder: Path, *, port: int = 0, state: Path, idle_exit: int | None = None) -> Endpoint:
    """The running server of a state folder, started in a session of its own if there is none.

    Args:
        folder: where the database keeps its data.
        port: where to listen on loopback; 0 takes any free one.
        state: where the endpoint, the passwords and `logs/database.log` go.
        idle_exit: seconds without a request after which the server ends; None for never.

    Raises:
        StoreTaken: another server, not of this state folder, holds the data.
        ConnectionFailed: it did not start; the message ends with what it said last.
    """
    found = running_endpoint(state)
    if found is not None:
        return found
    log = state / "logs" / "database.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    pid = _spawned(_command(folder, port=port, state=state, idle_exit=idle_exit), log)
    return _answering(pid, folder, state, log)


def running_endpoint(state: Path) -> Endpoint | None:
    """The server of a state folder if its process lives and takes our password, else None."""
    try:
        written = json.loads(_endpoint_file(state).read_text(encoding="utf-8"))
        endpoint = Endpoint(str(written["host"]), int(written["port"]), int(written["pid"]), _password_file(state))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    return endpoint if psutil.pid_exists(endpoint.pid) and _answers(endpoint) else None


def stop(state: Path) -> bool:
    """Whether there was a server to stop; it has flushed, closed and gone when this returns.

    Raises:
        ConnectionFailed: it did not end in time.
    """
    endpoint = running_endpoint(state)
    if endpoint is None:
        return False
    try:
        process = psutil.Process(endpoint.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(_STOP_SECONDS)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired as error:
        raise ConnectionFailed(
            f"the database (process {endpoint.pid}) still runs {_STOP_SECONDS:.0f} s after it was asked to stop"
        ) from error
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Be the server; the exit code is 0 after an orderly end, 3 when the folder is taken, 2 for other refusals."""
    # The engine takes its zone from the process, and every time here is UTC. Its configuration file is not asked.
    os.environ["TZ"] = "UTC"
    time.tzset()
    # The engine makes its files readable by all; what is in them is not for all.
    os.umask(0o077)
    from store.server import Place, serve  # noqa: PLC0415 - loads the engine, which its clients do without

    parser = argparse.ArgumentParser(prog="python -m store.embedded", description="ClickHouse over HTTP on loopback.")
    parser.add_argument("--folder", type=Path, required=True, help="where the data is")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--endpoint-file", type=Path, required=True, help="written once it answers")
    parser.add_argument("--password-file", type=Path, required=True, help="made if absent")
    parser.add_argument("--idle-exit", type=int, help="end after so many seconds without a request")
    options = parser.parse_args(arguments)
    place = Place(options.folder.resolve(), options.endpoint_file.resolve(), options.password_file.resolve())
    try:
        serve(place, port=options.port, idle_exit=options.idle_exit)
    except StoreTaken as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_TAKEN
    except (StoreError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return _EXIT_REFUSED
    return 0


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


def _spawned(command: list[str], log: Path) -> int:
    """The pid of a process in a session of its own, which lives on when this one ends."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return os.posix_spawn(
            command[0],
            command,
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ],
            setsid=True,
        )
    finally:
        os.close(output)


def _exit_code(pid: int) -> int | None:
    """How a child ended, or None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def _answering(pid: int, folder: Path, state: Path, log: Path) -> Endpoint:
    deadline = time.monotonic() + _START_SECONDS
    code: int | None = None
    while time.monotonic() < deadline:
        found = running_endpoint(state)
        if found is not None:
            return found
        code = _exit_code(pid) if code is None else code
        # Two starts at once: the one that comes second finds the folder taken, and waits for the first to answer.
        if code is not None and not (code == _EXIT_TAKEN and _taken_for(folder, state)):
            break
        time.sleep(_POLL_SECONDS)
    if code is None:
        os.kill(pid, signal.SIGTERM)
    said = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])
    if code == _EXIT_TAKEN:
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
    command = [sys.executable, "-P", "-m", "store.embedded", "--folder", str(folder), "--port", str(port)]
    command += ["--endpoint-file", str(_endpoint_file(state)), "--password-file", str(_password_file(state))]
    return command if idle_exit is None else [*command, "--idle-exit", str(idle_exit)]


def _endpoint_file(state: Path) -> Path:
    return state / "database.json"


def _password_file(state: Path) -> Path:
    return state / "passwords.json"


if __name__ == "__main__":
    sys.exit(main())
