"""Where export packets end that lie one after another: some say how long they are, of the others the parts are walked.

NetFlow v9 and sFlow have no length of their own, since each packet was a datagram once.
"""

import re
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipelines.capture.window import ByteReader, read_fully

WINDOW_BYTES: Final = 4 * 1024 * 1024
# No datagram is longer; neither is a packet of any of these protocols.
MOST_BYTES: Final = 65_535

V5, V9, IPFIX = 5, 9, 10
V5_HEADER, V5_RECORD, V9_HEADER, IPFIX_HEADER = 24, 48, 20, 16
MOST_V5_RECORDS: Final = 30
_SFLOW: Final = b"\0\0\0\x05"
_OPENING: Final = re.compile(rb"\0(?:[\x05\x09\x0a]|\0\0\x05)")
_PAIR: Final = struct.Struct(">HH").unpack_from
_SFLOW_AGENTS: Final = {1: 4, 2: 16}
_MOST_SAMPLES: Final = 4_096
_REFILL: Final = 2 * MOST_BYTES
_MOST_SETS: Final = 1_024
# Where a packet is only guessed at, more would let hostile bytes cost too much.
_MOST_GUESSED_SETS: Final = 64
_EARLIEST: Final = 946_684_800  # 2000-01-01
_DAYS_APART: Final = 7 * 86_400
# A set with one template of one field.
_LEAST_TEMPLATES: Final = 12


class Framed(NamedTuple):
    """A stretch of a file.

    Attributes:
        content: the bytes of a packet; none where there is none.
        problem: why these bytes are no packet, or '' for a packet.
        ends_window: nothing more comes of what was read until now.
    """

    content: bytes
    problem: str = ""
    ends_window: bool = False


def frames(stream: ByteReader, window_bytes: int = WINDOW_BYTES) -> Iterator[Framed]:
    """The packets of a file in order, what is damaged between them, and the ends of windows."""
    block, position, whole = b"", 0, False
    while not whole:
        fresh = read_fully(stream, window_bytes)
        whole = len(fresh) < window_bytes
        block, at = block + fresh, 0
        limit = len(block) if whole else len(block) - _REFILL
        while at < limit:
            end, problem = _next(block, at)
            if problem:
                # A packet may lie across the end of the window: it is looked for in the next one.
                end = end if whole else min(end, limit)
                yield Framed(b"", f"at byte {position + at}: {problem}")
            else:
                content = block[at:end]
                if content[1:2] > b"\0" or content.strip(b"\0"):
                    yield Framed(content)
            at = end
        yield Framed(b"", ends_window=True)
        block, position = block[at:], position + at


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


def _is_set(block: bytes, at: int, end: int) -> bool:
    if at + 4 > end:
        return False
    number, length = _PAIR(block, at)
    return bool(length >= 4 and (number < 4 or number >= 256))


def _is_sflow(block: bytes, at: int, end: int) -> bool:
    size = _SFLOW_AGENTS.get(int.from_bytes(block[at + 4 : at + 8], "big"))
    if block[at : at + 4] != _SFLOW or size is None or at + size + 24 > end:
        return False
    return int.from_bytes(block[at + size + 20 : at + size + 24], "big") <= _MOST_SAMPLES


def _next(block: bytes, at: int) -> tuple[int, str]:
    """Where the stretch that begins here ends, and what is wrong with it."""
    first = block[at : at + 4]
    if first < b"\0\x01" and first != _SFLOW:
        if not first.strip(b"\0"):
            return _after_zeros(block, at), ""
        shift = next((shift for shift in (1, 2, 3) if is_plausible(block, at + shift)), 0)
        if shift:
            return at + shift, ""
    end, problem = _end(block, at, _MOST_SETS)
    if problem:
        return _resumed(block, at + 1, len(block)), problem
    if end > len(block) or not _ends_well(block, end):
        # A length in it may be damaged: what it would swallow is looked through for the next packet.
        most = min(end, len(block), at + MOST_BYTES)
        end = _resumed(block, at + IPFIX_HEADER, most, _seconds(block, at))
    return end, ""


def _end(block: bytes, at: int, most_sets: int) -> tuple[int, str]:
    """Where the packet that begins here ends by what it says itself, and what is wrong with it."""
    version = int.from_bytes(block[at : at + 2], "big")
    if version == V5:
        return _end_of_v5(block, at)
    if version == IPFIX:
        return _end_of_ipfix(block, at)
    if version == V9:
        return _end_of_v9(block, at, most_sets)
    if block[at : at + 4] == _SFLOW:
        return _end_of_sflow(block, at)
    return at, "no header of an export packet"


def _ends_well(block: bytes, at: int) -> bool:
    """Whether the file ends here, or a packet begins, perhaps behind zeros that fill up."""
    if is_plausible(block, at):
        return True
    beginning = block[at : at + 4]
    return not beginning.strip(b"\0") or (
        beginning[0] == 0 and any(is_plausible(block, at + shift) for shift in (1, 2, 3))
    )


def _after_zeros(block: bytes, at: int) -> int:
    """The next packet behind bytes that fill up: the zero that a version begins with is its own."""
    here = at
    # A piece at a time: stripping copies.
    while here < len(block) and not block[here : here + 4096].strip(b"\0"):
        here += 4096
    rest = block[here : here + 4096]
    if not rest:
        return len(block)
    place = here + len(rest) - len(rest.lstrip(b"\0"))
    opening = 3 if place - at >= 3 and is_plausible(block, place - 3) else 1
    return max(place - opening, at + 1)


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
    if not sets and not _ends_well(block, here):
        return at, "a NetFlow v9 packet holds no set"
    if sets > count and (here > len(block) or not _ends_well(block, here)):
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


def _resumed(block: bytes, start: int, limit: int, about: int | None = None) -> int:
    """Where the next packet begins, sent at about the time of another one; the limit where none does."""
    found = _OPENING.search(block, start, limit)
    while found is not None and not _is_packet(block, found.start(), about):
        found = _OPENING.search(block, found.start() + 1, limit)
    return limit if found is None else found.start()


def _is_packet(block: bytes, at: int, about: int | None) -> bool:
    """Whether what begins here is a packet to its end: in the middle of damage, a header alone proves little."""
    if not is_plausible(block, at):
        return False
    seconds = _seconds(block, at)
    if seconds is not None and about is not None and abs(seconds - about) > _DAYS_APART:
        return False
    if seconds is not None and seconds < _EARLIEST:
        return False
    end, problem = _end(block, at, _MOST_GUESSED_SETS)
    return not problem and end <= len(block) and _ends_well(block, end)


def _seconds(block: bytes, at: int) -> int | None:
    """When a packet was sent, seconds since 1970; sFlow does not say."""
    place = {V5: 8, V9: 8, IPFIX: 4}.get(int.from_bytes(block[at : at + 2], "big"))
    return None if place is None else int.from_bytes(block[at + place : at + place + 4], "big")
