"""Where an export packet seems to begin, and where it ends by what it says itself.

NetFlow v9 and sFlow have no length of their own, since each packet was a datagram once: their parts are walked.
"""

import struct
from collections.abc import Iterator
from typing import Final

# No datagram is longer; neither is a packet of any of these protocols.
MOST_BYTES: Final = 65_535

V5, V9, IPFIX = 5, 9, 10
V5_HEADER, V5_RECORD, V9_HEADER, IPFIX_HEADER = 24, 48, 20, 16
MOST_V5_RECORDS: Final = 30
SFLOW: Final = b"\0\0\0\x05"
_IPFIX: Final = b"\0\x0a"
_PAIR: Final = struct.Struct(">HH").unpack_from
_SFLOW_AGENTS: Final = {1: 4, 2: 16}
_MOST_SAMPLES: Final = 4_096
# A set with one template of one field.
_LEAST_TEMPLATES: Final = 12


def is_plausible(block: bytes, at: int = 0, *, until: int | None = None) -> bool:
    """Whether a packet of one of the protocols seems to begin here."""
    end = len(block) if until is None else until
    if end - at < IPFIX_HEADER:
        return False
    version, number = _PAIR(block, at)
    if version == V5:
        # A box that was never told the time still knows how long it runs.
        says_when = bool(block[at + 4 : at + 12].strip(b"\0"))
        return 1 <= number <= MOST_V5_RECORDS and end - at >= V5_HEADER and says_when
    if version == IPFIX:
        return number >= IPFIX_HEADER and (number == IPFIX_HEADER or _is_set(block, at + IPFIX_HEADER, end))
    if version == V9:
        return number == 0 or _is_set(block, at + V9_HEADER, end)
    return _is_sflow(block, at, end)


def messages_in(packet: bytes) -> Iterator[bytes]:
    """The messages of a packet: IPFIX tells how long each one is, and some exporters put several into a datagram."""
    at = 0
    while packet.startswith(_IPFIX, at):
        end = at + int.from_bytes(packet[at + 2 : at + 4], "big")
        if end < at + IPFIX_HEADER or not packet.startswith(_IPFIX, end):
            break
        yield packet[at:end]
        at = end
    yield packet[at:]


def ends_well(block: bytes, at: int) -> bool:
    """Whether the file ends here, or a packet begins, perhaps behind zeros that fill up."""
    if is_plausible(block, at):
        return True
    beginning = block[at : at + 4]
    return not beginning.strip(b"\0") or (
        beginning[0] == 0 and any(is_plausible(block, at + shift) for shift in (1, 2, 3))
    )


def end_of(block: bytes, at: int, most_sets: int) -> tuple[int, str]:
    """Where the packet that begins here ends by what it says itself, and what is wrong with it."""
    version = int.from_bytes(block[at : at + 2], "big")
    if version == V5:
        return _end_of_v5(block, at)
    if version == IPFIX:
        return _end_of_ipfix(block, at)
    if version == V9:
        return _end_of_v9(block, at, most_sets)
    if block[at : at + 4] == SFLOW:
        return _end_of_sflow(block, at)
    return at, "no header of an export packet"


def _is_set(block: bytes, at: int, end: int) -> bool:
    if at + 4 > end:
        return False
    number, length = _PAIR(block, at)
    return bool(length >= 4 and (number < 4 or number >= 256))


def _is_sflow(block: bytes, at: int, end: int) -> bool:
    size = _SFLOW_AGENTS.get(int.from_bytes(block[at + 4 : at + 8], "big"))
    if block[at : at + 4] != SFLOW or size is None or at + size + 24 > end:
        return False
    return int.from_bytes(block[at + size + 20 : at + size + 24], "big") <= _MOST_SAMPLES


def _end_of_v5(block: bytes, at: int) -> tuple[int, str]:
    if at + V5_HEADER > len(block):
        return at, "a NetFlow v5 header is cut"
    count = int.from_bytes(block[at + 2 : at + 4], "big")
    if not 1 <= count <= MOST_V5_RECORDS:
        return at, f"a NetFlow v5 header counts {count} records; 1 to {MOST_V5_RECORDS} are possible"
    return at + V5_HEADER + count * V5_RECORD, ""


def _end_of_ipfix(block: bytes, at: int) -> tuple[int, str]:
    if at + IPFIX_HEADER > len(block):
        return at, "an IPFIX header is cut"
    length = int.from_bytes(block[at + 2 : at + 4], "big")
    if length < IPFIX_HEADER:
        return at, f"an IPFIX message claims {length} bytes, less than its header"
    return at + length, ""


def _end_of_v9(block: bytes, at: int, most_sets: int) -> tuple[int, str]:
    """The sets are walked until something follows that is none: numbers of versions are no numbers of sets.

    The header counts records, or sets as some read the RFC: there are never more sets than that unless it is wrong.
    """
    if at + V9_HEADER > len(block):
        return at, "a NetFlow v9 header is cut"
    count = int.from_bytes(block[at + 2 : at + 4], "big")
    here, counted, most = at + V9_HEADER, at + V9_HEADER, min(at + MOST_BYTES, len(block))
    sets = 0
    while here + 4 <= most and sets < most_sets:
        number, length = _PAIR(block, here)
        if length < 4 or 2 <= number < 256 or (number == 0 and length < _LEAST_TEMPLATES):
            break
        here += length
        sets += 1
        if sets <= count:
            counted = here
    if not sets and not ends_well(block, here):
        return at, "a NetFlow v9 packet holds no set"
    if sets > count and (here > len(block) or not ends_well(block, here)):
        here = counted
    return here, ""


def _end_of_sflow(block: bytes, at: int) -> tuple[int, str]:
    size = _SFLOW_AGENTS.get(int.from_bytes(block[at + 4 : at + 8], "big"))
    if size is None or at + size + 24 > len(block):
        return at, "an sFlow header is cut, or its agent's address is of no known kind"
    samples = int.from_bytes(block[at + size + 20 : at + size + 24], "big")
    if samples > _MOST_SAMPLES:
        return at, f"an sFlow datagram claims {samples} samples"
    here, most = at + size + 24, min(at + MOST_BYTES, len(block))
    for _ in range(samples):
        if here + 8 > most:
            break
        here += 8 + int.from_bytes(block[here + 4 : here + 8], "big")
    return here, ""
