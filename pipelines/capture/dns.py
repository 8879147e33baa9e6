"""DNS messages: what was asked, and what was answered, in the words of Zeek's dns.log."""

import socket
import struct
from typing import NamedTuple

from pipelines.capture.octets import readable

PORTS = (53, 137, 5353, 5355)

QUERY_TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 28: "AAAA",
    29: "LOC", 32: "NB", 33: "SRV", 35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG",
    47: "NSEC", 48: "DNSKEY", 50: "NSEC3", 51: "NSEC3PARAM", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 99: "SPF",
    249: "TKEY", 250: "TSIG", 251: "IXFR", 252: "AXFR", 255: "*", 257: "CAA",
}  # fmt: skip
RESPONSE_CODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
    7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE",
}  # fmt: skip
_CLASSES = {1: "C_INTERNET", 3: "C_CHAOS", 4: "C_HESIOD", 255: "C_ANY"}

_MOST_QUESTIONS = 16
_MOST_ANSWERS = 64
_LONGEST_NAME = 255
_NAMED = (2, 5, 12, 39)
_NETBIOS = 137
_NETBIOS_NAME = 32


class Question(NamedTuple):
    """One question: a name, lower case without the last dot, a type and a class."""

    name: str
    kind: int
    group: int

    @property
    def type_name(self) -> str:
        """The name of the type, `query-N` where it has none."""
        return QUERY_TYPES.get(self.kind, f"query-{self.kind}")

    @property
    def class_name(self) -> str:
        """The name of the class."""
        # The top bit of an mDNS question asks for a unicast answer (RFC 6762 §5.4).
        return _CLASSES.get(self.group & 0x7FFF, f"qclass-{self.group}")


class Message(NamedTuple):
    """A DNS message.

    Attributes:
        identifier: what a response shares with its query.
        is_response: a response, not a query.
        flags: the header's 16 bits of flags.
        questions: what is asked.
        answers: values of the answer section, as text.
        ttls: their times to live, in seconds.
    """

    identifier: int
    is_response: bool
    flags: int
    questions: tuple[Question, ...]
    answers: tuple[str, ...]
    ttls: tuple[int, ...]

    @property
    def code(self) -> int:
        """The response code."""
        return self.flags & 0xF


class _Malformed(ValueError):
    """The bytes are not a DNS message."""


def parse_message(payload: bytes, port: int) -> Message | None:
    """The DNS message in a datagram of this server port (RFC 1035); None where it is none."""
    if len(payload) < 12:
        return None
    identifier, flags, questions, answers, _, _ = struct.unpack_from("!6H", payload)
    # Operations 7 to 15 are unassigned and no message asks more than a few questions: this is something else.
    if (flags >> 11) & 0xF > 6 or questions > _MOST_QUESTIONS or not (questions or answers):
        return None
    is_netbios = port == _NETBIOS
    try:
        asked, position = _questions(payload, questions, netbios=is_netbios)
        if not asked and flags & 0x8000:
            # Answers of NetBIOS and announcements of mDNS repeat no question: an answer begins like one.
            asked, _ = _questions(payload, 1, netbios=is_netbios)
    except _Malformed:
        return None
    values, ttls = _answers(payload, position, answers, netbios=is_netbios)
    return Message(identifier, bool(flags & 0x8000), flags, asked, values, ttls)


def _questions(payload: bytes, count: int, *, netbios: bool) -> tuple[tuple[Question, ...], int]:
    found, position = [], 12
    for _ in range(count):
        name, position = _name(payload, position)
        if position + 4 > len(payload):
            raise _Malformed
        kind, group = struct.unpack_from("!HH", payload, position)
        found.append(Question(_netbios_name(name) if netbios else name, kind, group))
        position += 4
    return tuple(found), position


def _answers(payload: bytes, position: int, count: int, *, netbios: bool) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The answers up to where the message is cut or damaged."""
    values: list[str] = []
    ttls: list[int] = []
    try:
        for _ in range(min(count, _MOST_ANSWERS)):
            _, position = _name(payload, position)
            if position + 10 > len(payload):
                break
            kind, _, ttl, length = struct.unpack_from("!HHIH", payload, position)
            position += 10
            if position + length > len(payload):
                break
            value = _netbios_value if netbios else _value
            values.append(value(payload, position, kind, length))
            ttls.append(ttl)
            position += length
    except _Malformed:
        pass  # what was read before the damage stands
    return tuple(values), tuple(ttls)


def _value(payload: bytes, position: int, kind: int, length: int) -> str:
    content = payload[position : position + length]
    if kind == 1 and length == 4:
        return socket.inet_ntop(socket.AF_INET, content)
    if kind == 28 and length == 16:
        return socket.inet_ntop(socket.AF_INET6, content)
    if kind in _NAMED or kind == 6:
        return _name(payload, position)[0]
    if kind == 15 and length > 2:
        return _name(payload, position + 2)[0]
    if kind == 33 and length > 6:
        return _name(payload, position + 6)[0]
    if kind in (16, 99):
        return " ".join(f"{QUERY_TYPES[kind]} {len(text)} {readable(text)}" for text in _strings(content))
    return f"<unknown type={kind}>"


def _netbios_value(payload: bytes, position: int, kind: int, length: int) -> str:
    """The addresses of a NetBIOS name, each behind two bytes of flags (RFC 1002 §4.2.13)."""
    if kind != _NETBIOS_NAME or length % 6:
        return f"<unknown type={kind}>"
    places = range(position + 2, position + length, 6)
    return " ".join(socket.inet_ntop(socket.AF_INET, payload[place : place + 4]) for place in places)


def _strings(content: bytes) -> list[bytes]:
    found, position = [], 0
    while position < len(content):
        length = content[position]
        found.append(content[position + 1 : position + 1 + length])
        position += 1 + length
    return found


def _name(payload: bytes, position: int) -> tuple[str, int]:
    """The name at a position and where it ends; pointers may only lead backwards (RFC 1035 §4.1.4)."""
    labels: list[str] = []
    after, length = -1, 0
    while True:
        if position >= len(payload):
            raise _Malformed
        size = payload[position]
        if size >= 0xC0:
            if position + 1 >= len(payload):
                raise _Malformed
            target = (size & 0x3F) << 8 | payload[position + 1]
            after = position + 2 if after < 0 else after
            if target >= position:
                raise _Malformed
            position = target
            continue
        position += 1
        if size == 0:
            return ".".join(labels), position if after < 0 else after
        length += size + 1
        if size > 63 or length > _LONGEST_NAME or position + size > len(payload):
            raise _Malformed
        labels.append(readable(payload[position : position + size]).lower())
        position += size


def _netbios_name(name: str) -> str:
    """A NetBIOS name from its half-ASCII encoding (RFC 1001 §14.1); the name as it is where it is not encoded."""
    first = name.split(".", 1)[0]
    if len(first) != 32 or not all("a" <= letter <= "p" for letter in first):
        return name
    pairs = zip(first[::2], first[1::2], strict=True)
    octets = bytes((ord(high) - 97) << 4 | (ord(low) - 97) for high, low in pairs)
    return readable(octets[:15].rstrip(b" \0")).lower()
