"""TLS and SSH events: one a connection, from the first words of both sides."""

import re
from dataclasses import dataclass

from pipelines.capture import tls
from pipelines.capture.octets import readable
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event
from pipelines.capture.tls_suites import suite_name

_LARGEST_HELLO = 16_384

# SSH-2.0-OpenSSH_9.6 Debian-2
_BANNER = re.compile(rb"SSH-(?P<version>\d\.\d+)-(?P<software>[^\r\n]{0,250})\r?\n")


@dataclass(frozen=True)
class _Offered:
    piece: Piece
    hello: tls.ClientHello


class TlsEvents:
    """Joins the client's hello of a connection with the server's."""

    def __init__(self) -> None:
        self._pending: Pending[_Offered] = Pending()
        self._events: list[Event] = []

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in a hello; gives the bytes read, 0 where there is none."""
        stream = piece.payload
        if not tls.is_whole(stream):
            stream = payloads.following(piece, _LARGEST_HELLO)
        hello = tls.parse_hello(stream)
        if isinstance(hello, tls.ClientHello):
            if self._pending.first((piece.flow, piece.forward)) is None:
                self._offered(_Offered(piece, hello))
        elif hello is not None:
            offered = self._pending.pop((piece.flow, not piece.forward))
            self._events.append(_tls_event(offered, piece, hello))
        return len(piece.payload) if hello else 0

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_tls_event(offered, offered.piece, None) for offered in self._pending.drain()]

    def take(self) -> list[Event]:
        """The events completed since the last time."""
        taken, self._events = self._events, []
        return taken

    def _offered(self, offered: _Offered) -> None:
        late = self._pending.add((offered.piece.flow, offered.piece.forward), offered)
        if late is not None:
            self._events.append(_tls_event(late, late.piece, None))


def _tls_event(offered: _Offered | None, answering: Piece, hello: tls.ServerHello | None) -> Event:
    fields: dict[str, str] = {}
    if offered is not None:
        fields |= {
            "client_version": tls.version_name(offered.hello.version),
            "server_name": offered.hello.server_name,
            "client_protocols": ",".join(offered.hello.protocols),
            "client_ciphers": ",".join(map(suite_name, offered.hello.suites)),
            "ja3": offered.hello.ja3,
        }
    if hello is not None:
        fields |= {
            "version": tls.version_name(hello.version),
            "cipher": suite_name(hello.suite),
            "next_protocol": hello.protocol,
            "ja3s": hello.ja3s,
        }
    piece = offered.piece if offered else answering
    client, server = (piece.sender, piece.receiver) if offered else (piece.receiver, piece.sender)
    names = ("version", "cipher", "server_name")
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="ssl",
        source=client,
        destination=server,
        action="handshake",
        outcome="success" if hello else "unknown",
        message=" ".join(fields[name] for name in names if fields.get(name)) or "client hello",
        fields={name: value for name, value in fields.items() if value},
    )


@dataclass(frozen=True)
class _Banner:
    piece: Piece
    version: str
    software: str


class SshEvents:
    """Joins the banners of both sides of a connection (RFC 4253 §4.2)."""

    def __init__(self) -> None:
        self._pending: Pending[_Banner] = Pending()
        self._events: list[Event] = []

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in a banner; gives the bytes read, 0 where there is none."""
        found = _BANNER.match(piece.payload) or _BANNER.match(payloads.following(piece, 255))
        if found is None:
            return 0
        text = f"SSH-{found['version'].decode()}-{readable(found['software'])}"
        banner = _Banner(piece, found["version"].decode(), text)
        other = self._pending.pop((piece.flow, not piece.forward))
        if other is not None:
            self._events.append(_ssh_event([other, banner]))
        elif (late := self._pending.add((piece.flow, piece.forward), banner)) is not None:
            self._events.append(_ssh_event([late]))
        return found.end()

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_ssh_event([banner]) for banner in self._pending.drain()]

    def take(self) -> list[Event]:
        """The events completed since the last time."""
        taken, self._events = self._events, []
        return taken


def _ssh_event(banners: list[_Banner]) -> Event:
    first = banners[0].piece
    client, server = (first.sender, first.receiver) if first.forward else (first.receiver, first.sender)
    fields = {"client" if banner.piece.forward else "server": banner.software for banner in banners}
    # 1.99 offers both versions (RFC 4253 §5.1): one side that speaks 1 only decides.
    versions = [banner.version for banner in banners]
    fields["version"] = "1" if any(version.startswith("1") and version != "1.99" for version in versions) else "2"
    return Event(
        time_us=first.time_us,
        number=first.number,
        service="ssh",
        source=client,
        destination=server,
        action="handshake",
        outcome="success" if len(banners) == 2 else "unknown",
        message=" ".join(fields[side] for side in ("client", "server") if side in fields),
        fields=fields,
    )
