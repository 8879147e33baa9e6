"""The embedded server's process: takes the folder, opens the engine, answers until told to stop or left alone."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvicorn

from store.answers import Runner
from store.configuration import write_configuration
from store.credentials import load_or_create
from store.engine import Engine
from store.errors import ConnectionFailed
from store.files import write_whole
from store.http import Server
from store.lock import locked

DATABASE = "rongdun"

_THREADS = 64
_SHUTDOWN_SECONDS = 10


@dataclass(frozen=True)
class Place:
    """Where a server keeps what, in absolute paths: its data, the file that says where it listens, its passwords."""

    folder: Path
    endpoint_file: Path
    password_file: Path


def serve(place: Place, *, port: int, idle_exit: int | None) -> None:
    """Answer on a loopback port until SIGTERM, SIGINT, or `idle_exit` seconds without a request.

    Raises:
        StoreTaken: another process holds the folder.
        ConnectionFailed: the port is taken, or not for this user.
    """
    with locked(place.folder), _listening(port) as listener:
        passwords = load_or_create(place.password_file)
        spool = _empty(place.folder / "spool")
        # From inside, neither path holds a mark that means something in the engine's connection string.
        os.chdir(place.folder)
        Path("engine").mkdir(exist_ok=True)
        engine = Engine("engine", write_configuration(place.folder).name)
        try:
            with engine.session() as session:
                session.run(f"CREATE DATABASE IF NOT EXISTS {DATABASE}".encode())
                # Without its configuration the engine would neither guard a reader nor sync a write: it fails here.
                session.run(b"SET ROLE reading")
            with ThreadPoolExecutor(_THREADS, "query") as workers, ThreadPoolExecutor(_THREADS, "rows") as readers:
                runner = Runner(engine, workers, spool)
                server = Server(runner, passwords, readers=readers, workers=workers, spool=spool)
                asyncio.run(_answer(server, listener, place.endpoint_file, idle_exit))
                # What has not ended in the time of grace would keep its thread, and so the process, without end.
                runner.kill_all()
        finally:
            _forget(place.endpoint_file)
            engine.close()


class _Announced(uvicorn.Server):
    """A server that says where it listens once it does."""

    def __init__(self, config: uvicorn.Config, endpoint_file: Path, port: int) -> None:
        super().__init__(config)
        self._endpoint_file = endpoint_file
        self._port = port

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        started = psutil.Process().create_time()
        endpoint = {"host": "127.0.0.1", "port": self._port, "pid": os.getpid(), "started": started}
        write_whole(self._endpoint_file, json.dumps(endpoint))

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGTERM and SIGINT; the base class would raise them again, before the engine is closed."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        yield


async def _answer(server: Server, listener: socket.socket, endpoint_file: Path, idle_exit: int | None) -> None:
    config = uvicorn.Config(
        server.application(),
        log_level="critical",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=120,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    announced = _Announced(config, endpoint_file, listener.getsockname()[1])
    watch = asyncio.create_task(_stop_when_idle(announced, server, idle_exit)) if idle_exit is not None else None
    await announced.serve([listener])
    if watch is not None:
        watch.cancel()


async def _stop_when_idle(announced: uvicorn.Server, server: Server, seconds: int) -> None:
    begun, since = server.requests_begun, time.monotonic()
    while time.monotonic() - since < seconds:
        await asyncio.sleep(min(1.0, seconds / 4))
        if server.requests_under_way or server.requests_begun != begun:
            begun, since = server.requests_begun, time.monotonic()
    announced.should_exit = True


def _listening(port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only then: without it an answer takes 40 ms more.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        # A port in TIME_WAIT after a restart may be taken again.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise ConnectionFailed(f"port {port} of 127.0.0.1: {error.strerror}; set another, or 0 for any") from error
    return listener


def _empty(folder: Path) -> Path:
    """A folder without what a killed server left in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def _forget(endpoint_file: Path) -> None:
    """Remove the announcement, unless a later server has replaced it."""
    with contextlib.suppress(FileNotFoundError):
        if json.loads(endpoint_file.read_text(encoding="utf-8"))["pid"] == os.getpid():
            endpoint_file.unlink()
