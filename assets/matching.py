"""Which monitored asset an address or a host name belongs to."""

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from heapq import heappop, heappush
from typing import Self

import numpy as np
import polars as pl

from assets.addresses import Address, AddressRange, parse_address, parse_range
from assets.errors import AddressInvalid
from assets.monitored import MonitoredAsset

# Canonical dotted decimal only: a leading zero means octal to some readers (RFC 6943, 3.1.1).
_OCTET = r"(0|[1-9]\d?|1\d\d|2[0-4]\d|25[0-5])"
_IPV4 = rf"^{_OCTET}\.{_OCTET}\.{_OCTET}\.{_OCTET}$"


@dataclass(frozen=True)
class _Segments:
    """Disjoint stretches of the address space: `owners[i]` owns from `starts[i]` up to the next start."""

    starts: tuple[int, ...] = (0,)
    owners: tuple[str, ...] = ("",)

    def owner(self, address: int) -> str:
        return self.owners[bisect_right(self.starts, address) - 1]


@dataclass(frozen=True)
class AddressBook:
    """The addresses and host names of every monitored asset, ready to be looked up by the column.

    The most specific range wins: the smallest that holds the address. An empty book knows no asset.
    """

    _ipv4: _Segments = _Segments()
    _ipv6: _Segments = _Segments()
    _hosts: Mapping[str, str] = field(default_factory=dict)
    _datasets: Mapping[str, str] = field(default_factory=dict)
    _scopes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, monitored: Iterable[MonitoredAsset]) -> Self:
        """The book of these assets.

        Raises:
            AddressInvalid: an asset has an address that is none; a loaded inventory has no such asset.
        """
        assets = list(monitored)
        ranges = [(parse_range(text), asset.asset_id) for asset in assets for text in asset.addresses]
        return cls(
            _ipv4=_segments([entry for entry in ranges if entry[0].version == 4]),
            _ipv6=_segments([entry for entry in ranges if entry[0].version == 6]),
            _hosts=_host_names(assets),
            _datasets={pattern: asset.asset_id for asset in assets for pattern in asset.datasets},
            _scopes={asset.asset_id: asset.scope for asset in assets},
        )

    def asset_of_addresses(self, addresses: pl.Series) -> pl.Series:
        """The asset each address belongs to, '' where none does; anything that is no address belongs to none."""
        distinct = addresses.cast(pl.String).unique().drop_nulls()
        octets = distinct.to_frame("address").with_columns(
            pl.col("address").str.extract_groups(_IPV4).struct.rename_fields(["a", "b", "c", "d"]).alias("octets")
        )
        octets = octets.unnest("octets")
        dotted = octets.drop_nulls()
        others = octets.filter(pl.col("a").is_null())["address"].to_list()
        known = dict(zip(dotted["address"].to_list(), self._owners_of_dotted(dotted), strict=True))
        known |= {text: self._owner_of_text(text) for text in others}
        return _mapped(addresses, known)

    def asset_of_hosts(self, hosts: pl.Series) -> pl.Series:
        """The asset each host name belongs to, '' where none does.

        Case and a closing dot do not count. A short name stands for the one full name that begins with it, a full
        name for the short name it begins with; two different full names never match. An address is looked up as one.
        """
        distinct = hosts.cast(pl.String).unique().drop_nulls().to_list()
        return _mapped(hosts, {host: self._owner_of_host(host) for host in distinct})

    def asset_of_dataset(self, dataset: str) -> str:
        """The asset that holds a data set (a path or a table's name), '' where none does; the longest pattern wins."""
        fitting = [pattern for pattern in self._datasets if fnmatchcase(dataset, pattern)]
        return self._datasets[max(fitting, key=lambda pattern: (len(pattern), pattern))] if fitting else ""

    def scope_of(self, asset_ids: pl.Series, default: str) -> pl.Series:
        """The scope of each asset, `default` where there is no asset or an unknown one."""
        distinct = asset_ids.cast(pl.String).unique().drop_nulls().to_list()
        return _mapped(asset_ids, {asset: self._scopes.get(asset, default) for asset in distinct}, default)

    def _owners_of_dotted(self, octets: pl.DataFrame) -> list[str]:
        number = sum(
            (octets[name].cast(pl.UInt64) * 256**power for name, power in zip("abcd", (3, 2, 1, 0), strict=True)),
            start=pl.Series([0] * octets.height, dtype=pl.UInt64),
        )
        starts = np.array(self._ipv4.starts, dtype=np.uint64)
        positions = np.searchsorted(starts, number.to_numpy(), side="right") - 1
        return [self._ipv4.owners[position] for position in positions.tolist()]

    def _owner_of_text(self, text: str) -> str:
        if ":" not in text:
            return ""
        try:
            address = parse_address(text.partition("%")[0])
        except AddressInvalid:
            return ""
        return (self._ipv4 if address.version == 4 else self._ipv6).owner(int(address))

    def _owner_of_host(self, host: str) -> str:
        name = _normal(host)
        if name in self._hosts:
            return self._hosts[name]
        address = _as_address(name)
        if address is not None:
            return (self._ipv4 if address.version == 4 else self._ipv6).owner(int(address))
        short = name.partition(".")[0]
        return self._hosts.get(short, "") if short != name else self._hosts.get(f"{short}.*", "")


def matching_fingerprint(monitored: Iterable[MonitoredAsset]) -> str:
    """SHA-256, in hex, of all that decides which asset and scope a row of telemetry gets."""
    keys = sorted((asset.asset_id, asset.scope, asset.addresses, asset.hosts) for asset in monitored)
    return hashlib.sha256(repr(keys).encode()).hexdigest()


def _mapped(values: pl.Series, known: Mapping[str, str], default: str = "") -> pl.Series:
    named = {value: owner for value, owner in known.items() if owner != default}
    return values.cast(pl.String).replace_strict(
        list(named), list(named.values()), default=default, return_dtype=pl.String
    )


def _segments(ranges: list[tuple[AddressRange, str]]) -> _Segments:
    """The disjoint stretches that nested ranges cut the address space into, each with its most specific owner."""
    opening = sorted(ranges, key=lambda entry: entry[0].first)
    points = sorted({0} | {r.first for r, _ in ranges} | {r.last + 1 for r, _ in ranges})
    active: list[tuple[int, str, int]] = []
    owners = []
    upcoming = 0
    for point in points:
        while upcoming < len(opening) and opening[upcoming][0].first == point:
            opened, owner = opening[upcoming]
            heappush(active, (opened.size, owner, opened.last))
            upcoming += 1
        while active and active[0][2] < point:
            heappop(active)
        owners.append(active[0][1] if active else "")
    return _Segments(tuple(points), tuple(owners))


def _host_names(assets: list[MonitoredAsset]) -> dict[str, str]:
    full = {_normal(host): asset.asset_id for asset in assets for host in asset.hosts}
    firsts = {(name.partition(".")[0], owner) for name, owner in full.items() if "." in name}
    shared = Counter(short for short, _ in firsts)
    return full | {f"{short}.*": owner for short, owner in firsts if shared[short] == 1}


def _normal(host: str) -> str:
    return host.strip().removesuffix(".").lower()


def _as_address(name: str) -> Address | None:
    try:
        return parse_address(name.partition("%")[0])
    except AddressInvalid:
        return None
