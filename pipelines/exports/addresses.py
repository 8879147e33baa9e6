"""Addresses of many records as canonical text."""

import ipaddress
import socket

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.capture.window import Bytes, Words

_HALVES = pl.Series([f"{high}.{low}" for high in range(256) for low in range(256)], dtype=pl.String)
_MAPPED = bytes(10) + b"\xff\xff"
# Where each address comes so many times, it is quicker to find it than to spell it again.
_REPEATED, _SOME = 4, 1024


def v4_texts(addresses: Words) -> pl.Series:
    """IPv4 addresses as dotted text."""
    numbers = addresses.astype(np.uint32)
    # The first ones tell whether all are to be looked through for those that come again.
    if len(np.unique(numbers[:_SOME])) * _REPEATED > min(len(numbers), _SOME):
        return _v4_each(numbers)
    ordered = np.sort(numbers)
    distinct = ordered[np.append(True, ordered[1:] != ordered[:-1])] if len(ordered) else ordered
    return _v4_each(distinct).gather(np.searchsorted(distinct, numbers))


def _v4_each(numbers: NDArray[np.uint32]) -> pl.Series:
    halves = pl.DataFrame(
        {"high": _HALVES.gather(numbers >> np.uint32(16)), "low": _HALVES.gather(numbers & np.uint32(0xFFFF))}
    )
    return halves.select(pl.concat_str("high", "low", separator=".")).to_series()


def v6_texts(addresses: Bytes) -> pl.Series:
    """IPv6 addresses of 16 bytes a row as RFC 5952 has it; one that maps an IPv4 address as that."""
    rows = np.ascontiguousarray(addresses)
    keys = rows.view(">u8").reshape(-1, 2)
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    ordered = keys[order]
    fresh = np.ones(len(rows), np.bool_)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    of_row = np.empty(len(rows), np.uint32)
    of_row[order] = np.cumsum(fresh) - 1
    distinct = [v6_text(row.tobytes()) for row in rows[order[fresh]]]
    return pl.Series(distinct, dtype=pl.String).gather(of_row)


def v6_text(address: bytes) -> str:
    """The same of one address."""
    if address.startswith(_MAPPED):
        return socket.inet_ntop(socket.AF_INET, address[12:])
    return str(ipaddress.IPv6Address(address))


def mac_texts(addresses: Words) -> pl.Series:
    """Hardware addresses as six pairs of hex digits."""
    distinct, of_row = np.unique(addresses, return_inverse=True)
    texts = [f"{number & 0xFFFF_FFFF_FFFF:012x}" for number in distinct.tolist()]
    spelled = [":".join(text[at : at + 2] for at in range(0, 12, 2)) for text in texts]
    return pl.Series(spelled, dtype=pl.String).gather(of_row.reshape(-1).astype(np.uint32))
