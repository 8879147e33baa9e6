"""The inventory in the database: imported, read back, and given to whoever matches telemetry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from polars._typing import SchemaDict

from assets.inventory import load_inventory
from assets.matching import AddressBook, matching_fingerprint
from assets.monitored import DataGrade, MonitoredAsset, Sector
from pipelines.rematch import rematch
from response.audit import record
from response.chain import AuditStep, Role
from store.client import Store
from store.writes import append

_TEXTS = pl.List(pl.String)
_COLUMNS: SchemaDict = {
    **dict.fromkeys(
        ("asset_id", "name", "sector", "kind", "scope", "organisation", "owner", "operator", "outsourcing_provider"),
        pl.String,
    ),
    "mlps_level": pl.UInt8,
    **dict.fromkeys(("is_cii", "domestic_cpu", "domestic_os", "domestic_database", "domestic_middleware"), pl.Boolean),
    "cloud_migration": pl.String,
    "data_grade": pl.String,
    **dict.fromkeys(("addresses", "hosts", "datasets", "expected_sources"), _TEXTS),
    "last_assessed_on": pl.Date,
    "removed": pl.Boolean,
    "updated_at": pl.Datetime("ms", "UTC"),
}

_STORED = "SELECT * EXCEPT (updated_at) FROM monitored_assets ORDER BY asset_id"
_LAST_MATCHING = """
SELECT argMax(JSONExtractString(details, 'matching'), seq) FROM audit_events WHERE action = 'telemetry.rematched'
"""


@dataclass(frozen=True)
class ImportReport:
    """What an import changed; `rematched` counts the rows per table that went to another asset or scope."""

    path: Path
    assets: int
    added: int
    updated: int
    removed: int
    rematched: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {**vars(self), "path": str(self.path)}


def import_inventory(
    path: Path,
    store: Store,
    *,
    remove_missing: bool = False,
    actor: str = "rongdun",
    role: Role = Role.SYSTEM,
    now: datetime | None = None,
) -> ImportReport:
    """What changed when the assets of a file became the monitored ones; importing a file again changes nothing.

    Assets that the file no longer names stay, unless `remove_missing`. Telemetry stored earlier follows.

    Raises:
        InventoryInvalid: the file has problems; nothing was imported.
    """
    moment = now or datetime.now(UTC)
    inventory = load_inventory(path)
    before = {asset.asset_id: asset for asset in monitored_assets(store)}
    changed = [asset for asset in inventory.assets if before.get(asset.asset_id) != asset]
    named = {asset.asset_id for asset in inventory.assets}
    gone = [asset for asset_id, asset in before.items() if asset_id not in named] if remove_missing else []
    added = sum(asset.asset_id not in before for asset in changed)
    report = ImportReport(path, len(inventory.assets), added, len(changed) - added, len(gone))
    if changed or gone:
        frame = pl.concat([_frame(changed, removed=False, now=moment), _frame(gone, removed=True, now=moment)])
        append(store, "monitored_asset_records", frame, token=f"{moment.isoformat()}:{matching_fingerprint(changed)}")
        _record_import(store, report, actor=actor, role=role)
    return ImportReport(**{**vars(report), "rematched": _follow(store, actor=actor, role=role)})


def monitored_assets(store: Store) -> list[MonitoredAsset]:
    """The assets watched now, by id."""
    return [_asset(row) for row in store.rows(_STORED)]


def load_address_book(store: Store) -> AddressBook:
    """The addresses and hosts of the assets watched now; empty when there is no inventory yet."""
    return AddressBook.of(monitored_assets(store))


def _follow(store: Store, *, actor: str, role: Role) -> dict[str, int]:
    """Re-match stored telemetry when the matching differs from that of the last finished re-matching."""
    assets = monitored_assets(store)
    matching = matching_fingerprint(assets)
    if store.value(_LAST_MATCHING) == matching:
        return {}
    rematched = rematch(store, AddressBook.of(assets))
    step = AuditStep(
        actor=actor,
        role=role,
        action="telemetry.rematched",
        object_type="inventory",
        object_id="monitored_assets",
        basis="inventory import",
        details={"matching": matching, **rematched},
    )
    record(store, step)
    return rematched


def _record_import(store: Store, report: ImportReport, *, actor: str, role: Role) -> None:
    step = AuditStep(
        actor=actor,
        role=role,
        action="inventory.imported",
        object_type="inventory",
        object_id="monitored_assets",
        basis="inventory import",
        details={"assets": report.assets, "added": report.added, "updated": report.updated, "removed": report.removed},
    )
    record(store, step)


def _frame(assets: Iterable[MonitoredAsset], *, removed: bool, now: datetime) -> pl.DataFrame:
    rows = [{**vars(asset), "removed": removed, "updated_at": now} for asset in assets]
    return pl.DataFrame(rows, schema=_COLUMNS)


def _asset(row: dict[str, object]) -> MonitoredAsset:
    lists = {name: tuple(_texts(row[name])) for name in ("addresses", "hosts", "datasets", "expected_sources")}
    codes = {"sector": Sector(str(row["sector"])), "data_grade": DataGrade(str(row["data_grade"]))}
    return MonitoredAsset(**{**row, **lists, **codes})  # type: ignore[arg-type]  # the columns are the fields


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, Sequence) else []
