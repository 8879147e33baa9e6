"""Syslog messages in octet-counted frames (RFC 6587, section 3.4.1), one behind the other without line ends between."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from pipelines.batch import Batch
from pipelines.sources.lines import LINE_LIMIT, LineBlock, block_of
from pipelines.sources.syslog import batches_of, clocks_and_years
from pipelines.sources.syslog_years import utc_now
from pipelines.sources.zones import UTC_CLOCKS, Zones

NAME = "syslog_frames"

_CHUNK = 4 * 1024 * 1024
_NEXT = re.compile(rb"(?<!\d)\d{1,7} <\d{1,3}>")
_BEGINS = re.compile(rb"\s{0,2}(\d{1,7}) (?=<\d{1,3}>)")


def recognises(head: bytes) -> bool:
    """Whether the first frame is as long as it says, and what follows it is a frame on the same line or cut off."""
    first = _BEGINS.match(head)
    if first is None:
        return False
    end = first.end() + int(first[1])
    within = b"\n" in head[first.end() : end].rstrip(b"\r\n")
    follows = _BEGINS.match(head, end)
    glued = follows is not None and not head[end:].startswith((b"\n", b"\r")) and not head[:end].endswith(b"\n")
    return glued or (within and (follows is not None or end == len(head)))


def read(
    stream: BinaryIO, now: datetime | None = None, *, site: Zones = UTC_CLOCKS, beginning: BinaryIO | None = None
) -> Iterator[Batch]:
    """The messages in batches; offsets count frames. A frame whose length does not fit ends where the next begins.

    Arguments as in `syslog.read`.
    """
    counter, clocks = clocks_and_years(stream, now or utc_now(), site, beginning)
    for block in _blocks(stream):
        yield from batches_of(block, counter, clocks)


def read_on(stream: BinaryIO, beginning: BinaryIO) -> Iterator[Batch]:
    """The messages of a file that has grown, by the zones that its beginning tells."""
    return read(stream, beginning=beginning)


def _blocks(stream: BinaryIO) -> Iterator[LineBlock]:
    place, rest = 0, b""
    while True:
        chunk = stream.read(_CHUNK)
        rest += chunk
        frames, used = _frames(rest, whole=not chunk)
        rest = rest[used:]
        if frames:
            yield block_of(place, frames)
            place += len(frames)
        if not chunk:
            return


def _frames(text: bytes, *, whole: bool) -> tuple[list[bytes], int]:
    """The frames that lie in the text as a whole, and how much of it they take."""
    frames, at = list[bytes](), 0
    while at < len(text):
        begins = _BEGINS.match(text, at)
        end = begins.end() + int(begins[1]) if begins and int(begins[1]) <= LINE_LIMIT else -1
        if (end > len(text) or (end < 0 and len(text) - at < 2 * LINE_LIMIT)) and not whole:
            break
        follows = 0 <= end <= len(text) and (end == len(text) or _BEGINS.match(text, end) or not text[end:].strip())
        if not follows:
            end = _resumed(text, begins.end() if begins else at)
        frame = text[begins.end() if begins else at : end].strip(b"\r\n")
        if frame:
            frames.append(frame)
        at = end
    return frames, at


def _resumed(text: bytes, start: int) -> int:
    """Where the next frame begins, as far as digits, a blank and a priority tell; the end where none does."""
    found = _NEXT.search(text, start + 1, start + LINE_LIMIT)
    return found.start() if found else min(len(text), start + LINE_LIMIT)
