"""Community ID version 1: one short name for a flow that every sensor computes alike."""

import base64
import hashlib

import numpy as np
import polars as pl
import pyarrow as pa

from pipelines.capture import keys
from pipelines.capture.transport import ICMP, ICMP6, SCTP, TCP, UDP
from pipelines.capture.window import Bytes, Ints, Words

_SEED = bytes(2)
_PORTED = np.isin(np.arange(256), (ICMP, TCP, UDP, ICMP6, SCTP))
_DIGEST, _TEXT = 20, 28


def community_ids(flow_keys: Words) -> pl.Series:
    """The id of each flow, by its key (Community ID Flow Hashing 1.0, seed 0)."""
    version, protocol = keys.versions(flow_keys), keys.protocols(flow_keys)
    digests = np.zeros((len(version), _DIGEST + 1), np.uint8)
    for kind in (4, 6):
        for ported in (False, True):
            rows = np.flatnonzero((version == kind) & (_PORTED[protocol] == ported))
            if len(rows):
                digests[rows, :_DIGEST] = _digests(_hashed(flow_keys[:, rows], 4 if kind == 4 else 16, ported=ported))
    text = np.full((len(version), 2 + _TEXT), ord("="), np.uint8)
    text[:, :2] = tuple(b"1:")
    # 20 bytes and one of padding are 28 letters, of which the last is padding and written as `=`.
    text[:, 2:-1] = np.frombuffer(base64.b64encode(digests.tobytes()), np.uint8).reshape(-1, _TEXT)[:, :-1]
    ends = pa.py_buffer((np.arange(len(text) + 1) * text.shape[1]).astype(np.int64))
    return pl.Series(pa.LargeStringArray.from_buffers(len(text), ends, pa.py_buffer(text.tobytes())))


def _hashed(flow_keys: Words, width: int, *, ported: bool) -> Bytes:
    """What is hashed of each flow: seed, addresses, protocol, padding, ports; one row a flow.

    The first endpoint must be the lower one, as it is in keys; only a message that goes one way keeps its order.
    """
    words = flow_keys[:4].T.astype(">u8").view(np.uint8).reshape(-1, 2, 16)[:, :, 16 - width :]
    low, high = keys.ports(flow_keys)
    parts = [np.broadcast_to(np.frombuffer(_SEED, np.uint8), (len(words), 2)), words.reshape(len(words), -1)]
    parts.append(np.column_stack([keys.protocols(flow_keys), np.zeros(len(words), np.int64)]).astype(np.uint8))
    if ported:
        parts.append(_big_endian(low))
        parts.append(_big_endian(high))
    return np.ascontiguousarray(np.concatenate(parts, axis=1))


def _big_endian(ports: Ints) -> Bytes:
    return ports.astype(">u2").view(np.uint8).reshape(-1, 2)


def _digests(rows: Bytes) -> Bytes:
    content, width, sha1 = rows.tobytes(), rows.shape[1], hashlib.sha1
    digests = [sha1(content[at : at + width], usedforsecurity=False).digest() for at in range(0, len(content), width)]
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, _DIGEST)
