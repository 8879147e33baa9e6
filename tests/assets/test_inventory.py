"""The inventory: what is read, and what its author is told."""

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
import yaml

from assets.errors import InventoryInvalid
from assets.inventory import load_inventory
from assets.matching import AddressBook
from assets.monitored import CloudMigration, DataGrade, MonitoredAsset, Sector

_LEAST: Mapping[str, object] = {
    "asset_id": "pump-1",
    "name": "一号泵站",
    "sector": "water",
    "scope": "fuzhou/cangshan",
    "organisation": "Example Water",
    "owner": "Example Owner",
    "operator": "Example Operator",
}


def _written(tmp_path: Path, *entries: Mapping[str, object]) -> Path:
    path = tmp_path / "inventory.yml"
    path.write_text(
        yaml.safe_dump({"assets": [dict(entry) for entry in entries]}, allow_unicode=True), encoding="utf-8"
    )
    return path


def _problems(path: Path) -> tuple[str, ...]:
    with pytest.raises(InventoryInvalid) as refused:
        load_inventory(path)
    return refused.value.problems


def test_every_key_is_read(tmp_path: Path) -> None:
    everything = {
        **_LEAST,
        "kind": "plc",
        "outsourcing_provider": "Example Services",
        "mlps_level": 3,
        "is_cii": True,
        "domestic_cpu": True,
        "domestic_database": "yes",
        "cloud_migration": "planned",
        "data_grade": "important",
        "addresses": ["192.0.2.0/28", "2001:db8::1-2001:db8::9"],
        "hosts": ["pump-1.example.org"],
        "expected_sources": ["syslog", "zeek_conn"],
        "last_assessed_on": date(2026, 1, 15),
    }
    assert load_inventory(_written(tmp_path, everything)).assets == (
        MonitoredAsset(
            asset_id="pump-1",
            name="一号泵站",
            sector=Sector.WATER,
            kind="plc",
            scope="fuzhou/cangshan",
            organisation="Example Water",
            owner="Example Owner",
            operator="Example Operator",
            outsourcing_provider="Example Services",
            mlps_level=3,
            is_cii=True,
            domestic_cpu=True,
            domestic_database=True,
            cloud_migration=CloudMigration.PLANNED,
            data_grade=DataGrade.IMPORTANT,
            addresses=("192.0.2.0/28", "2001:db8::1-2001:db8::9"),
            hosts=("pump-1.example.org",),
            expected_sources=("syslog", "zeek_conn"),
            last_assessed_on=date(2026, 1, 15),
        ),
    )


def test_left_out_keys_claim_nothing(tmp_path: Path) -> None:
    (asset,) = load_inventory(_written(tmp_path, {**_LEAST, "hosts": None})).assets
    assert (asset.mlps_level, asset.is_cii, asset.hosts, asset.last_assessed_on) == (0, False, (), None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        pytest.param({"sector": "banking"}, "sector: .*'finance', 'energy'.*, not 'banking'", id="sector"),
        pytest.param({"owner": None}, "owner: is missing", id="missing"),
        pytest.param({"owner": "  "}, "owner: .*at least 1 character", id="blank"),
        pytest.param({"mpls_level": 3}, "mpls_level: unknown key .* did you mean mlps_level", id="typo"),
        pytest.param({"colour": "red"}, "colour: unknown key 'colour': use asset_id, name", id="unknown-key"),
        pytest.param({"mlps_level": 5}, "mlps_level: .*less than or equal to 4", id="level"),
        pytest.param({"is_cii": "perhaps"}, "is_cii: .*valid boolean", id="flag"),
        pytest.param({"data_grade": "secret"}, "data_grade: .*'core'", id="grade"),
        pytest.param({"scope": "Fuzhou"}, "scope: .*match pattern", id="scope-case"),
        pytest.param({"scope": "a/b/c/d"}, "scope: .*match pattern", id="scope-depth"),
        pytest.param({"asset_id": "a b"}, "asset_id: .*match pattern", id="id"),
        pytest.param({"addresses": ["192.0.2.300"]}, "addresses: '192.0.2.300' is no IP address", id="address"),
        pytest.param({"addresses": ["192.0.2.1/24"]}, "addresses: .*host bits", id="cidr"),
        pytest.param({"addresses": "192.0.2.1"}, "addresses: .*tuple", id="not-a-list"),
        pytest.param({"hosts": ["a b"]}, r"hosts\[0\]: .*match pattern", id="host"),
        pytest.param({"last_assessed_on": "15.1.2026"}, "last_assessed_on: .*date", id="date"),
        pytest.param({"name": "a\tb"}, "name: .*control characters", id="control-character"),
    ],
)
def test_a_wrong_key_is_told_with_what_is_allowed(tmp_path: Path, changed: Mapping[str, object], said: str) -> None:
    path = _written(tmp_path, {**_LEAST, **changed})
    (problem,) = _problems(path)
    assert re.search(rf"^{re.escape(str(path))}:\d+: assets\[0\] \(.*\) {said}", problem), problem


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        pytest.param({}, {"asset_id": "pump-1"}, r"asset_id: assets\[0\] has the same id", id="id"),
        pytest.param(
            {"hosts": ["a.example.org"]}, {"hosts": ["A.example.org."]}, "belongs to pump-1 already", id="host"
        ),
        pytest.param(
            {"datasets": ["*/civil/*"]}, {"datasets": ["*/civil/*"]}, "belongs to pump-1 already", id="data set"
        ),
        pytest.param(
            {"addresses": ["192.0.2.0/25"]},
            {"addresses": ["192.0.2.0-192.0.2.127"]},
            "is the range of pump-1 too",
            id="equal-range",
        ),
        pytest.param(
            {"addresses": ["192.0.2.1-192.0.2.9"]},
            {"addresses": ["192.0.2.5-192.0.2.20"]},
            "overlap in part",
            id="partial-overlap",
        ),
        pytest.param(
            {"addresses": ["192.0.2.7"]}, {"addresses": ["::ffff:192.0.2.7"]}, "is the range of pump-1", id="mapped"
        ),
    ],
)
def test_two_assets_cannot_claim_the_same(
    tmp_path: Path, first: Mapping[str, object], second: Mapping[str, object], said: str
) -> None:
    (problem,) = _problems(_written(tmp_path, {**_LEAST, **first}, {**_LEAST, "asset_id": "pump-2", **second}))
    assert re.search(said, problem), problem


