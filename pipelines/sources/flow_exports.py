"""Export packets as they lie in files, one after another: NetFlow v5 and v9, IPFIX files (RFC 5655), sFlow v5."""

import time
from collections.abc import Iterator
from typing import BinaryIO, Final

from pipelines.batch import Batch
from pipelines.exports.collector import Collector
from pipelines.exports.framing import WINDOW_BYTES, frames
from pipelines.exports.packet_ends import is_plausible

NAME: Final = "flow_exports"


def recognises(head: bytes) -> bool:
    """Whether a file begins with the header of an export packet, and with what follows such a header."""
    return is_plausible(head)


def read(stream: BinaryIO, window_bytes: int = WINDOW_BYTES, now_us: int | None = None) -> Iterator[Batch]:
    """The flows of all packets, window by window; the file stands for the exporter, whose address it does not hold.

    sFlow carries no time: its samples are dated `now_us`, microseconds since 1970, or when they are read.
    """
    read_at = time.time_ns() // 1000 if now_us is None else now_us
    collector, number = Collector(), 0
    for frame in frames(stream, window_bytes):
        if frame.ends_window:
            yield from collector.take()
        elif frame.problem:
            collector.complain(number, frame.problem)
        else:
            collector.add(frame.content, number=number, exporter="", received_us=read_at)
            number += 1
    yield from collector.finish()
