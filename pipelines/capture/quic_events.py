"""QUIC events: one a connection, from the ClientHello in its first packets, in the words of Zeek's quic.log."""

from collections import OrderedDict
from dataclasses import dataclass, field

from pipelines.capture import quic, tls
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.rows import Event
from pipelines.capture.tls_suites import suite_name

_MOST_CONNECTIONS = 8192
# A hello with keys that resist quantum computers takes two kilobytes.
_LARGEST_HELLO = 16_384


@dataclass
class _Connection:
    piece: Piece
    first: quic.Initial
    keys: quic.Keys
    parts: dict[int, bytes] = field(default_factory=dict)
    size: int = 0
    is_told: bool = False

    def add(self, place: int, part: bytes) -> None:
        """Keep a part of the handshake, the longer one of two at a place; what is too much is dropped."""
        more = len(part) - len(self.parts.get(place, b""))
        if more > 0 and self.size + more <= _LARGEST_HELLO:
            self.parts[place] = part
            self.size += more

    def message(self) -> bytes:
        """The handshake from its beginning up to its first gap."""
        joined = b""
        for place, part in sorted(self.parts.items()):
            if place > len(joined):
                break
            joined += part[len(joined) - place :]
        return joined


class QuicEvents:
    """Puts the ClientHello of each connection together from its first packets."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self._connections: OrderedDict[int, _Connection] = OrderedDict()

    def read(self, _payloads: Payloads, piece: Piece) -> int:
        """Take in a datagram; gives its bytes, 0 where it is no readable beginning."""
        known = self._connections.get(piece.flow)
        if not piece.forward or (known is not None and known.is_told):
            return len(piece.payload) if known else 0
        is_read = False
        for initial in quic.parse_initials(piece.payload):
            is_read |= self._take_in(piece, initial)
        return len(piece.payload) if is_read else 0

    def flush(self) -> None:
        """Tell of connections whose hello is incomplete, as far as it reaches."""
        while self._connections:
            self._tell(self._connections.popitem(last=False)[1])

    def _take_in(self, piece: Piece, initial: quic.Initial) -> bool:
        known = self._connections.get(piece.flow)
        frames = quic.crypto_frames(initial, known.keys) if known else None
        if frames is None:
            # A server that sends a Retry gives another identifier, and with it other keys.
            keys = quic.client_keys(initial.version, initial.destination)
            frames = quic.crypto_frames(initial, keys)
            if frames is None:
                return False
            known = self._opened(known, piece, initial, keys)
        if known is None:
            return False
        for place, part in frames:
            known.add(place, part)
        message = known.message()
        if len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big"):
            self._tell(known)
        return True

    def _opened(self, known: _Connection | None, piece: Piece, initial: quic.Initial, keys: quic.Keys) -> _Connection:
        if known is not None:
            known.keys = keys
            return known
        opened = self._connections[piece.flow] = _Connection(piece.bare(), initial._replace(packet=b""), keys)
        if len(self._connections) > _MOST_CONNECTIONS:
            self._tell(self._connections.popitem(last=False)[1])
        return opened

    def _tell(self, connection: _Connection) -> None:
        if not connection.is_told:
            connection.is_told = True
            self._events.append(_event(connection))
            connection.parts.clear()


def _event(connection: _Connection) -> Event:
    piece, first = connection.piece, connection.first
    hello = tls.parse_hello_message(connection.message(), "q")
    fields = {
        "version": quic.VERSIONS[first.version],
        "client_initial_dcid": first.destination.hex(),
        "client_scid": first.source.hex(),
    }
    if isinstance(hello, tls.ClientHello):
        fields |= {
            "server_name": hello.server_name,
            "client_protocol": ",".join(hello.protocols),
            "client_supported_versions": ",".join(map(tls.version_name, hello.versions)),
            "client_ciphers": ",".join(map(suite_name, hello.suites)),
            "client_curves": ",".join(map(tls.group_name, hello.groups)),
            "ja3": hello.ja3,
            "ja4": hello.ja4,
        }
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="quic",
        source=piece.sender,
        destination=piece.receiver,
        action="handshake",
        outcome="unknown",
        message=f"QUIC {fields['version']} {fields.get('server_name', '')}".strip(),
        fields={name: value for name, value in fields.items() if value},
    )
