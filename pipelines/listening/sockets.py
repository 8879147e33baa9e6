"""Sockets that hear: datagrams drained as they come, connections cut into messages."""

import asyncio
import os
import socket
import ssl
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from pipelines.listening.addresses import Place
from pipelines.listening.segments import Feed, Kind
from pipelines.listening.spool import Spool
from pipelines.listening.streams import MessageStream, StreamDamaged

_RECEIVE_BYTES: Final = 16 * 1024 * 1024
_DRAINED_AT_ONCE: Final = 2_000
_LARGEST_DATAGRAM: Final = 65_535
MOST_CONNECTIONS: Final = 1_024
_DROPS_COLUMN: Final = 12
_INODE_COLUMN: Final = 9


@dataclass(frozen=True)
class DatagramSocket:
    """A UDP socket and the feed that it hears."""

    feed: Feed
    socket: socket.socket
    buffer: bytearray = field(default_factory=lambda: bytearray(_LARGEST_DATAGRAM))

    def drain(self, spool: Spool) -> None:
        """Put what has come into the spool; not all of a flood at once, since others are to be heard too."""
        moment, buffer = time.time_ns() // 1000, self.buffer
        for _ in range(_DRAINED_AT_ONCE):
            try:
                size, address = self.socket.recvfrom_into(buffer)
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            spool.append(self.feed, bytes(memoryview(buffer)[:size]), peer=packed_peer(address[0]), time_us=moment)

    def kernel_dropped(self) -> int:
        """Datagrams that the kernel dropped since there was no room for them; 0 where it does not say."""
        inode = str(os.fstat(self.socket.fileno()).st_ino)
        for table in ("/proc/net/udp", "/proc/net/udp6"):
            try:
                lines = Path(table).read_text(encoding="ascii").splitlines()
            except OSError:
                continue
            for columns in (line.split() for line in lines[1:]):
                if len(columns) > _DROPS_COLUMN and columns[_INODE_COLUMN] == inode:
                    return int(columns[_DROPS_COLUMN])
        return 0


def datagram_socket(place: Place, kind: Kind) -> DatagramSocket:
    """A socket bound to a place.

    Raises:
        OSError: it is taken, or may not be had.
    """
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        # As much as the kernel grants: a burst waits there while a segment is written.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        bound.bind((place.host, place.port))
    except OSError:
        bound.close()
        raise
    return DatagramSocket(Feed(f"{kind}+udp://{Place(place.host, bound.getsockname()[1]).text}", kind), bound)


@lru_cache(maxsize=65_536)
def packed_peer(host: str) -> bytes:
    """An address as bytes; one that maps IPv4 as that (RFC 4291 §2.5.5.2)."""
    text = host.partition("%")[0]
    if ":" not in text:
        return socket.inet_pton(socket.AF_INET, text)
    packed = socket.inet_pton(socket.AF_INET6, text)
    return packed[12:] if packed.startswith(bytes(10) + b"\xff\xff") else packed


class Connections:
    """The connections of all stream feeds: how many there are, and which wait for room in the spool."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        self.open: set[SyslogConnection] = set()
        self._held: set[SyslogConnection] = set()

    def hold(self, connection: "SyslogConnection") -> None:
        """Read no more of a connection until there is room: its sender keeps what it has."""
        connection.pause()
        self._held.add(connection)

    def resume(self) -> None:
        """Read on where there is room again."""
        if not self.spool.is_full:
            for connection in self._held & self.open:
                connection.resume()
            self._held.clear()


class SyslogConnection(asyncio.Protocol):
    """One sender of syslog over TCP or TLS."""

    def __init__(self, feed: Feed, connections: Connections) -> None:
        self._feed = feed
        self._connections = connections
        self._stream = MessageStream()
        self._transport: asyncio.Transport | None = None
        self._peer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, unless there are too many."""
        if not isinstance(transport, asyncio.Transport):  # narrows the library's type
            raise TypeError(type(transport))
        self._transport = transport
        if len(self._connections.open) >= MOST_CONNECTIONS:
            transport.abort()
            return
        # A sender that is gone without a word must not hold a place for ever.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._connections.open.add(self)
        peer: Any = transport.get_extra_info("peername")
        self._peer = packed_peer(peer[0]) if peer else b""

    def data_received(self, data: bytes) -> None:
        """Put the messages that are whole now into the spool."""
        try:
            found = self._stream.feed(data)
        except StreamDamaged:
            self._connections.spool.counts_of(self._feed).damaged += 1
            if self._transport is not None:
                self._transport.abort()
            return
        self._append(found)
        if self._connections.spool.is_full:
            self._connections.hold(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # the library's signature
        """Keep a last message that only the end of the connection ends."""
        self._append(self._stream.end())
        self._connections.open.discard(self)

    def pause(self) -> None:
        """Read no more for now."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """End the connection."""
        if self._transport is not None:
            self._transport.close()

    def _append(self, messages: list[bytes]) -> None:
        moment = time.time_ns() // 1000
        for message in messages:
            self._connections.spool.append(self._feed, message, peer=self._peer, time_us=moment)


def tls_context(certificate: Path, key: Path, client_ca: Path | None) -> ssl.SSLContext:
    """TLS as RFC 5425 asks for it; with a client CA only senders that it has signed are heard.

    Raises:
        OSError: a file cannot be read, or holds no certificate or key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Without this a key with a password would be asked for on the terminal.
    context.load_cert_chain(certificate, key, password="")
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
