"""SSH: who speaks which version, and which algorithms each side offers (RFC 4253), with HASSH's fingerprints."""

import hashlib
import re
from typing import NamedTuple

from pipelines.capture.octets import Octets, readable

LONGEST_BANNER = 255
# RFC 4253 §6.1 asks for packets of 35,000 bytes; an offer is seldom longer than two.
LONGEST_PACKET = 35_004
_KEXINIT = 20
_COOKIE_BYTES = 16

# SSH-2.0-OpenSSH_9.6 Debian-2
_BANNER = re.compile(rb"SSH-(?P<version>\d\.\d+)-(?P<software>[^\r\n]{0,250})\r?\n")


class Banner(NamedTuple):
    """The first line a side says: the protocol's version, the whole line, and how many bytes it took."""

    version: str
    text: str
    size: int


class Offer(NamedTuple):
    """The algorithms that a side offers, best first, each a list joined by commas (RFC 4253 §7.1).

    Attributes:
        exchange: key exchange.
        host_key: host keys.
        ciphers: encryption from the client and from the server.
        integrity: integrity from the client and from the server.
        compression: compression from the client and from the server.
    """

    exchange: str
    host_key: str
    ciphers: tuple[str, str]
    integrity: tuple[str, str]
    compression: tuple[str, str]

    def hassh(self, *, server: bool) -> str:
        """HASSH of a client's offer, hasshServer of a server's: MD5 over what it offers for its own direction."""
        side = int(server)
        parts = (self.exchange, self.ciphers[side], self.integrity[side], self.compression[side])
        # MD5 is what HASSH is defined over; it names a fingerprint and protects nothing.
        return hashlib.md5(";".join(parts).encode(), usedforsecurity=False).hexdigest()


def parse_banner(payload: bytes) -> Banner | None:
    """The banner that a payload begins with (RFC 4253 §4.2), None where it is none or cut."""
    found = _BANNER.match(payload)
    if found is None:
        return None
    version = found["version"].decode()
    return Banner(version, f"SSH-{version}-{readable(found['software'])}", found.end())


def packet_length(payload: bytes) -> int:
    """The bytes of the unencrypted packet that a payload begins with (RFC 4253 §6), 0 where it offers no algorithms."""
    if len(payload) < 6 or payload[5] != _KEXINIT:
        return 0
    length = 4 + int.from_bytes(payload[:4], "big")
    return length if 4 + 2 + _COOKIE_BYTES <= length <= LONGEST_PACKET else 0


def parse_offer(payload: bytes) -> Offer | None:
    """The offer of algorithms that a payload begins with; None where it is none or cut."""
    length = packet_length(payload)
    if not length or len(payload) < length:
        return None
    body = Octets(payload[6:length])
    body.take(_COOKIE_BYTES)
    lists = [readable(body.vector(4)) for _ in range(8)]
    if not lists[0]:
        return None
    return Offer(lists[0], lists[1], (lists[2], lists[3]), (lists[4], lists[5]), (lists[6], lists[7]))


def agreed(client: str, server: str) -> str:
    """The first of a client's algorithms that the server has too, '' where there is none."""
    offered = set(server.split(","))
    return next((name for name in client.split(",") if name in offered), "")
