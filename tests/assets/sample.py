"""Made-up assets that tests share."""

from collections.abc import Sequence

from assets.monitored import MonitoredAsset, Sector


def asset(
    asset_id: str = "pump-1",
    *,
    addresses: Sequence[str] = (),
    hosts: Sequence[str] = (),
    scope: str = "fuzhou/gulou",
    sector: Sector = Sector.WATER,
) -> MonitoredAsset:
    return MonitoredAsset(
        asset_id=asset_id,
        name=f"Asset {asset_id}",
        sector=sector,
        kind="server",
        scope=scope,
        organisation="Example Water",
        owner="Example Owner",
        operator="Example Operator",
        addresses=tuple(addresses),
        hosts=tuple(hosts),
    )
