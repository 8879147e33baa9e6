"""Export packets that lie one after another in a file, and what is damaged between them."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from pipelines.capture.window import ByteReader, read_fully
from pipelines.exports.packet_ends import (
    IPFIX,
    IPFIX_HEADER,
    MOST_BYTES,
    SFLOW,
    V5,
    V9,
    end_of,
    ends_well,
    is_plausible,
)

WINDOW_BYTES: Final = 4 * 1024 * 1024
_OPENING: Final = re.compile(rb"\0(?:[\x05\x09\x0a]|\0\0\x05)")
_REFILL: Final = 2 * MOST_BYTES
_MOST_SETS: Final = 1_024
# Where a packet is only guessed at, more would let hostile bytes cost too much.
_MOST_GUESSED_SETS: Final = 64
_EARLIEST: Final = 946_684_800  # 2000-01-01
_DAYS_APART: Final = 7 * 86_400


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


def _next(block: bytes, at: int) -> tuple[int, str]:
    """Where the stretch that begins here ends, and what is wrong with it."""
    first = block[at : at + 4]
    if first < b"\0\x01" and first != SFLOW:
        if not first.strip(b"\0"):
            return _after_zeros(block, at), ""
        shift = next((shift for shift in (1, 2, 3) if is_plausible(block, at + shift)), 0)
        if shift:
            return at + shift, ""
    end, problem = end_of(block, at, _MOST_SETS)
    if problem:
        return _resumed(block, at + 1, len(block)), problem
    if end > len(block) or not ends_well(block, end):
        # A length in it may be damaged: what it would swallow is looked through for the next packet.
        most = min(end, len(block), at + MOST_BYTES)
        end = _resumed(block, at + IPFIX_HEADER, most, _seconds(block, at))
    return end, ""


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
    end, problem = end_of(block, at, _MOST_GUESSED_SETS)
    return not problem and end <= len(block) and ends_well(block, end)


def _seconds(block: bytes, at: int) -> int | None:
    """When a packet was sent, seconds since 1970; sFlow does not say."""
    place = {V5: 8, V9: 8, IPFIX: 4}.get(int.from_bytes(block[at : at + 2], "big"))
    return None if place is None else int.from_bytes(block[at + place : at + place + 4], "big")
