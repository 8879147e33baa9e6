import hashlib
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

import pytest

from assets.inventory import load_inventory
from assets.monitored import Sector
from rongdun.demo.city import City, write_city

_DOCUMENTED = tuple(
    ip_network(text)
    for text in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "10.0.0.0/8", "127.0.0.1/32")
)
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}(?![\w.])")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,7}(?![\w:.])")
_BROWSER_VERSIONS = frozenset({"138.0.0.0", "132.0.0.0", "134.0.0.0"})
_WRITE = "import sys; from datetime import date; from pathlib import Path; from rongdun.demo.city import write_city; "
_COUNTIES = {
    *("gulou", "taijiang", "cangshan", "jinan", "mawei", "changle", "fuqing", "minhou", "lianjiang", "luoyuan"),
    *("minqing", "yongtai", "hi-tech", "binhai"),
}


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _texts(city: City) -> dict[str, str]:
    suffixes = {".log", ".json", ".jsonl", ".xml"}
    return {path.name: path.read_text() for path in city.telemetry.rglob("*") if path.suffix in suffixes}


def test_the_same_seed_and_day_give_the_same_bytes_under_another_clock_zone_and_hash_seed(
    city: City, tmp_path: Path
) -> None:
    call = _WRITE + f"write_city(Path(sys.argv[1]), day=date.fromisoformat('{city.day}'), seed={city.seed})"
    environment = {**os.environ, "PYTHONHASHSEED": "12345", "TZ": "America/New_York"}
    subprocess.run([sys.executable, "-c", call, str(tmp_path)], check=True, env=environment)
    assert _digests(tmp_path) == _digests(city.folder)


def test_another_seed_gives_other_bytes_in_every_file_that_chance_touches(city: City, tmp_path: Path) -> None:
    write_city(tmp_path, day=city.day, seed=city.seed + 1)
    here, there = _digests(city.folder), _digests(tmp_path)
    assert here.keys() == there.keys()
    assert {path for path in here if here[path] == there[path]} == {"inventory.yml", "catalogue.yml", "grants.yml"}


def test_the_day_runs_from_local_midnight_to_local_midnight(city: City) -> None:
    assert city.starts_at == datetime(2026, 3, 3, 16, tzinfo=UTC)
    assert city.ends_at == datetime(2026, 3, 4, 16, tzinfo=UTC)


def test_the_inventory_is_valid_and_covers_every_sector_and_county(city: City) -> None:
    inventory = load_inventory(city.inventory)
    assert len(inventory.assets) >= 40
    assert {asset.sector for asset in inventory.assets} == set(Sector)
    assert {asset.scope.split("/")[1] for asset in inventory.assets} >= _COUNTIES


def test_no_two_assets_share_a_host(city: City) -> None:
    hosts = [host for asset in load_inventory(city.inventory).assets for host in asset.hosts]
    assert len(hosts) == len(set(hosts))
    assert all(host.endswith(".fuzhou.example.org") for host in hosts)


@pytest.mark.parametrize("pattern", [_IPV4, _IPV6], ids=["IPv4", "IPv6"])
def test_no_address_lies_outside_the_documented_ranges(city: City, pattern: re.Pattern[str]) -> None:
    seen = {match for text in _texts(city).values() for match in pattern.findall(text)} - _BROWSER_VERSIONS
    addresses = {text for text in seen if _is_address(text)}
    stray = {text for text in addresses if not any(ip_address(text) in network for network in _DOCUMENTED)}
    assert addresses
    assert not stray


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def test_event_volume_is_that_of_a_small_city(city: City) -> None:
    lines = sum(text.count("\n") for text in _texts(city).values())
    assert 100_000 < lines < 300_000
