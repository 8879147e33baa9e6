"""Segments of the spool: what was heard of one feed during a moment, with who sent it and when it came.

A segment is a file like any other to the ingestion, so that what it holds is stored once, whatever happens in between.
"""

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from pipelines.capture.window import ByteReader, read_fully
from pipelines.errors import SourceBroken

Kind = Literal["syslog", "exports", "lines", "capture"]

MAGIC: Final = b"RONGDUN-HEARD-1 "
# In the place of a sender, what a capture's feed says beside its packets: what time it is, and that nothing more comes.
CLOCK: Final = b"clock"
END: Final = b"end"
_HEADER = struct.Struct(">QBI")
_LONGEST_HEADER: Final = 4096
LONGEST_MESSAGE: Final = 1024 * 1024
_LATEST_US: Final = 4_291_747_200_000_000  # 2106-01-01, which the tables cannot hold either


@dataclass(frozen=True)
class Feed:
    """Where messages come from, and what they are.

    Attributes:
        name: as the tables name it: `syslog+udp://127.0.0.1:514`.
        kind: how they are read.
    """

    name: str
    kind: Kind


class Heard(NamedTuple):
    """One message: when it came (microseconds since 1970, UTC), from which address, and what it says."""

    time_us: int
    peer: bytes
    content: bytes


def beginning(feed: Feed) -> bytes:
    """The first line of a segment."""
    return MAGIC + json.dumps({"feed": feed.name, "kind": feed.kind}).encode() + b"\n"


def packed(heard: Heard) -> bytes:
    """A message as it lies in a segment."""
    return _HEADER.pack(heard.time_us, len(heard.peer), len(heard.content)) + heard.peer + heard.content


def feed_of(stream: ByteReader) -> Feed:
    """The feed of a segment, whose first line is read.

    Raises:
        SourceBroken: it has none.
    """
    line = bytearray()
    while not line.endswith(b"\n") and len(line) < _LONGEST_HEADER and (letter := stream.read(1)):
        line += letter
    try:
        told = json.loads(bytes(line).removeprefix(MAGIC))
        return Feed(str(told["feed"]), told["kind"])
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise SourceBroken("the first line of a spool segment is damaged") from error


def messages(stream: ByteReader) -> Iterator[Heard]:
    """The messages of a segment behind its first line.

    Raises:
        SourceBroken: it breaks off in one; every message before was given.
    """
    while header := read_fully(stream, _HEADER.size):
        if len(header) < _HEADER.size:
            raise SourceBroken("the segment breaks off in the header of a message")
        time_us, peer_size, size = _HEADER.unpack(header)
        if time_us > _LATEST_US:
            raise SourceBroken("a message of the segment claims to have come after the year 2105")
        if size > LONGEST_MESSAGE:
            raise SourceBroken(f"a message of the segment claims {size} bytes")
        content = read_fully(stream, peer_size + size)
        if len(content) < peer_size + size:
            raise SourceBroken("the segment breaks off in a message")
        yield Heard(time_us, content[:peer_size], content[peer_size:])
