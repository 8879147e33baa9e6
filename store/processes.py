"""Processes by their id: started in a session of their own, recognised later, ended even when they do not listen."""

import os
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import psutil

_POLL_SECONDS = 0.05
_KILL_SECONDS = 20.0

# How the server says why it did not start.
EXIT_TAKEN = 3
EXIT_REFUSED = 2


class Ending(StrEnum):
    """How a process ended: when asked, or only when killed."""

    ASKED = "asked"
    KILLED = "killed"


def spawned(command: list[str], log: Path) -> int:
    """The id of a process in a session of its own, which lives on when this one ends; what it says goes to the log."""
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


def exit_code(pid: int) -> int | None:
    """How a child ended, or None while it runs."""
    ended, status = os.waitpid(pid, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if ended else None


def recognised(pid: int, started: float) -> psutil.Process | None:
    """The living process of this id that began at this time (s since 1970), None when the id is free or another's."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def end(process: psutil.Process, *, grace_seconds: float) -> Ending | None:
    """How a process was ended: asked by SIGTERM, and killed when it still runs after the grace.

    None when not even that ended it: it waits in the kernel, for a disk that does not answer.
    """
    with suppress(psutil.NoSuchProcess):
        process.terminate()
    if _gone(process, grace_seconds):
        return Ending.ASKED
    with suppress(psutil.NoSuchProcess):
        process.kill()
    return Ending.KILLED if _gone(process, _KILL_SECONDS) else None


def _gone(process: psutil.Process, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not _ended(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def _ended(process: psutil.Process) -> bool:
    try:
        # A child stays in the table until somebody asks how it ended; another's child is not ours to ask about.
        process.wait(timeout=0)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return _waits_for_its_parent(process)
    return True


def _waits_for_its_parent(process: psutil.Process) -> bool:
    """Whether all of it has ended: its first thread may have while others still hold its files."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE and process.num_threads() <= 1
    except psutil.NoSuchProcess:
        return True
