"""Certificate events: each certificate once for the server that showed it, in the words of Zeek's x509.log."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence

from pipelines.capture.certificates import LARGEST_CERTIFICATE, Certificate, parse_certificate
from pipelines.capture.payloads import Endpoint, Piece
from pipelines.capture.rows import Event

# Servers show the same few certificates over and over: most need not be parsed again, nor told again.
_MOST_REMEMBERED = 256
_MOST_TOLD = 65_536


class CertificateEvents:
    """Parses the certificates that are shown, and tells of each one once."""

    def __init__(self, events: list[Event]) -> None:
        self._events = events
        self._parsed: OrderedDict[bytes, Certificate | None] = OrderedDict()
        self._told: OrderedDict[tuple[bytes, Endpoint], None] = OrderedDict()

    def read(self, piece: Piece, chain: Sequence[bytes], *, by_client: bool) -> list[Certificate]:
        """The certificates of a chain that can be read; makes events of those that are new."""
        found = []
        for place, content in enumerate(chain):
            digest = hashlib.sha256(content[: LARGEST_CERTIFICATE + 1]).digest()
            certificate = self._certificate(digest, content)
            if certificate is None:
                continue
            found.append(certificate)
            told = (digest, (piece.sender[0], 0) if by_client else piece.sender)
            if told not in self._told:
                self._events.append(_event(piece, certificate, is_own=place == 0, by_client=by_client))
                self._told[told] = None
                if len(self._told) > _MOST_TOLD:
                    self._told.popitem(last=False)
        return found

    def _certificate(self, digest: bytes, content: bytes) -> Certificate | None:
        if digest not in self._parsed:
            self._parsed[digest] = parse_certificate(content)
            if len(self._parsed) > _MOST_REMEMBERED:
                self._parsed.popitem(last=False)
        return self._parsed[digest]


def validation_status(chain: Sequence[Certificate], seconds: int) -> str:
    """What OpenSSL would find wrong with a chain at a time, as far as dates and names tell; '' for nothing."""
    if not chain:
        return ""
    own = chain[0]
    if own.not_after < seconds:
        return "certificate has expired"
    if own.not_before > seconds:
        return "certificate is not yet valid"
    return "self signed certificate" if own.subject and own.subject == own.issuer else ""


def _event(piece: Piece, certificate: Certificate, *, is_own: bool, by_client: bool) -> Event:
    fields = {
        "fingerprint": certificate.fingerprint,
        **certificate.fields,
        "host_cert": "true" if is_own else "false",
        "client_cert": "true" if by_client else "false",
    }
    client, server = (piece.sender, piece.receiver) if by_client else (piece.receiver, piece.sender)
    return Event(
        time_us=piece.time_us,
        number=piece.number,
        service="x509",
        source=client,
        destination=server,
        action="certificate",
        outcome="unknown",
        message=f"{certificate.subject} issued by {certificate.issuer}",
        fields=fields,
    )
