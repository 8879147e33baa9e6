"""TLS handshakes as a capture sees them: versions, cipher suites and names are real, what is encrypted is noise."""

import struct
from dataclasses import dataclass

from rongdun.demo.dice import Dice
from rongdun.demo.formats.talks import Talk

TLS10, TLS12, TLS13 = 0x0301, 0x0303, 0x0304
_HANDSHAKE, _CHANGE_CIPHER, _APPLICATION = 22, 20, 23
_MODERN = (0x1301, 0x1302, 0x1303, 0xC02F, 0xC030, 0xC02B, 0xC02C, 0x009C)
_OLD = (0x0005, 0x0004, 0x000A, 0x002F)


@dataclass(frozen=True)
class Parameters:
    """What both ends agree on.

    Attributes:
        version: the protocol version in use (RFC 5246, RFC 8446).
        cipher: the IANA number of the cipher suite in use.
    """

    version: int
    cipher: int


TLS13_AES = Parameters(TLS13, 0x1301)
TLS12_ECDHE = Parameters(TLS12, 0xC02F)
TLS10_RC4 = Parameters(TLS10, 0x0005)


def session(dice: Dice, talk: Talk, server_name: str, parameters: Parameters, *, sent: int, received: int) -> Talk:
    """The talk after a handshake and one exchange of so many encrypted bytes."""
    talk.client_says(_client_hello(dice, server_name, parameters))
    if parameters.version == TLS13:
        answer = _server_hello(dice, parameters) + _change_cipher(parameters) + _encrypted(dice, parameters, 1_900)
        talk.server_says(answer).client_says(_change_cipher(parameters) + _encrypted(dice, parameters, 53))
    else:
        _old_handshake(dice, talk, parameters)
    talk.client_says(_encrypted(dice, parameters, sent))
    return talk.server_says(_encrypted(dice, parameters, received), after=dice.randrange(3_000, 60_000))


def _old_handshake(dice: Dice, talk: Talk, parameters: Parameters) -> None:
    certificate = dice.randbytes(900)  # noise where the certificate would be
    chain = _u24(len(certificate) + 3) + _u24(len(certificate)) + certificate
    offered = _message(11, chain) + _message(14, b"")
    talk.server_says(_server_hello(dice, parameters) + _record(_HANDSHAKE, parameters, offered))
    key = _record(_HANDSHAKE, parameters, _message(16, b"\x01\x00" + dice.randbytes(256)))
    finished = _change_cipher(parameters) + _record(_HANDSHAKE, parameters, dice.randbytes(40))
    talk.client_says(key + finished).server_says(finished)


def _client_hello(dice: Dice, server_name: str, parameters: Parameters) -> bytes:
    offered = _OLD if parameters.version == TLS10 else _MODERN
    suites = struct.pack(f"!{len(offered)}H", *offered)
    name = server_name.encode()
    extensions = _extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name)
    if parameters.version != TLS10:
        extensions += _extension(16, b"\x00\x0c\x02h2\x08http/1.1") + _extension(13, b"\x00\x04\x04\x03\x08\x04")
    if parameters.version == TLS13:
        extensions += _extension(43, b"\x04\x03\x04\x03\x03")
    version = min(parameters.version, TLS12)
    body = struct.pack("!H", version) + dice.randbytes(32) + b"\x00"
    body += struct.pack("!H", len(suites)) + suites + b"\x01\x00"
    return _record(_HANDSHAKE, Parameters(TLS10, 0), _message(1, body + _sized(extensions)))


def _server_hello(dice: Dice, parameters: Parameters) -> bytes:
    # RFC 8446 section 4.1.3: TLS 1.3 is named in an extension, the old field stays at 1.2.
    extensions = _extension(43, b"\x03\x04") if parameters.version == TLS13 else b""
    body = struct.pack("!H", min(parameters.version, TLS12)) + dice.randbytes(32) + b"\x00"
    body += struct.pack("!HB", parameters.cipher, 0) + (_sized(extensions) if extensions else b"")
    return _record(_HANDSHAKE, parameters, _message(2, body))


def _change_cipher(parameters: Parameters) -> bytes:
    return _record(_CHANGE_CIPHER, parameters, b"\x01")


def _encrypted(dice: Dice, parameters: Parameters, length: int) -> bytes:
    return _record(_APPLICATION, parameters, dice.randbytes(length))


def _record(kind: int, parameters: Parameters, body: bytes) -> bytes:
    return struct.pack("!BHH", kind, min(parameters.version, TLS12), len(body)) + body


def _message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + _u24(len(body)) + body


def _extension(kind: int, body: bytes) -> bytes:
    return struct.pack("!HH", kind, len(body)) + body


def _sized(body: bytes) -> bytes:
    return struct.pack("!H", len(body)) + body


def _u24(value: int) -> bytes:
    return value.to_bytes(3, "big")
