"""What every part of the demo city shares: its map, its day, its seed, and the files in the making."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import yaml

from rongdun.demo.chronicle import Chronicle
from rongdun.demo.dice import Dice, dice_for
from rongdun.demo.moments import Day

CORPORATE_SYSLOG = "telemetry/collector-corporate/syslog.log"  # RFC 5424
FIELD_SYSLOG = "telemetry/collector-field/syslog.log"  # RFC 3164
ZEEK = "telemetry/data-centre-zeek"
EVE = "telemetry/gov-cloud-suricata/eve.json"
WATER_CAPTURE = "telemetry/water-tap/control-network.pcap"
BANK_CAPTURE = "telemetry/bank-tap/front.pcapng"
COUNTY_CAPTURE = "telemetry/gulou-tap/office.pcap"

_CORPORATE = frozenset({"cloud", "data_centre", "finance"})


@dataclass(frozen=True)
class Place:
    """One monitored asset, as far as traffic is concerned."""

    asset_id: str
    kind: str
    sector: str
    addresses: tuple[str, ...]
    hosts: tuple[str, ...]
    expected_sources: tuple[str, ...]

    @property
    def host(self) -> str:
        """The first host name."""
        return self.hosts[0]

    @property
    def address(self) -> str:
        """The inner IPv4 address, or the only one."""
        return next((address for address in self.addresses if address.startswith("10.")), self.addresses[0])

    @property
    def syslog(self) -> str:
        """The syslog file that its collector writes."""
        return CORPORATE_SYSLOG if self.sector in _CORPORATE else FIELD_SYSLOG


@dataclass(frozen=True)
class World:
    """One day of the city in the making.

    Attributes:
        silent_from: hosts whose log source stops, and the moment it does.
    """

    seed: int
    day: Day
    chronicle: Chronicle
    silent_from: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def dice(self, purpose: str) -> Dice:
        """The stream of random numbers of one purpose on this day."""
        return dice_for(self.seed, f"{self.day.date}/{purpose}")


@cache
def places() -> tuple[Place, ...]:
    """Every monitored asset of the city."""
    return tuple(_place(entry) for entry in _entries())


def place(asset_id: str) -> Place:
    """The monitored asset with this id.

    Raises:
        KeyError: the map has no such asset.
    """
    return {each.asset_id: each for each in places()}[asset_id]


def inventory(day: Day) -> str:
    """The city's inventory in the form that `rongdun assets import` reads."""
    return yaml.safe_dump(
        {"assets": [_inventory_entry(entry, day) for entry in _entries()]}, allow_unicode=True, sort_keys=False
    )


@cache
def _entries() -> tuple[Mapping[str, object], ...]:
    text = files("rongdun.demo").joinpath("city.yml").read_text(encoding="utf-8")
    return tuple(yaml.safe_load(text)["assets"])


def _place(entry: Mapping[str, object]) -> Place:
    def texts(key: str) -> tuple[str, ...]:
        value = entry.get(key, ())
        return tuple(str(item) for item in value) if isinstance(value, (list, tuple)) else ()

    return Place(
        asset_id=str(entry["asset_id"]),
        kind=str(entry["kind"]),
        sector=str(entry["sector"]),
        addresses=texts("addresses"),
        hosts=texts("hosts"),
        expected_sources=texts("expected_sources"),
    )


def _inventory_entry(entry: Mapping[str, object], day: Day) -> dict[str, object]:
    kept = {key: value for key, value in entry.items() if key not in {"domestic", "assessed_days_before"}}
    domestic = entry.get("domestic", [])
    flags = {f"domestic_{part}": True for part in domestic} if isinstance(domestic, list) else {}
    days = entry["assessed_days_before"]
    assessed = day.date - timedelta(days=days if isinstance(days, int) else 0)
    return kept | flags | {"last_assessed_on": assessed}
