"""DNS messages (RFC 1035): one question, its answers."""

import struct
from collections.abc import Sequence
from ipaddress import ip_address

TYPES = {"A": 1, "TXT": 16, "AAAA": 28}
NXDOMAIN = 3


def question(transaction: int, name: str, kind: str) -> bytes:
    """A query for one name, recursion desired."""
    return struct.pack("!HHHHHH", transaction, 0x0100, 1, 0, 0, 0) + _asked(name, kind)


def response(transaction: int, name: str, kind: str, answers: Sequence[str], *, rcode: int = 0) -> bytes:
    """The resolver's answer to `question`."""
    head = struct.pack("!HHHHHH", transaction, 0x8180 | rcode, 1, len(answers), 0, 0)
    return head + _asked(name, kind) + b"".join(_record(kind, answer) for answer in answers)


def _asked(name: str, kind: str) -> bytes:
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return labels + b"\0" + struct.pack("!HH", TYPES[kind], 1)


def _record(kind: str, answer: str) -> bytes:
    content = bytes([len(answer)]) + answer.encode() if kind == "TXT" else ip_address(answer).packed
    # 0xC00C points at the name in the question (RFC 1035 section 4.1.4).
    return struct.pack("!HHHIH", 0xC00C, TYPES[kind], 1, 300, len(content)) + content
