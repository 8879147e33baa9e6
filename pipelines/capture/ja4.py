"""JA4, FoxIO's fingerprint of a TLS client: what it can, in an order that it cannot shuffle."""

import hashlib
from collections.abc import Iterable, Sequence

from pipelines.capture.tls_suites import is_grease

_VERSIONS = {0x0304: "13", 0x0303: "12", 0x0302: "11", 0x0301: "10", 0x0300: "s3", 0x0002: "s2"}
_SERVER_NAME, _ALPN = 0, 16
_NOTHING = "000000000000"


def client_fingerprint(
    *,
    transport: str,
    version: int,
    suites: Sequence[int],
    extensions: Sequence[int],
    signatures: Sequence[int],
    protocol: bytes,
) -> str:
    """The fingerprint of a ClientHello.

    Args:
        transport: `t` over TCP, `q` over QUIC.
        version: the highest offered, of the extension that lists versions where it is there.
        suites: cipher suites.
        extensions: types of the extensions.
        signatures: signature algorithms, in the client's order.
        protocol: the first application protocol offered, b'' without one.
    """
    ciphers = [number for number in suites if not is_grease(number)]
    present = [number for number in extensions if not is_grease(number)]
    named = "d" if _SERVER_NAME in present else "i"
    counts = f"{min(len(ciphers), 99):02d}{min(len(present), 99):02d}"
    described = sorted(number for number in present if number not in (_SERVER_NAME, _ALPN))
    offered = [number for number in signatures if not is_grease(number)]
    last = _hexadecimal(described) + (f"_{_hexadecimal(offered)}" if offered else "")
    return "_".join(
        (
            f"{transport}{_VERSIONS.get(version, '00')}{named}{counts}{_ends(protocol)}",
            _shortened(_hexadecimal(sorted(ciphers))) if ciphers else _NOTHING,
            _shortened(last) if described else _NOTHING,
        )
    )


def _ends(protocol: bytes) -> str:
    """The first and the last letter of a protocol's name, in hexadecimal where they are no letters or digits."""
    if not protocol:
        return "00"
    text = protocol.decode("latin-1")
    first, last = text[0], text[-1]
    if first.isascii() and first.isalnum() and last.isascii() and last.isalnum():
        return first + last
    return protocol[:1].hex()[0] + protocol[-1:].hex()[1]


def _hexadecimal(numbers: Iterable[int]) -> str:
    return ",".join(f"{number:04x}" for number in numbers)


def _shortened(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
