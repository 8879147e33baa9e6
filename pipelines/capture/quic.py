"""QUIC's first packets: the ClientHello in them, of versions 1 (RFC 9000, RFC 9001) and 2 (RFC 9369).

Initial packets are encrypted under keys that anybody derives from the connection's identifier: that keeps accidents
out, not readers.
"""

import hashlib
import hmac
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSIONS = {0x0000_0001: "1", 0x6B33_43CF: "2"}

_SALTS = {
    0x0000_0001: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    0x6B33_43CF: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
}
_LABELS = {0x0000_0001: b"quic ", 0x6B33_43CF: b"quicv2 "}
_INITIAL = {0x0000_0001: 0xC0, 0x6B33_43CF: 0xD0}
_LONGEST_ID = 20
_SAMPLE, _TAG = 16, 16
_MOST_PACKETS, _MOST_FRAMES = 8, 512
_PADDING, _PING, _ACK, _ACK_COUNTED, _CRYPTO = 0x00, 0x01, 0x02, 0x03, 0x06
_MOST_RANGES = 256


class Keys(NamedTuple):
    """What protects the client's Initial packets: key, initialisation vector and header protection key."""

    key: bytes
    vector: bytes
    header: bytes


class Initial(NamedTuple):
    """An Initial packet, still protected.

    Attributes:
        version: the number of QUIC's version.
        destination: connection identifier of the receiver.
        source: connection identifier of the sender.
        number_at: where the packet number begins.
        packet: all of it, from its first byte to its last.
    """

    version: int
    destination: bytes
    source: bytes
    number_at: int
    packet: bytes


class _Cut(ValueError):
    """A number or a length leaves the bytes."""


def parse_initials(payload: bytes) -> list[Initial]:
    """The Initial packets at the beginning of a datagram, where several may lie together (RFC 9000 §12.2)."""
    found: list[Initial] = []
    rest = payload
    try:
        while rest and len(found) < _MOST_PACKETS and (packet := _initial(rest)) is not None:
            found.append(packet)
            rest = rest[len(packet.packet) :]
    except _Cut:
        pass  # the packets before the damage stand
    return found


def client_keys(version: int, destination: bytes) -> Keys:
    """The client's keys, from the identifier that it first sent to (RFC 9001 §5.2)."""
    common = hmac.digest(_SALTS[version], destination, hashlib.sha256)
    secret = _expanded(common, b"client in", 32)
    label = _LABELS[version]
    return Keys(
        key=_expanded(secret, label + b"key", 16),
        vector=_expanded(secret, label + b"iv", 12),
        header=_expanded(secret, label + b"hp", 16),
    )


def crypto_frames(initial: Initial, keys: Keys) -> list[tuple[int, bytes]] | None:
    """The parts of the handshake in a packet, each with its place; None where the keys do not fit."""
    content = _decrypted(initial, keys)
    if content is None:
        return None
    found: list[tuple[int, bytes]] = []
    try:
        position = 0
        for _ in range(_MOST_FRAMES):
            position = _past_padding(content, position)
            if position >= len(content):
                break
            position = _frame(content, position, found)
    except _Cut:
        pass  # the frames before the damage stand
    return found


def _initial(payload: bytes) -> Initial | None:
    version = int.from_bytes(payload[1:5], "big")
    if version not in _SALTS or payload[0] & 0xF0 != _INITIAL[version]:
        return None
    position = 5
    identifiers = []
    for _ in range(2):
        length = payload[position] if position < len(payload) else _LONGEST_ID + 1
        if length > _LONGEST_ID or position + 1 + length > len(payload):
            raise _Cut
        identifiers.append(payload[position + 1 : position + 1 + length])
        position += 1 + length
    token, position = _number(payload, position)
    length, position = _number(payload, position + token)
    # A sample of the packet lies four bytes behind its number (RFC 9001 §5.4.2).
    if length < 4 + _SAMPLE or position + length > len(payload):
        raise _Cut
    return Initial(version, identifiers[0], identifiers[1], position, payload[: position + length])


def _decrypted(initial: Initial, keys: Keys) -> bytes | None:
    """The packet's frames, None where the keys do not fit (RFC 9001 §5.3, §5.4)."""
    packet, at = initial.packet, initial.number_at
    sample = packet[at + 4 : at + 4 + _SAMPLE]
    mask = Cipher(algorithms.AES(keys.header), modes.ECB()).encryptor().update(sample)  # noqa: S305 - the RFC's own
    first = packet[0] ^ (mask[0] & 0x0F)
    width = (first & 0x03) + 1
    number = bytes(byte ^ mask[1 + place] for place, byte in enumerate(packet[at : at + width]))
    header = bytes([first]) + packet[1:at] + number
    nonce = int.from_bytes(keys.vector, "big") ^ int.from_bytes(number, "big")
    if len(packet) < at + width + _TAG:
        return None
    try:
        return AESGCM(keys.key).decrypt(nonce.to_bytes(12, "big"), packet[at + width :], header)
    except InvalidTag:
        return None


def _past_padding(content: bytes, position: int) -> int:
    return len(content) - len(content[position:].lstrip(b"\0"))


def _frame(content: bytes, position: int, found: list[tuple[int, bytes]]) -> int:
    """Where the frame at a position ends; what it holds of the handshake is put down."""
    kind, position = _number(content, position)
    if kind == _PING:
        return position
    if kind == _CRYPTO:
        place, position = _number(content, position)
        length, position = _number(content, position)
        if position + length > len(content):
            raise _Cut
        found.append((place, content[position : position + length]))
        return position + length
    if kind not in (_ACK, _ACK_COUNTED):
        return len(content)
    _, position = _number(content, position)
    _, position = _number(content, position)
    ranges, position = _number(content, position)
    for _ in range(1 + 2 * min(ranges, _MOST_RANGES) + (3 if kind == _ACK_COUNTED else 0)):
        _, position = _number(content, position)
    return position


def _number(content: bytes, position: int) -> tuple[int, int]:
    """A number of variable length and where it ends (RFC 9000 §16)."""
    if position >= len(content):
        raise _Cut
    end = position + (1 << (content[position] >> 6))
    if end > len(content):
        raise _Cut
    value = int.from_bytes(content[position:end], "big")
    return value & ((1 << (8 * (end - position) - 2)) - 1), end


def _expanded(secret: bytes, label: bytes, length: int) -> bytes:
    """TLS 1.3's expansion of a secret under a label, of at most one hash's length (RFC 8446 §7.1)."""
    name = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:length]