def test_a_narrower_range_inside_a_wider_one_is_no_conflict(tmp_path: Path) -> None:
    wide = {**_LEAST, "addresses": ["192.0.2.0/24"]}
    narrow = {**_LEAST, "asset_id": "pump-2", "addresses": ["192.0.2.0/32", "192.0.2.255"]}
    inventory = load_inventory(_written(tmp_path, wide, narrow))
    assert AddressBook.of(inventory.assets) != AddressBook()


def test_all_problems_come_at_once_in_order_of_lines(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yml"
    path.write_text(
        "assets:\n"
        "  - asset_id: a\n"
        "    name: A\n"
        "    sector: nowhere\n"
        "    scope: fuzhou\n"
        "    organisation: O\n"
        "    owner: O\n"
        "  - just text\n"
        "  - {asset_id: b, name: B, sector: water, scope: fuzhou, organisation: O, owner: O, operator: O, mlps: 3}\n",
        encoding="utf-8",
    )
    lines = [problem.removeprefix(f"{path}:") for problem in _problems(path)]
    assert [line.split(": ", 2)[:2] for line in lines] == [
        ["2", "assets[0] (a) operator"],
        ["4", "assets[0] (a) sector"],
        ["8", "assets[1]"],
        ["9", "assets[2] (b) mlps"],
    ]


@pytest.mark.parametrize(
    "text",
    ["", "assets:\n", "assets: {}\n", "- a\n", "servers: []\n", "just text", "assets: []\n"],
    ids=["empty", "null", "mapping", "list", "other-key", "text", "no-asset"],
)
def test_a_document_of_another_shape_is_told_what_an_inventory_is(tmp_path: Path, text: str) -> None:
    path = tmp_path / "inventory.yml"
    path.write_text(text, encoding="utf-8")
    (problem,) = _problems(path)
    assert "a mapping with the key assets" in problem


def test_a_flood_of_problems_is_cut(tmp_path: Path) -> None:
    entries = [{**_LEAST, "asset_id": f"a{i}", "sector": "x"} for i in range(500)]
    problems = _problems(_written(tmp_path, *entries))
    assert len(problems) == 201
    assert problems[-1].endswith("and 300 more problems")


def test_the_documented_example_is_an_inventory(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "inventory.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    path = tmp_path / "inventory.yml"
    path.write_text(example, encoding="utf-8")
    assert len(load_inventory(path).assets) >= 2
    for key in MonitoredAsset.__dataclass_fields__:
        assert f"`{key}`" in page


def test_a_file_that_is_not_there_is_named_as_it_was_typed(tmp_path: Path) -> None:
    with pytest.raises(InventoryInvalid, match=rf"^{tmp_path}/none\.yml: cannot be read: No such file"):
        load_inventory(tmp_path / "none.yml")
