"""RDP's first words (MS-RDPBCGR §2.2.1): who asks for a desktop, and which security is asked for and chosen."""

import re

from pipelines.capture.exchange_events import Said
from pipelines.capture.framing import Framing
from pipelines.capture.octets import readable
from pipelines.capture.s7comm import packet_length

# Names as in Zeek's rdp.log.
PROTOCOLS = {0x01: "SSL", 0x02: "HYBRID", 0x04: "RDSTLS", 0x08: "HYBRID_EX", 0x10: "RDSAAD"}
FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER", 2: "SSL_NOT_ALLOWED_BY_SERVER", 3: "SSL_CERT_NOT_ON_SERVER",
    4: "INCONSISTENT_FLAGS", 5: "HYBRID_REQUIRED_BY_SERVER", 6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}  # fmt: skip
_PLAIN = "RDP"

_REQUEST, _CONFIRM = 0xE0, 0xD0
_FIXED = 11
_ASKS, _CHOOSES, _REFUSES = 1, 2, 3
# The name that a client gives itself, as in mstshash=operator, is cut to nine letters by most.
_COOKIE = re.compile(rb"Cookie: (?:mstshash|msts)=(?P<name>[^\r\n]{0,256})\r\n")

FRAMING = Framing(4, packet_length, 512)


def parse_packet(packet: bytes, _by_client: bool = True) -> Said | None:
    """What a packet asks or chooses; None where it opens another protocol over ISO's transport."""
    if len(packet) < _FIXED or not packet_length(packet[:4]):
        return None
    content = packet[_FIXED:]
    if packet[5] == _REQUEST:
        return _asked(content)
    return _chosen(content) if packet[5] == _CONFIRM else None


def _asked(content: bytes) -> Said | None:
    cookie = _COOKIE.match(content)
    kind, value = _negotiation(content[cookie.end() if cookie else 0 :])
    if cookie is None and kind != _ASKS:
        return None
    fields = {
        "cookie": readable(cookie["name"]).strip() if cookie else "",
        "requested_protocols": ",".join(_names(value)) if kind == _ASKS else _PLAIN,
    }
    return Said("rdp", fields, None, key="opening", action="handshake")


def _chosen(content: bytes) -> Said:
    kind, value = _negotiation(content)
    if kind == _REFUSES:
        fields, outcome = {"result": FAILURES.get(value, f"unknown-{value}")}, "failure"
    else:
        # A server that knows no other security answers without a choice.
        fields, outcome = {"security_protocol": _names(value if kind == _CHOOSES else 0)[-1]}, "success"
    alone = kind in (_CHOOSES, _REFUSES)
    return Said("rdp", fields, None, True, key="opening", outcome=outcome, action="handshake", alone=alone)


def _negotiation(content: bytes) -> tuple[int, int]:
    """The kind and the value of a negotiation structure, 0 and 0 where there is none."""
    if len(content) < 8 or content[2:4] != b"\x08\0" or content[0] not in (_ASKS, _CHOOSES, _REFUSES):
        return 0, 0
    return content[0], int.from_bytes(content[4:8], "little")


def _names(protocols: int) -> list[str]:
    return [name for bit, name in PROTOCOLS.items() if protocols & bit] or [_PLAIN]
