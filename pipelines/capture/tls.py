"""TLS and TLCP hellos: what a client offers and what a server chooses."""

import hashlib
import struct
from dataclasses import dataclass

from pipelines.capture.octets import Octets, readable

VERSIONS = {
    0x0101: "TLCP",
    0x0300: "SSLv3",
    0x0301: "TLSv10",
    0x0302: "TLSv11",
    0x0303: "TLSv12",
    0x0304: "TLSv13",
}

_HANDSHAKE, _CLIENT_HELLO, _SERVER_HELLO = 22, 1, 2
_SERVER_NAME, _GROUPS, _FORMATS, _ALPN, _SUPPORTED = 0, 10, 11, 16, 43
_LARGEST_HELLO = 65_536
_DRAFT = 0x7F
# RFC 8446 §4.1.3: a ServerHello with this random value asks for another ClientHello.
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


@dataclass(frozen=True)
class ClientHello:
    """What a client offers.

    Attributes:
        version: the highest version offered.
        server_name: the host asked for (RFC 6066), or ''.
        protocols: application protocols (RFC 7301).
        suites: cipher suites in the client's order.
        ja3: MD5 of versions, suites, extensions, groups and point formats without GREASE.
    """

    version: int
    server_name: str
    protocols: tuple[str, ...]
    suites: tuple[int, ...]
    ja3: str


@dataclass(frozen=True)
class ServerHello:
    """What a server chooses: version, cipher suite, application protocol or '', and its JA3S."""

    version: int
    suite: int
    protocol: str
    ja3s: str


def version_name(number: int) -> str:
    """Zeek's name of a version, or its number."""
    draft = f"TLSv13-draft{number & 0xFF}" if number >> 8 == _DRAFT else f"unknown-{number}"
    return VERSIONS.get(number, draft)


def is_whole(payload: bytes) -> bool:
    """Whether the first handshake message is complete, so that waiting for more bytes gains nothing."""
    message = _handshake(payload)
    return len(message) >= 4 and len(message) >= 4 + int.from_bytes(message[1:4], "big")


def parse_hello(payload: bytes) -> ClientHello | ServerHello | None:
    """The hello that records begin with (RFC 8446 §4.1); of a cut one, what is there; None for anything else."""
    message = _handshake(payload)
    if len(message) < 38 or int.from_bytes(message[1:4], "big") > _LARGEST_HELLO:
        return None
    body = Octets(message[4 : 4 + int.from_bytes(message[1:4], "big")])
    version = body.number(2)
    if version not in VERSIONS:
        return None
    is_retry = body.take(32) == _RETRY
    body.vector(1)
    if message[0] == _CLIENT_HELLO:
        return _client(body, version)
    return _server(body, version) if message[0] == _SERVER_HELLO and not is_retry else None


def _handshake(payload: bytes) -> bytes:
    """The bytes of the handshake layer in the records, as far as they reach."""
    parts: list[bytes] = []
    records = Octets(payload)
    while records.left >= 5:
        kind, version, length = struct.unpack("!BHH", records.take(5))
        if kind != _HANDSHAKE or (version >> 8 != 3 and version != 0x0101):
            break
        parts.append(records.take(length))
    return b"".join(parts)


def _client(body: Octets, version: int) -> ClientHello | None:
    suites = tuple(_numbers(body.vector(2)))
    if not suites:
        return None
    body.vector(1)
    extensions = _extensions(body)
    groups = _numbers(Octets(extensions.get(_GROUPS, b"")).vector(2))
    formats = list(Octets(extensions.get(_FORMATS, b"")).vector(1))
    print_parts = [[version], suites, extensions, groups]
    lists = ["-".join(str(number) for number in part if not _is_grease(number)) for part in print_parts]
    offered = [number for number in _numbers(Octets(extensions.get(_SUPPORTED, b"")).vector(1)) if number in VERSIONS]
    return ClientHello(
        version=max([version, *offered]),
        server_name=_server_name(extensions.get(_SERVER_NAME, b"")),
        protocols=_protocols(extensions.get(_ALPN, b"")),
        suites=suites,
        ja3=_md5(",".join([*lists, "-".join(map(str, formats))])),
    )


def _server(body: Octets, version: int) -> ServerHello | None:
    if body.left < 3:
        return None
    suite = body.number(2)
    body.take(1)
    extensions = _extensions(body)
    chosen = extensions.get(_SUPPORTED, b"")
    protocols = _protocols(extensions.get(_ALPN, b""))
    return ServerHello(
        version=int.from_bytes(chosen, "big") if len(chosen) == 2 else version,
        suite=suite,
        protocol=protocols[0] if protocols else "",
        ja3s=_md5(f"{version},{suite},{'-'.join(map(str, extensions))}"),
    )


def _extensions(body: Octets) -> dict[int, bytes]:
    """The extensions by type, in their order."""
    found: dict[int, bytes] = {}
    rest = Octets(body.vector(2))
    while rest.left >= 4:
        kind = rest.number(2)
        found.setdefault(kind, rest.vector(2))
    return found


def _server_name(content: bytes) -> str:
    names = Octets(Octets(content).vector(2))
    while names.left >= 3:
        kind, name = names.number(1), names.vector(2)
        if kind == 0:
            return readable(name)
    return ""


def _protocols(content: bytes) -> tuple[str, ...]:
    names = Octets(Octets(content).vector(2))
    found = []
    while names.left > 1:
        found.append(readable(names.vector(1)))
    return tuple(found)


def _numbers(content: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("!H", content[: len(content) // 2 * 2])]


def _is_grease(number: int) -> bool:
    """Whether a number is one that clients send to be ignored (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _md5(text: str) -> str:
    # JA3 is defined over MD5; it names a fingerprint and protects nothing.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
