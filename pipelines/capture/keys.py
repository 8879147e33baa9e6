"""What makes two packets one flow: the endpoints in either order, protocol and VLANs, as six 64-bit words."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from pipelines.capture.cursor import Cursor
from pipelines.capture.datagrams import Datagrams
from pipelines.capture.transport import Segments
from pipelines.capture.window import Flags, Ints, Words

WORDS: Final = 6
_ODD = [np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)]
_HALF = np.uint64(32)


def flow_keys(cursor: Cursor, packets: Datagrams, rows: Ints, segments: Segments) -> tuple[Words, Ints]:
    """The key of each row, one a column, and who sent it: 0 the key's first endpoint, 1 its second.

    The first endpoint is the lower one by address and port; a message that nothing answers keeps its sender first.
    """
    ends = _Ends(
        packets.source[rows],
        packets.destination[rows],
        segments.source_port,
        segments.destination_port,
        segments.one_way,
    )
    tag = cursor.vlan[rows] | (cursor.inner_vlan[rows] << 12)
    return _keyed(ends, (packets.protocol[rows] << 8) | packets.version[rows], tag.view(np.uint64))


def with_ports(
    keys: Words, sender: Ints, source_port: Ints, destination_port: Ints, one_way: Ints
) -> tuple[Words, Ints]:
    """The keys, and who sent, of packets whose ports became known only after they had one."""
    first, second, swapped = keys[:2].T, keys[2:4].T, (sender == 1)[:, None]
    source, destination = np.where(swapped, second, first), np.where(swapped, first, second)
    ends = _Ends(source, destination, source_port, destination_port, one_way)
    return _keyed(ends, keys[4].view(np.int64) & 0xFFFF, keys[5])


class _Ends(NamedTuple):
    source: Words
    destination: Words
    source_port: Ints
    destination_port: Ints
    one_way: Ints


def _keyed(ends: _Ends, kind: Ints, tag: Words) -> tuple[Words, Ints]:
    swap = (_above(ends) & (ends.one_way == 0)).astype(np.int64)
    swapped = swap == 1
    low_port = np.where(swapped, ends.destination_port, ends.source_port)
    high_port = np.where(swapped, ends.source_port, ends.destination_port)
    keys = np.empty((WORDS, len(swap)), np.uint64)
    for half in (0, 1):
        keys[half] = np.where(swapped, ends.destination[:, half], ends.source[:, half])
        keys[2 + half] = np.where(swapped, ends.source[:, half], ends.destination[:, half])
    keys[4] = ((((low_port << 16) | high_port) << 16) | kind).view(np.uint64)
    keys[5] = tag
    return keys, swap


@dataclass(frozen=True)
class Grouping:
    """Keys brought together.

    Attributes:
        order: the columns' order that brings equal keys together, first come first.
        fresh: where in that order a new key begins.
        mixed: a hash of each key, in the columns' own order.
    """

    order: Ints
    fresh: Flags
    mixed: Words


def grouped(keys: Words, mixed: Words | None = None) -> Grouping:
    """The keys grouped; `mixed` spares the work where their hashes are known."""
    mixed = _mixed(keys) if mixed is None else mixed
    # The row in the lowest bits makes any sort a stable one; NumPy's plain sort is ten times as fast as its stable one.
    place = np.uint64(keys.shape[1].bit_length())
    row = np.arange(keys.shape[1], dtype=np.uint64)
    lifted = np.sort((mixed >> place << place) | row)
    order = (lifted & ((np.uint64(1) << place) - np.uint64(1))).view(np.int64)
    fresh, hashed = _changes(keys[:, order]), _changes((lifted >> place)[None])
    if (fresh & ~hashed).any():
        # Two keys share a hash, which hardly ever happens by chance: sort by the keys themselves.
        order = np.lexsort(keys[::-1])
        fresh = _changes(keys[:, order])
    return Grouping(order, fresh, mixed)


def ports(keys: Words) -> tuple[Ints, Ints]:
    """The ports of both endpoints."""
    word = keys[4].view(np.int64)
    return (word >> 32) & 0xFFFF, (word >> 16) & 0xFFFF


def protocols(keys: Words) -> Ints:
    """The IP protocol number."""
    word: Ints = keys[4].view(np.int64)
    return (word >> 8) & 0xFF


def versions(keys: Words) -> Ints:
    """The IP version, 4 or 6."""
    word: Ints = keys[4].view(np.int64)
    return word & 0xFF


def _above(ends: _Ends) -> Flags:
    high, low = ends.source[:, 0], ends.source[:, 1]
    other_high, other_low = ends.destination[:, 0], ends.destination[:, 1]
    port_above = (high == other_high) & (low == other_low) & (ends.source_port > ends.destination_port)
    above: Flags = (high > other_high) | ((high == other_high) & (low > other_low)) | port_above
    return above


def _mixed(keys: Words) -> Words:
    mixed = np.zeros(keys.shape[1], np.uint64)
    for index, word in enumerate(keys):
        mixed = (mixed ^ word) * _ODD[index % len(_ODD)]
        mixed ^= mixed >> _HALF
    return mixed


def _changes(columns: Words) -> Flags:
    fresh = np.ones(columns.shape[1], np.bool_)
    if len(fresh):
        fresh[1:] = (columns[:, 1:] != columns[:, :-1]).any(axis=0)
    return fresh
