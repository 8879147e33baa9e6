"""What two assets of one inventory must not share: ids, host names, and ranges that leave open whose an address is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from assets.addresses import AddressRange, parse_range
from assets.errors import AddressInvalid
from assets.monitored import MonitoredAsset

Conflict = tuple[int, str, str]


@dataclass(frozen=True)
class _Claim:
    range: AddressRange
    text: str
    index: int
    asset_id: str


def conflicts(assets: Mapping[int, MonitoredAsset]) -> Iterator[Conflict]:
    """The index of an asset, the key and the problem, for everything that the assets claim twice or wrongly.

    A range inside another asset's range is no conflict: the narrower one wins.
    """
    yield from _repeated_ids(assets)
    yield from _repeated_hosts(assets)
    claims: list[_Claim] = []
    for index, asset in assets.items():
        for text in asset.addresses:
            try:
                claims.append(_Claim(parse_range(text), text, index, asset.asset_id))
            except AddressInvalid as error:
                yield index, "addresses", str(error)
    yield from _shared_ranges(claims)


def _repeated_ids(assets: Mapping[int, MonitoredAsset]) -> Iterator[Conflict]:
    first: dict[str, int] = {}
    for index, asset in assets.items():
        if first.setdefault(asset.asset_id, index) != index:
            yield index, "asset_id", f"assets[{first[asset.asset_id]}] has the same id: an id is given once"


def _repeated_hosts(assets: Mapping[int, MonitoredAsset]) -> Iterator[Conflict]:
    first: dict[str, MonitoredAsset] = {}
    for index, asset in assets.items():
        for host in asset.hosts:
            holder = first.setdefault(host.lower().removesuffix("."), asset)
            if holder is not asset:
                yield index, "hosts", f"{host} belongs to {holder.asset_id} already: a host has one asset"


def _shared_ranges(claims: list[_Claim]) -> Iterator[Conflict]:
    around: list[_Claim] = []
    for claim in sorted(claims, key=lambda claim: (claim.range.version, claim.range.first, -claim.range.last)):
        around = [other for other in around if other.range.overlaps(claim.range)]
        for other in around:
            if other.index == claim.index:
                continue
            if other.range == claim.range:
                yield claim.index, "addresses", f"{claim.text} is the range of {other.asset_id} too: give it to one"
            elif not other.range.contains(claim.range):
                yield claim.index, "addresses", f"{claim.text} and {other.text} of {other.asset_id} overlap in part"
        around.append(claim)
