"""The inventory in the database: imported once, read back as written, followed by telemetry stored before it."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from assets.errors import InventoryInvalid
from assets.inventory import load_inventory
from assets.matching import AddressBook
from pipelines.inventory import import_inventory, load_address_book, monitored_assets
from response.audit import verify_chain
from store.client import Store
from store.errors import QueryFailed
from store.writes import append

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

PUMP: Mapping[str, object] = {
    "asset_id": "pump-1",
    "name": "一号泵站",
    "sector": "water",
    "scope": "fuzhou/cangshan",
    "organisation": "Example Water",
    "owner": "Example Owner",
    "operator": "Example Operator",
    "is_cii": True,
    "mlps_level": 3,
    "data_grade": "important",
    "addresses": ["192.0.2.0/28", "2001:db8::1"],
    "hosts": ["pump-1.example.org"],
    "expected_sources": ["syslog"],
    "last_assessed_on": "2026-01-15",
}
OFFICE: Mapping[str, object] = {
    **PUMP,
    "asset_id": "office",
    "scope": "fuzhou/gulou",
    "addresses": ["192.0.2.0/24"],
    "hosts": ["office.example.org"],
}


def _written(tmp_path: Path, *entries: Mapping[str, object]) -> Path:
    path = tmp_path / "inventory.yml"
    path.write_text(json.dumps({"assets": [dict(entry) for entry in entries]}), encoding="utf-8")
    return path


def _stamped(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    event_times = pl.Series([NOON] * len(rows), dtype=pl.Datetime("us", "UTC"))
    return pl.DataFrame([{"event_id": f"e{index}", **row} for index, row in enumerate(rows)]).with_columns(
        event_times.alias("event_time")
    )


@pytest.fixture
def telemetry(store: Store) -> Store:
    flows = [
        {"source_ip": "192.0.2.77", "destination_ip": "192.0.2.3"},
        {"source_ip": "192.0.2.77", "destination_ip": "198.51.100.1"},
        {"source_ip": "198.51.100.1", "destination_ip": "198.51.100.2"},
    ]
    events = [
        {"host": "PUMP-1", "source_ip": "192.0.2.77", "destination_ip": ""},
        {"host": "unknown", "source_ip": "192.0.2.77", "destination_ip": "2001:db8::1"},
        {"host": "unknown", "source_ip": "192.0.2.77", "destination_ip": ""},
        {"host": "unknown", "source_ip": "", "destination_ip": ""},
    ]
    append(store, "network_flows", _stamped(flows).with_columns(scope=pl.lit("fuzhou")), token=NOON.isoformat())
    append(store, "log_event_records", _stamped(events).with_columns(scope=pl.lit("fuzhou")), token=NOON.isoformat())
    alerts = pl.DataFrame(
        {"alert_id": ["a1", "a2"], "host": ["PUMP-1", ""], "asset_id": ["", "kept"], "scope": ["fuzhou", "fuzhou/x"]}
    )
    append(store, "alert_matches", alerts, token=NOON.isoformat())
    return store


def _placed(store: Store, table: str) -> list[tuple[object, object]]:
    key = "alert_id" if table == "alert_matches" else "event_id"
    rows = store.rows(
        "SELECT asset_id, scope FROM {table:Identifier} ORDER BY {key:Identifier}", {"table": table, "key": key}
    )
    return [(row["asset_id"], row["scope"]) for row in rows]


def test_what_was_imported_is_read_back_as_written(store: Store, tmp_path: Path) -> None:
    path = _written(tmp_path, PUMP, {**OFFICE, "last_assessed_on": None, "hosts": []})
    report = import_inventory(path, store)
    assert (report.assets, report.added, report.updated, report.removed) == (2, 2, 0, 0)
    assert set(monitored_assets(store)) == set(load_inventory(path).assets)


def test_importing_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    path = _written(tmp_path, PUMP, OFFICE)
    import_inventory(path, store)
    steps = store.value("SELECT count() FROM audit_events")
    report = import_inventory(path, store)
    assert (report.added, report.updated, report.removed, report.rematched) == (0, 0, 0, {})
    assert store.value("SELECT count() FROM monitored_asset_records") == 2
    assert store.value("SELECT count() FROM audit_events") == steps


def test_there_and_back_again_is_two_updates(store: Store, tmp_path: Path) -> None:
    for name in ("一号泵站", "二号泵站", "一号泵站"):
        import_inventory(_written(tmp_path, {**PUMP, "name": name}), store)
    assert [asset.name for asset in monitored_assets(store)] == ["一号泵站"]


@pytest.mark.parametrize(("remove_missing", "left"), [(False, ["office", "pump-1"]), (True, ["office"])])
def test_assets_gone_from_the_file_leave_only_when_asked(
    store: Store, tmp_path: Path, remove_missing: bool, left: list[str]
) -> None:
    import_inventory(_written(tmp_path, PUMP, OFFICE), store)
    report = import_inventory(_written(tmp_path, OFFICE), store, remove_missing=remove_missing)
    assert [asset.asset_id for asset in monitored_assets(store)] == left
    assert report.removed == 2 - len(left)


def test_a_removed_asset_can_come_back(store: Store, tmp_path: Path) -> None:
    import_inventory(_written(tmp_path, PUMP, OFFICE), store)
    import_inventory(_written(tmp_path, OFFICE), store, remove_missing=True)
    import_inventory(_written(tmp_path, PUMP, OFFICE), store)
    assert [asset.asset_id for asset in monitored_assets(store)] == ["office", "pump-1"]


def test_an_invalid_inventory_imports_nothing(store: Store, tmp_path: Path) -> None:
    with pytest.raises(InventoryInvalid):
        import_inventory(_written(tmp_path, PUMP, {**OFFICE, "sector": "nowhere"}), store)
    assert monitored_assets(store) == []


def test_without_an_inventory_the_book_is_empty(store: Store) -> None:
    assert load_address_book(store) == AddressBook.of([])


def test_stored_telemetry_follows_the_inventory(telemetry: Store, tmp_path: Path) -> None:
    pump, office = ("pump-1", "fuzhou/cangshan"), ("office", "fuzhou/gulou")
    report = import_inventory(_written(tmp_path, PUMP, OFFICE), telemetry)
    assert _placed(telemetry, "network_flows") == [pump, office, ("", "fuzhou")]
    assert _placed(telemetry, "log_events") == [pump, pump, office, ("", "fuzhou")]
    assert _placed(telemetry, "alert_matches") == [pump, ("kept", "fuzhou/x")]
    assert report.rematched == {"network_flows": 2, "log_events": 3, "alert_matches": 2}

    import_inventory(_written(tmp_path, {**PUMP, "scope": "fuzhou/mawei"}), telemetry, remove_missing=True)
    pump = ("pump-1", "fuzhou/mawei")
    assert _placed(telemetry, "network_flows") == [pump, ("", "fuzhou"), ("", "fuzhou")]
    assert _placed(telemetry, "log_events") == [pump, pump, ("", "fuzhou"), ("", "fuzhou")]
    assert verify_chain(telemetry).intact


def test_the_roll_ups_follow_too_and_equal_what_the_feeds_would_have_given(telemetry: Store, tmp_path: Path) -> None:
    fed = telemetry.rows("SELECT * EXCEPT (scope, asset_id) FROM log_activity FINAL ORDER BY ALL")
    import_inventory(_written(tmp_path, PUMP, OFFICE), telemetry)
    import_inventory(_written(tmp_path, {**PUMP, "addresses": [], "hosts": []}), telemetry, remove_missing=True)
    assert telemetry.rows("SELECT * EXCEPT (scope, asset_id) FROM log_activity FINAL ORDER BY ALL") == fed
    assert telemetry.value("SELECT sum(flows) FROM flow_activity") == 3
    import_inventory(_written(tmp_path, PUMP), telemetry)
    assert telemetry.value("SELECT sum(events) FROM log_activity WHERE asset_id = 'pump-1'") == 2


def test_a_re_matching_that_broke_off_is_done_by_the_next_import(telemetry: Store, tmp_path: Path) -> None:
    path = _written(tmp_path, PUMP)
    telemetry.execute("RENAME TABLE host_owners TO aside")
    with pytest.raises(QueryFailed, match="host_owners"):
        import_inventory(path, telemetry)
    telemetry.execute("RENAME TABLE aside TO host_owners")
    assert import_inventory(path, telemetry).rematched["log_events"] == 2
    assert import_inventory(path, telemetry).rematched == {}


def test_a_failed_rewrite_leaves_nothing_in_the_way_of_the_next(telemetry: Store, tmp_path: Path) -> None:
    path = _written(tmp_path, PUMP)
    telemetry.execute("DROP TABLE host_owners")
    telemetry.execute("CREATE TABLE host_owners (host String, asset_id String, scope String) ENGINE = Log")
    with pytest.raises(QueryFailed, match="joinGet"):
        import_inventory(path, telemetry)
    assert telemetry.value("SELECT count() FROM system.mutations WHERE NOT is_done AND NOT is_killed") == 0
    telemetry.execute("DROP TABLE host_owners")
    telemetry.execute(
        "CREATE TABLE host_owners (host String, asset_id String, scope String) ENGINE = Join(ANY, LEFT, host)"
    )
    assert import_inventory(path, telemetry).rematched["log_events"] == 2


def test_a_repeated_ingest_after_a_re_matching_still_adds_nothing(telemetry: Store, tmp_path: Path) -> None:
    import_inventory(_written(tmp_path, PUMP), telemetry)
    frame = _stamped([{"source_ip": "192.0.2.77", "destination_ip": "192.0.2.3"}]).with_columns(scope=pl.lit("fuzhou"))
    append(telemetry, "network_flows", frame, token=NOON.isoformat())
    assert telemetry.value("SELECT count() FROM network_flows") == 3
    assert telemetry.value("SELECT sum(flows) FROM flow_activity") == 3


def test_last_import_wins_over_an_earlier_one(store: Store, tmp_path: Path) -> None:
    import_inventory(_written(tmp_path, PUMP), store, now=NOON)
    import_inventory(_written(tmp_path, {**PUMP, "name": "later"}), store, now=NOON + timedelta(seconds=1))
    assert [asset.name for asset in monitored_assets(store)] == ["later"]
