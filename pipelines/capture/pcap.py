"""Classic capture files (pcap): both byte orders, micro- and nanoseconds, as windows of packets."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pipelines.capture.window import (
    WINDOW_BYTES,
    WINDOW_PACKETS,
    ByteReader,
    Bytes,
    Ints,
    PacketWindow,
    Problem,
    numbers_at,
    padded,
    read_fully,
)

FILE_HEADER_BYTES = 24
# A capture may not claim more for one packet than libpcap itself accepts (MAXIMUM_SNAPLEN).
LARGEST_PACKET = 262_144


@dataclass(frozen=True)
class Variant:
    """How one flavour of the format writes its numbers.

    Attributes:
        order: `<` or `>`.
        per_second: ticks of the time stamp's second field.
        record_bytes: length of a packet's header.
    """

    order: str
    per_second: int
    record_bytes: int


# draft-ietf-opsawg-pcap; 0xa1b2cd34 is an old Linux patch with eight more bytes in each packet's header.
MAGICS = {
    bytes.fromhex("d4c3b2a1"): Variant("<", 1_000_000, 16),
    bytes.fromhex("a1b2c3d4"): Variant(">", 1_000_000, 16),
    bytes.fromhex("4d3cb2a1"): Variant("<", 1_000_000_000, 16),
    bytes.fromhex("a1b23c4d"): Variant(">", 1_000_000_000, 16),
    bytes.fromhex("34cdb2a1"): Variant("<", 1_000_000, 24),
    bytes.fromhex("a1b2cd34"): Variant(">", 1_000_000, 24),
}


def read_windows(stream: ByteReader, *, window_bytes: int = WINDOW_BYTES) -> Iterator[PacketWindow | Problem]:
    """Every packet of a pcap file in windows, and at most one problem: where and why it broke off."""
    header = read_fully(stream, FILE_HEADER_BYTES)
    variant = MAGICS.get(header[:4])
    if variant is None:
        yield Problem(0, "not a pcap file: unknown magic number", ends=True)
    elif len(header) < FILE_HEADER_BYTES:
        missing = f"the file header has {FILE_HEADER_BYTES} bytes"
        yield Problem(0, f"truncated at byte {len(header)}, packet 0: {missing}", ends=True)
    else:
        yield from _packets(stream, variant, header, window_bytes)


def _packets(
    stream: ByteReader, variant: Variant, header: bytes, window_bytes: int
) -> Iterator[PacketWindow | Problem]:
    # The upper bits say how long a frame check sequence is.
    link = struct.unpack_from(f"{variant.order}I", header, 20)[0] & 0x03FF_FFFF
    rest, position, number = b"", FILE_HEADER_BYTES, 0
    while chunk := read_fully(stream, window_bytes):
        buffer = padded(rest, chunk)
        size = len(rest) + len(chunk)
        starts, end, problem = _framed(buffer, size, variant)
        for first in range(0, len(starts), WINDOW_PACKETS):
            yield _window(buffer, starts[first : first + WINDOW_PACKETS], variant, number + first, link)
        number += len(starts)
        if problem:
            yield Problem(number, f"damaged at byte {position + end}, packet {number}: {problem}", ends=True)
            return
        rest, position = buffer[end:size].tobytes(), position + end
    if rest:
        where = f"truncated at byte {position + len(rest)}, packet {number}"
        yield Problem(number, f"{where}: {_missing(rest, variant)}", ends=True)


def _framed(buffer: Bytes, size: int, variant: Variant) -> tuple[Ints, int, str]:
    """Where each whole packet's header begins, where the last one ends, and what stopped the reading."""
    captured_at = struct.Struct(f"{variant.order}I").unpack_from
    block, header, position = buffer.data, variant.record_bytes, 0
    found, last = list[int](), size - header
    note = found.append
    # This loop alone sees packets one by one: whatever else is to be checked of them waits until all are found.
    while position <= last:
        note(position)
        position += header + captured_at(block, position + 8)[0]
    starts = np.array(found, np.int64)
    captured = numbers_at(buffer, starts + 8, f"{variant.order}u4")
    lying = np.flatnonzero(captured > LARGEST_PACKET)
    if len(lying):
        first = int(lying[0])
        return starts[:first], found[first], f"a packet claims {captured[first]} bytes"
    if position > size:
        return starts[:-1], found[-1], ""
    return starts, position, ""


def _window(buffer: Bytes, starts: Ints, variant: Variant, number: int, link: int) -> PacketWindow:
    kind = f"{variant.order}u4"
    seconds = numbers_at(buffer, starts, kind)
    ticks = numbers_at(buffer, starts + 4, kind)
    captured = numbers_at(buffer, starts + 8, kind)
    return PacketWindow(
        buffer=buffer,
        first_number=number,
        start=starts + variant.record_bytes,
        captured=captured,
        wire=np.maximum(captured, numbers_at(buffer, starts + 12, kind)),
        time_us=seconds * 1_000_000 + ticks // (variant.per_second // 1_000_000),
        link=np.full(len(starts), link, np.int64),
    )


def _missing(block: bytes, variant: Variant) -> str:
    if len(block) < variant.record_bytes:
        return f"{len(block)} of the {variant.record_bytes} bytes of a packet header are left"
    captured = struct.unpack_from(f"{variant.order}I", block, 8)[0]
    return f"{len(block) - variant.record_bytes} of a packet's {captured} bytes are left"
