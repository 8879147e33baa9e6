"""Community ID version 1: one short name for a flow that every sensor computes alike."""

import base64
import hashlib
import struct

_PORTED = (1, 6, 17, 58, 132)
_SEED = 0


def community_id(source: bytes, destination: bytes, protocol: int, ports: tuple[int, int], *, one_way: bool) -> str:
    """The id of a flow between two packed addresses (Community ID Flow Hashing 1.0, seed 0).

    `ports` of ICMP are its type and the answering type, or its code where it is `one_way`.
    """
    if (source, ports[0]) > (destination, ports[1]) and not one_way:
        source, destination, ports = destination, source, (ports[1], ports[0])
    parts = struct.pack("!H", _SEED) + source + destination + bytes([protocol, 0])
    if protocol in _PORTED:
        parts += struct.pack("!HH", *ports)
    digest = hashlib.sha1(parts, usedforsecurity=False).digest()
    return f"1:{base64.b64encode(digest).decode()}"
