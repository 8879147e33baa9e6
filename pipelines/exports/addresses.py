"""Addresses of many records as canonical text."""

import ipaddress
import socket

import numpy as np
import polars as pl

from pipelines.capture.window import Bytes, Words

_HALVES = pl.Series([f"{high}.{low}" for high in range(256) for low in range(256)], dtype=pl.String)
_MAPPED = bytes(10) + b"\xff\xff"


def v4_texts(addresses: Words) -> pl.Series:
    """IPv4 addresses as dotted text."""
    low, high = (addresses & np.uint64(0xFFFF)), (addresses >> np.uint64(16)) & np.uint64(0xFFFF)
    halves = pl.DataFrame(
        {"high": _HALVES.gather(high.astype(np.uint32)), "low": _HALVES.gather(low.astype(np.uint32))}
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
