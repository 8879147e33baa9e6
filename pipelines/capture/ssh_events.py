"""SSH events: one a connection, from the banners and the offers of both sides, in the words of Zeek's ssh.log."""

from dataclasses import dataclass, field

from pipelines.capture import ssh
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event

# Whether the server, and what it said.
_Said = dict[bool, ssh.Banner]
_Offers = dict[bool, ssh.Offer]


@dataclass
class _Session:
    piece: Piece
    banners: _Said = field(default_factory=dict)
    offers: _Offers = field(default_factory=dict)

    @property
    def is_complete(self) -> bool:
        """Nothing more is to be learned: both offers are there, or there are none in the old protocol."""
        return len(self.banners) == 2 and (self.is_old or len(self.offers) == 2)

    @property
    def is_old(self) -> bool:
        """Protocol 1 is spoken: 1.99 offers both (RFC 4253 §5.1), so one side that knows 1 only decides."""
        return any(banner.version.startswith("1") and banner.version != "1.99" for banner in self.banners.values())


class SshEvents:
    """Joins what both sides of a connection say before they encrypt."""

    def __init__(self, events: list[Event]) -> None:
        self._pending: Pending[_Session] = Pending()
        self._events = events

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in a banner and the offer behind it; gives the bytes read, 0 where there is neither."""
        stream, read = piece.payload, 0
        banner = ssh.parse_banner(stream) if stream.startswith(b"SSH-") else None
        if banner is None and stream.startswith(b"SSH-"):
            stream = payloads.following(piece, ssh.LONGEST_BANNER)
            banner = ssh.parse_banner(stream)
        if banner is not None:
            read = banner.size
            if len(stream) < read + 6:
                stream = payloads.following(piece, read + 6)
        length = ssh.packet_length(stream[read:])
        if len(stream) < read + length:
            stream = payloads.following(piece, read + length)
        offer = ssh.parse_offer(stream[read:])
        if banner is None and offer is None:
            return 0
        self._take_in(piece, banner, offer)
        return read + (length if offer else 0)

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(session) for session in self._pending.drain()]

    def _take_in(self, piece: Piece, banner: ssh.Banner | None, offer: ssh.Offer | None) -> None:
        session = self._pending.first(piece.flow)
        if session is None:
            if banner is None:
                return
            session = _Session(piece.bare())
            if (late := self._pending.add(piece.flow, session)) is not None:
                self._events.append(_event(late))
        if banner is not None:
            session.banners.setdefault(not piece.forward, banner)
        if offer is not None:
            session.offers.setdefault(not piece.forward, offer)
        if session.is_complete:
            self._pending.pop(piece.flow)
            self._events.append(_event(session))


def _event(session: _Session) -> Event:
    first, banners = session.piece, session.banners
    fields = {"server" if by_server else "client": banner.text for by_server, banner in sorted(banners.items())}
    fields |= {"version": "1" if session.is_old else "2"} | _algorithms(session.offers)
    return Event(
        time_us=first.time_us,
        number=first.number,
        service="ssh",
        source=first.client,
        destination=first.server,
        action="handshake",
        outcome="success" if len(banners) == 2 else "unknown",
        message=" ".join(fields[side] for side in ("client", "server") if side in fields),
        fields=fields,
    )


def _algorithms(offers: _Offers) -> dict[str, str]:
    client, server = offers.get(False), offers.get(True)
    found: dict[str, str] = {}
    if client:
        found |= {"hassh": client.hassh(server=False)}
    if server:
        found |= {"hasshServer": server.hassh(server=True)}
    if client and server:
        found |= {
            "kex_alg": ssh.agreed(client.exchange, server.exchange),
            "host_key_alg": ssh.agreed(client.host_key, server.host_key),
            "cipher_alg": ssh.agreed(client.ciphers[0], server.ciphers[0]),
            "mac_alg": ssh.agreed(client.integrity[0], server.integrity[0]),
            "compression_alg": ssh.agreed(client.compression[0], server.compression[0]),
        }
    return {name: value for name, value in found.items() if value}
