"""Hellos of TLS and TLCP: what a client offers and what a server chooses."""

import hashlib
import struct
from typing import NamedTuple

from pipelines.capture import ja4
from pipelines.capture.octets import Octets, readable
from pipelines.capture.tls_suites import is_grease

VERSIONS = {
    0x0101: "TLCP",
    0x0300: "SSLv3",
    0x0301: "TLSv10",
    0x0302: "TLSv11",
    0x0303: "TLSv12",
    0x0304: "TLSv13",
}
GROUPS = {
    21: "secp224r1", 22: "secp256k1", 23: "secp256r1", 24: "secp384r1", 25: "secp521r1", 26: "brainpoolP256r1",
    27: "brainpoolP384r1", 28: "brainpoolP512r1", 29: "x25519", 30: "x448", 41: "curveSM2", 256: "ffdhe2048",
    257: "ffdhe3072", 258: "ffdhe4096", 259: "ffdhe6144", 260: "ffdhe8192", 512: "MLKEM512", 513: "MLKEM768",
    514: "MLKEM1024", 4587: "SecP256r1MLKEM768", 4588: "X25519MLKEM768", 4589: "SecP384r1MLKEM1024",
    4590: "curveSM2MLKEM768", 25497: "X25519Kyber768Draft00",
}  # fmt: skip

_TLS13, _SHARED_KEY = 0x0304, 41
_CLIENT_HELLO, _SERVER_HELLO = 1, 2
_SERVER_NAME, _GROUPS, _FORMATS, _SIGNATURES, _ALPN, _SUPPORTED, _KEY_SHARE = 0, 10, 11, 13, 16, 43, 51
_LARGEST_HELLO = 65_536
_DRAFT = 0x7F
# RFC 8446 §4.1.3: a ServerHello with this random value asks for another ClientHello.
_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")


class ClientHello(NamedTuple):
    """What a client offers.

    Attributes:
        version: the highest version offered.
        versions: those of the extension that lists them (RFC 8446 §4.2.1).
        server_name: the host asked for (RFC 6066), or ''.
        protocols: application protocols (RFC 7301).
        suites: cipher suites in the client's order.
        groups: groups for the key exchange (RFC 8422) in the client's order.
        ja3: MD5 of versions, suites, extensions, groups and point formats without GREASE; '' of a cut hello.
        ja4: FoxIO's fingerprint of a client; '' of a cut hello.
        session: the session to be resumed, or what stands in for one from TLS 1.3 on.
    """

    version: int
    versions: tuple[int, ...]
    server_name: str
    protocols: tuple[str, ...]
    suites: tuple[int, ...]
    groups: tuple[int, ...]
    ja3: str
    ja4: str
    session: bytes = b""


class ServerHello(NamedTuple):
    """What a server chooses.

    Attributes:
        version: of the protocol.
        suite: cipher suite.
        protocol: application protocol, or ''.
        group: of the key exchange; 0 where another message tells it.
        ja3s: MD5 of version, suite and extensions.
        session: the session that begins or is resumed.
        shares_key: a key of an earlier session is used (RFC 8446 §4.2.11).
    """

    version: int
    suite: int
    protocol: str
    group: int
    ja3s: str
    session: bytes = b""
    shares_key: bool = False

    def resumes(self, offer: ClientHello) -> bool:
        """Whether an earlier session goes on."""
        if self.version >= _TLS13:
            return self.shares_key
        return bool(self.session) and self.session == offer.session


def version_name(number: int) -> str:
    """Zeek's name of a version, or its number."""
    draft = f"TLSv13-draft{number & 0xFF}" if number >> 8 == _DRAFT else f"unknown-{number}"
    return VERSIONS.get(number, draft)


def group_name(number: int) -> str:
    """The registered name of a group, or its number."""
    return GROUPS.get(number, f"unknown-{number}")


def parse_hello_message(message: bytes, transport: str = "t") -> ClientHello | ServerHello | None:
    """The hello that a handshake message is; `transport` is JA4's letter: `t` for TCP, `q` for QUIC."""
    if len(message) < 38 or int.from_bytes(message[1:4], "big") > _LARGEST_HELLO:
        return None
    body = Octets(message[4 : 4 + int.from_bytes(message[1:4], "big")])
    version = body.number(2)
    if version not in VERSIONS:
        return None
    is_retry = body.take(32) == _RETRY
    session = body.vector(1)
    if message[0] == _CLIENT_HELLO:
        found = _client(body, version, transport, session)
        is_cut = len(message) < 4 + int.from_bytes(message[1:4], "big")
        # A fingerprint of a part is the fingerprint of another client.
        return found._replace(ja3="", ja4="") if found and is_cut else found
    return _server(body, version, session) if message[0] == _SERVER_HELLO and not is_retry else None


def _client(body: Octets, version: int, transport: str, session: bytes) -> ClientHello | None:
    suites = tuple(_numbers(body.vector(2)))
    if not suites:
        return None
    body.vector(1)
    extensions = _extensions(body)
    groups = _numbers(Octets(extensions.get(_GROUPS, b"")).vector(2))
    formats = list(Octets(extensions.get(_FORMATS, b"")).vector(1))
    print_parts = [[version], suites, extensions, groups]
    lists = ["-".join(str(number) for number in part if not is_grease(number)) for part in print_parts]
    listed = _numbers(Octets(extensions.get(_SUPPORTED, b"")).vector(1))
    names = _protocol_names(extensions.get(_ALPN, b""))
    fingerprint = ja4.client_fingerprint(
        transport=transport,
        version=max([number for number in listed if not is_grease(number)], default=version),
        suites=suites,
        extensions=tuple(extensions),
        signatures=tuple(_numbers(Octets(extensions.get(_SIGNATURES, b"")).vector(2))),
        protocol=names[0] if names else b"",
    )
    return ClientHello(
        version=max([version, *(number for number in listed if number in VERSIONS)]),
        versions=tuple(number for number in listed if not is_grease(number)),
        server_name=_server_name(extensions.get(_SERVER_NAME, b"")),
        protocols=tuple(map(readable, names)),
        suites=suites,
        groups=tuple(number for number in groups if not is_grease(number)),
        ja3=_md5(",".join([*lists, "-".join(map(str, formats))])),
        ja4=fingerprint,
        session=session,
    )


def _server(body: Octets, version: int, session: bytes) -> ServerHello | None:
    if body.left < 3:
        return None
    suite = body.number(2)
    body.take(1)
    extensions = _extensions(body)
    chosen = extensions.get(_SUPPORTED, b"")
    protocols = _protocol_names(extensions.get(_ALPN, b""))
    return ServerHello(
        version=int.from_bytes(chosen, "big") if len(chosen) == 2 else version,
        suite=suite,
        protocol=readable(protocols[0]) if protocols else "",
        group=int.from_bytes(extensions.get(_KEY_SHARE, b"")[:2], "big"),
        ja3s=_md5(f"{version},{suite},{'-'.join(map(str, extensions))}"),
        session=session,
        shares_key=_SHARED_KEY in extensions,
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


def _protocol_names(content: bytes) -> list[bytes]:
    names = Octets(Octets(content).vector(2))
    found = []
    while names.left > 1:
        found.append(names.vector(1))
    return found


def _numbers(content: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("!H", content[: len(content) // 2 * 2])]


def _md5(text: str) -> str:
    # JA3 is defined over MD5; it names a fingerprint and protects nothing.
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
