"""A real desk: the embedded database in a process of its own, Streamlit in another, on loopback."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from store.client import Store
from store.embedded import start_detached, stop
from store.migrate import migrate
from tests.dashboards.city import fill


@contextmanager
def served_city(home: Path) -> Iterator[str]:
    """The address of a desk over the made-up city; both processes end with the block."""
    state = home / "run"
    endpoint = start_detached(home / "database", state=state)
    try:
        with Store.connect(endpoint.dsn()) as store:
            migrate(store)
            fill(store, ends=datetime.now(UTC).replace(microsecond=0))
        with served_desk(home) as address:
            yield address
    finally:
        stop(state)


@contextmanager
def served_desk(home: Path) -> Iterator[str]:
    """The address of a desk over whatever runs in a home."""
    port = _free_port()
    log = (home / "desk.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboards.serving", "--server.port", str(port), "--server.headless=true"],
        env={**os.environ, "RONGDUN_HOME": str(home)},
        cwd=home,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait(f"http://127.0.0.1:{port}/_stcore/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: str) -> None:
    ends = time.monotonic() + 40
    while True:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            if time.monotonic() > ends:
                raise
            time.sleep(0.2)
