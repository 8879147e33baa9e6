"""The receiver: a process of its own, so that nothing that the database takes time for can delay the next datagram."""

import asyncio
import os
import signal
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

import psutil

from pipelines.listening.addresses import Place
from pipelines.listening.capturing import Capturing
from pipelines.listening.counts import HEARD, HeardState, write_state
from pipelines.listening.followed import Follower
from pipelines.listening.segments import Feed
from pipelines.listening.sockets import Connections, DatagramSocket, SyslogConnection, datagram_socket
from pipelines.listening.spool import Spool

_TICK_SECONDS: Final = 0.1
_STATE_SECONDS: Final = 1.0
_POLL_SECONDS: Final = 0.5
_BACKLOG: Final = 256


@dataclass(frozen=True)
class Plan:
    """Where to listen for what.

    Attributes:
        tls: places of syslog over TLS, with what it is spoken by.
        interfaces: network interfaces that are captured at here.
        dumpcap: interfaces at which dumpcap captures, with the folder of its ring.
    """

    syslog_udp: Sequence[Place] = ()
    syslog_tcp: Sequence[Place] = ()
    syslog_tls: Sequence[Place] = ()
    exports_udp: Sequence[Place] = ()
    tls: ssl.SSLContext | None = None
    interfaces: Sequence[str] = ()
    dumpcap: Mapping[str, Path] = field(default_factory=dict)


@dataclass
class Receiver:
    """Hears until it is asked to stop, or its parent is gone; writes down what it counts every second."""

    plan: Plan
    spool: Spool
    run_folder: Path
    limit_bytes: int
    follower: Follower | None = None
    warn: Callable[[str], None] = lambda _: None
    _datagrams: list[DatagramSocket] = field(default_factory=list)
    _warned: bool = False
    _told: bool = False

    def run(self) -> None:
        """Hear until SIGTERM or SIGINT.

        Raises:
            InterfaceRefused: an interface may not be listened to, or dumpcap has ended.
            OSError: a place is taken, or may not be had.
        """
        asyncio.run(self._run())

    async def _run(self) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        parent, started, connections = os.getppid(), psutil.Process().create_time(), Connections(self.spool)
        capturing = Capturing(self.plan.interfaces, self.plan.dumpcap, self.spool)
        servers = list[asyncio.Server]()
        try:
            self._open_datagrams(loop)
            capturing.start(loop)
            servers = await self._servers(loop, connections)
            told, polled = 0.0, 0.0
            while not stopping.is_set() and os.getppid() == parent:
                if self.follower is not None and time.monotonic() - polled >= _POLL_SECONDS:
                    polled = time.monotonic()
                    self.follower.poll()
                capturing.check()
                self.spool.close_due()
                if time.monotonic() - told >= _STATE_SECONDS:
                    told = time.monotonic()
                    self._warn_once()
                    self.spool.measure()
                    self._warn_once()
                    connections.resume()
                    capturing.count()
                    self._tell(started, len(connections.open))
                await _tick(stopping)
        finally:
            self._close_datagrams(loop)
            capturing.close(loop)
            for server in servers:
                server.close()
            for connection in list(connections.open):
                connection.close()
            await asyncio.sleep(0)
            if self.follower is not None:
                self.follower.close()
            self.spool.close()
            capturing.count()
            self._tell(started, 0)

    def _open_datagrams(self, loop: asyncio.AbstractEventLoop) -> None:
        for place in self.plan.syslog_udp:
            self._datagrams.append(datagram_socket(place, "syslog"))
        for place in self.plan.exports_udp:
            self._datagrams.append(datagram_socket(place, "exports"))
        for heard in self._datagrams:
            self.spool.counts_of(heard.feed)
            loop.add_reader(heard.socket, heard.drain, self.spool)

    def _warn_once(self) -> None:
        """Say when the disk begins to take no more, and when it takes something again."""
        problem = self.spool.problem
        if bool(problem) != self._warned:
            self._warned = bool(problem)
            self.warn(
                f"the spool takes nothing more: {problem}; what comes is dropped and counted until there is room"
                if problem
                else "the spool takes what comes again"
            )

    def _close_datagrams(self, loop: asyncio.AbstractEventLoop) -> None:
        for heard in self._datagrams:
            loop.remove_reader(heard.socket)
            heard.drain(self.spool)
            heard.socket.close()

    async def _servers(self, loop: asyncio.AbstractEventLoop, connections: Connections) -> list[asyncio.Server]:
        return [
            await _served(loop, place, name, connections, context)
            for places, name, context in (
                (self.plan.syslog_tcp, "syslog+tcp", None),
                (self.plan.syslog_tls, "syslog+tls", self.plan.tls),
            )
            for place in places
        ]

    def _tell(self, started: float, connections: int) -> None:
        for heard in self._datagrams:
            if heard.socket.fileno() >= 0:
                self.spool.counts_of(heard.feed).kernel_dropped = heard.kernel_dropped()
        state = HeardState(
            pid=os.getpid(),
            started=started,
            feeds={name: asdict(counts) for name, counts in self.spool.counts.items()},
            connections=connections,
            spool_bytes=self.spool.size,
            spool_limit_bytes=self.limit_bytes,
            problem=self.spool.problem,
        )
        try:
            write_state(self.run_folder, HEARD, state)
        except OSError:
            # Told again in a second; but nobody knows that there is a receiver before it told so once.
            if not self._told:
                raise
        self._told = True


async def _served(
    loop: asyncio.AbstractEventLoop,
    place: Place,
    name: str,
    connections: Connections,
    context: ssl.SSLContext | None,
) -> asyncio.Server:
    # The feed is named by the port that was got, which is only known then.
    feeds = list[Feed]()
    server = await loop.create_server(
        lambda: SyslogConnection(feeds[0], connections),
        place.host,
        place.port,
        ssl=context,
        backlog=_BACKLOG,
        start_serving=False,
    )
    port = server.sockets[0].getsockname()[1]
    feeds.append(Feed(f"{name}://{Place(place.host, port).text}", "syslog"))
    connections.spool.counts_of(feeds[0])
    await server.start_serving()
    return server


async def _tick(stopping: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopping.wait(), _TICK_SECONDS)
    except TimeoutError:
        return
