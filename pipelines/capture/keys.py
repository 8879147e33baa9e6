"""What makes two packets one flow: the endpoints in either order, protocol and VLANs, as six 64-bit words."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from pipelines.capture.cursor import Cursor
from pipelines.capture.network import Datagrams, Flags
from pipelines.capture.transport import Segments
from pipelines.capture.window import Ints, Words

WORDS: Final = 6
_ODD = [np.uint64(word) for word in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9)]
_HALF = np.uint64(32)


def flow_keys(cursor: Cursor, packets: Datagrams, rows: Ints, segments: Segments) -> tuple[Words, Ints]:
    """The key of each row, one a column, and who sent it: 0 the key's first endpoint, 1 its second.

    The first endpoint is the lower one by address and port; a message that nothing answers keeps its sender first.
    """
    source, destination = packets.source[rows], packets.destination[rows]
    swap = (_above(source, destination, segments) & (segments.one_way == 0)).astype(np.int64)
    swapped = swap == 1
    low_port = np.where(swapped, segments.destination_port, segments.source_port)
    high_port = np.where(swapped, segments.source_port, segments.destination_port)
    tag = cursor.vlan[rows] | (cursor.inner_vlan[rows] << 12)
    keys = np.empty((WORDS, len(rows)), np.uint64)
    for half in (0, 1):
        keys[half] = np.where(swapped, destination[:, half], source[:, half])
        keys[2 + half] = np.where(swapped, source[:, half], destination[:, half])
    ends = (low_port << 16) | high_port
    keys[4] = ((ends << 16) | (packets.protocol[rows] << 8) | packets.version[rows]).view(np.uint64)
    keys[5] = tag.view(np.uint64)
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


def _above(source: Words, destination: Words, segments: Segments) -> Flags:
    high, low = source[:, 0], source[:, 1]
    other_high, other_low = destination[:, 0], destination[:, 1]
    port_above = (high == other_high) & (low == other_low) & (segments.source_port > segments.destination_port)
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
