"""Records of TLS and TLCP handshakes: the hello that they begin with, the certificates and the curve behind it."""

import struct
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.capture.octets import Octets
from pipelines.capture.tls import ClientHello, ServerHello, parse_hello_message

_HANDSHAKE = 22
_CERTIFICATE, _KEY_EXCHANGE, _DONE = 11, 12, 14
_NAMED_CURVE = 3
_MOST_CERTIFICATES = 10


class Flight(NamedTuple):
    """What one side says after its hello, while it is readable (RFC 5246 §7.3).

    Attributes:
        certificates: the certificates shown, one's own first, at most ten.
        group: the curve of the key exchange (RFC 8422 §5.4), 0 where it is not told.
        size: bytes of the records read.
        is_over: nothing more is to come.
    """

    certificates: tuple[bytes, ...]
    group: int
    size: int
    is_over: bool


def is_whole(payload: bytes) -> bool:
    """Whether the first handshake message is complete, so that waiting for more bytes gains nothing."""
    message = _handshake(payload)[0]
    return len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big")


def parse_hello(payload: bytes) -> ClientHello | ServerHello | None:
    """The hello that records begin with (RFC 8446 §4.1); of a cut one, what is there; None for anything else."""
    return parse_hello_message(_handshake(payload)[0])


def parse_flight(payload: bytes) -> Flight:
    """What the handshake messages in records show beside a hello, as far as they reach."""
    stream, size, is_over = _handshake(payload)
    certificates: tuple[bytes, ...] = ()
    group = 0
    for kind, body in _messages(stream):
        if kind == _CERTIFICATE and not certificates:
            certificates = _certificates(body)
        elif kind == _KEY_EXCHANGE and len(body) >= 3 and body[0] == _NAMED_CURVE:
            group = int.from_bytes(body[1:3], "big")
        elif kind == _DONE:
            is_over = True
    return Flight(certificates, group, size, is_over)


def _handshake(payload: bytes) -> tuple[bytes, int, bool]:
    """The bytes of the handshake layer in the records, the bytes of those records, and whether another kind follows."""
    parts: list[bytes] = []
    position = 0
    while position + 5 <= len(payload):
        kind, version, length = struct.unpack_from("!BHH", payload, position)
        if kind != _HANDSHAKE or (version >> 8 != 3 and version != 0x0101):
            return b"".join(parts), position, True
        parts.append(payload[position + 5 : position + 5 + length])
        position += 5 + length
    return b"".join(parts), min(position, len(payload)), False  # the last record may be cut


def _messages(stream: bytes) -> Iterator[tuple[int, bytes]]:
    """The whole handshake messages of a stream."""
    position = 0
    while position + 4 <= len(stream):
        end = position + 4 + int.from_bytes(stream[position + 1 : position + 4], "big")
        if end > len(stream):
            return
        yield stream[position], stream[position + 4 : end]
        position = end


def _certificates(body: bytes) -> tuple[bytes, ...]:
    found: list[bytes] = []
    chain = Octets(Octets(body).vector(3))
    while chain.left > 3 and len(found) < _MOST_CERTIFICATES:
        found.append(chain.vector(3))
    return tuple(found)
