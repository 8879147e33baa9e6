"""What two assets must not share: ids, hosts, data sets, and ranges that leave open whose an address is."""

from collections.abc import Callable, Iterator, Mapping
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
    yield from _repeated(
        assets, "hosts", lambda asset: [(host, host.lower().removesuffix(".")) for host in asset.hosts]
    )
    yield from _repeated(assets, "datasets", lambda asset: [(pattern, pattern) for pattern in asset.datasets])
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


def _repeated(
    assets: Mapping[int, MonitoredAsset], key: str, claimed: Callable[[MonitoredAsset], list[tuple[str, str]]]
) -> Iterator[Conflict]:
    """What two assets both claim; `claimed` gives each text with the form in which it is compared."""
    first: dict[str, MonitoredAsset] = {}
    for index, asset in assets.items():
        for text, compared in claimed(asset):
            holder = first.setdefault(compared, asset)
            if holder is not asset:
                yield index, key, f"{text} belongs to {holder.asset_id} already: it has one asset"


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
