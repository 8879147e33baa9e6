"""A small reader of export packets, written for the tests alone: one record at a time, without NumPy."""

import ipaddress
import struct
from collections.abc import Iterator

Flow = tuple[str, str, int, int, int, int]


def flows(content: bytes, templates: dict[tuple[int, int, int], list[tuple[int, int, int]]]) -> Iterator[Flow]:
    """Source, destination, ports, packets and bytes of the records of one packet with fixed lengths only."""
    version = int.from_bytes(content[:2], "big")
    if version == 5:
        for at in range(24, 24 + 48 * int.from_bytes(content[2:4], "big"), 48):
            ends = struct.unpack_from(">4s4s", content, at)
            packets, octets = struct.unpack_from(">II", content, at + 16)
            ports = struct.unpack_from(">HH", content, at + 32)
            yield (*(str(ipaddress.ip_address(end)) for end in ends), *ports, packets, octets)
        return
    head, domain_at = (20, 16) if version == 9 else (16, 12)
    domain = int.from_bytes(content[domain_at : domain_at + 4], "big")
    at = head
    while at + 4 <= len(content):
        number, length = struct.unpack_from(">HH", content, at)
        if length < 4:
            return
        body = content[at + 4 : at + length]
        at += length
        if number == (0 if version == 9 else 2):
            _learn(version, domain, body, templates)
        elif number >= 256 and (fields := templates.get((version, domain, number))):
            size = sum(field[2] for field in fields)
            for start in range(0, len(body) - size + 1, size):
                yield _flow(fields, body[start : start + size])


def _learn(
    version: int, domain: int, body: bytes, templates: dict[tuple[int, int, int], list[tuple[int, int, int]]]
) -> None:
    at = 0
    while at + 4 <= len(body):
        number, count = struct.unpack_from(">HH", body, at)
        at += 4
        fields = []
        for _ in range(count):
            element, size = struct.unpack_from(">HH", body, at)
            at += 4
            enterprise = 0
            if version == 10 and element & 0x8000:
                enterprise = int.from_bytes(body[at : at + 4], "big")
                at += 4
            fields.append((enterprise, element, size))
        if number >= 256 and count and all(size != 65535 for *_, size in fields):
            templates[version, domain, number] = fields


def _flow(fields: list[tuple[int, int, int]], record: bytes) -> Flow:
    found: dict[int, bytes] = {}
    at = 0
    for enterprise, element, size in fields:
        if not enterprise and size:
            found.setdefault(element, record[at : at + size])
        at += size
    source, destination = (
        next(
            (found[name] for name in names if any(found.get(name, b""))),
            next((found[n] for n in names if n in found), b""),
        )
        for names in ((8, 27), (12, 28))
    )
    numbers = [
        next((number for name in names if (number := int.from_bytes(found.get(name, b""), "big"))), 0)
        for names in ((7, 182, 180), (11, 183, 181), (2, 86, 298, 24), (1, 85, 23))
    ]
    icmp = found.get(4) in (b"\x01", b"\x3a")
    texts = [str(ipaddress.ip_address(end)) if end else "" for end in (source, destination)]
    return (texts[0], texts[1], -1 if icmp else numbers[0], -1 if icmp else numbers[1], numbers[2], numbers[3])
