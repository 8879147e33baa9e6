"""TLS events: one a connection, from the hellos of both sides, in the words of Zeek's ssl.log."""

from typing import NamedTuple

from pipelines.capture import tls, tls_alerts, tls_flights
from pipelines.capture.certificate_events import CertificateEvents, validation_status
from pipelines.capture.certificates import Certificate
from pipelines.capture.payloads import Payloads, Piece
from pipelines.capture.pending import Pending
from pipelines.capture.rows import Event
from pipelines.capture.tls_suites import suite_name

_LARGEST_HELLO = 16_384
# Most chains have two or three certificates; ten fit.
_USUAL_FLIGHT = 8192
_LARGEST_FLIGHT = 65_536
_TLS13 = 0x0304


class _Offered(NamedTuple):
    piece: Piece
    hello: tls.ClientHello


class _Answer(NamedTuple):
    piece: Piece
    hello: tls.ServerHello
    group: int
    chain: list[Certificate]


class TlsEvents:
    """Joins the client's hello of a connection with the server's, and with the certificates shown."""

    def __init__(self, events: list[Event]) -> None:
        self._pending: Pending[_Offered] = Pending()
        self._events = events
        self._certificates = CertificateEvents(events)

    def read(self, payloads: Payloads, piece: Piece) -> int:
        """Take in a hello, certificates or a refusal; gives the bytes read, 0 where there are none."""
        warned = 0
        while (alert := tls_alerts.parse_alert(piece.payload)) is not None:
            if alert.is_fatal:
                return warned + tls_alerts.ALERT_BYTES if self._refused(piece, alert) else warned
            # A warning may share a segment with the hello that it is about (RFC 6066 §3).
            warned, piece = warned + tls_alerts.ALERT_BYTES, piece.after(tls_alerts.ALERT_BYTES)
        read = self._read_handshake(payloads, piece) if piece.payload else 0
        return warned + read if read else 0

    def _read_handshake(self, payloads: Payloads, piece: Piece) -> int:
        stream = piece.payload
        if not tls_flights.is_whole(stream):
            stream = payloads.following(piece, _LARGEST_HELLO)
        hello = tls_flights.parse_hello(stream)
        if isinstance(hello, tls.ClientHello):
            if self._pending.first((piece.flow, piece.forward)) is None:
                self._offered(_Offered(piece.bare(), hello))
            return len(piece.payload)
        if hello is not None:
            return self._answered(payloads, piece, hello)
        flight = _flight(payloads, piece)
        by_client = self._pending.first((piece.flow, piece.forward)) is not None or piece.forward
        shown = self._certificates.read(piece, flight.certificates, by_client=by_client)
        return max(len(piece.payload), flight.size) if shown else 0

    def flush(self) -> None:
        """Give up waiting."""
        self._events += [_event(offered, None) for offered in self._pending.drain()]

    def _offered(self, offered: _Offered) -> None:
        late = self._pending.add((offered.piece.flow, offered.piece.forward), offered)
        if late is not None:
            self._events.append(_event(late, None))

    def _refused(self, piece: Piece, alert: tls_alerts.Alert) -> bool:
        """Whether an alert answers an offer."""
        offered = self._pending.pop((piece.flow, not piece.forward))
        if offered is not None:
            self._events.append(_event(offered, None, alert.name))
        return offered is not None

    def _answered(self, payloads: Payloads, piece: Piece, hello: tls.ServerHello) -> int:
        offered = self._pending.pop((piece.flow, not piece.forward))
        read, group, chain = len(piece.payload), hello.group, []
        # From TLS 1.3 on, and in its drafts, everything behind the hello is encrypted.
        if hello.version < _TLS13:
            flight = _flight(payloads, piece)
            group, read = flight.group, max(read, flight.size)
            chain = self._certificates.read(piece, flight.certificates, by_client=False)
        self._events.append(_event(offered, _Answer(piece, hello, group, chain)))
        return read


def _flight(payloads: Payloads, piece: Piece) -> tls_flights.Flight:
    flight = tls_flights.parse_flight(piece.payload)
    for wanted in (_USUAL_FLIGHT, _LARGEST_FLIGHT):
        if flight.is_over or (flight.certificates and flight.group):
            break
        flight = tls_flights.parse_flight(payloads.following(piece, wanted))
    return flight


def _event(offered: _Offered | None, answer: _Answer | None, refusal: str = "") -> Event:
    """The event of an offer, of the answer to one, or of both; or of an offer that an alert refuses."""
    fields = (_offer_fields(offered.hello) if offered else {}) | (_answer_fields(answer) if answer else {})
    if offered and answer:
        fields["resumed"] = _resumed(offered, answer)
    if refusal:
        fields |= {"last_alert": refusal, "established": "false"}
    known = offered or answer
    if known is None:
        raise ValueError("an event needs an offer or an answer")
    piece = known.piece
    client, server = (piece.sender, piece.receiver) if offered else (piece.receiver, piece.sender)
    names = ("version", "cipher", "server_name", "last_alert")
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="ssl",
        source=client,
        destination=server,
        action="handshake",
        outcome="success" if answer else "failure" if refusal else "unknown",
        message=" ".join(fields[name] for name in names if fields.get(name)) or "client hello",
        fields={name: value for name, value in fields.items() if value},
    )


def _resumed(offered: _Offered, answer: _Answer) -> str:
    """Whether an earlier session goes on; '' where a ticket may have been taken without a word (RFC 5077 §3.4)."""
    if answer.hello.resumes(offered.hello):
        return "true"
    return "false" if answer.chain or answer.hello.version >= _TLS13 else ""


def _offer_fields(hello: tls.ClientHello) -> dict[str, str]:
    return {
        "client_version": tls.version_name(hello.version),
        "client_supported_versions": ",".join(map(tls.version_name, hello.versions)),
        "server_name": hello.server_name,
        "client_protocols": ",".join(hello.protocols),
        "client_ciphers": ",".join(map(suite_name, hello.suites)),
        "client_curves": ",".join(map(tls.group_name, hello.groups)),
        "ja3": hello.ja3,
        "ja4": hello.ja4,
    }


def _answer_fields(answer: _Answer) -> dict[str, str]:
    hello, chain = answer.hello, answer.chain
    fields = {
        "version": tls.version_name(hello.version),
        "cipher": suite_name(hello.suite),
        "curve": tls.group_name(answer.group) if answer.group else "",
        "next_protocol": hello.protocol,
        "ja3s": hello.ja3s,
    }
    if chain:
        fields |= {
            "subject": chain[0].subject,
            "issuer": chain[0].issuer,
            "cert_chain_fps": ",".join(certificate.fingerprint for certificate in chain),
            "validation_status": validation_status(chain, answer.piece.time_us // 1_000_000),
        }
    return fields
