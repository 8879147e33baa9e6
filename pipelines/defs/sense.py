"""Sense 感知: what arrives becomes rows of `network_flows` and `log_events`; the inventory says whose they are."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from pipelines.defs.resources import Settled
from pipelines.exports.known import ExporterMemory
from pipelines.ingest import ingest
from pipelines.inventory import import_inventory, load_address_book
from pipelines.sources.mapped import mapped_sources
from pipelines.sources.registry import sources_for


class Intake(dg.Config):
    """What a run reads; nothing named means the whole drop folder."""

    paths: list[str] = []


@dg.asset(group_name="sense")
def monitored_assets(settled: Settled) -> dg.MaterializeResult[None]:
    """The protected infrastructure, from the inventory file."""
    inventory = settled.settings().inventory_file
    if not inventory.is_file():
        return dg.MaterializeResult(metadata={"inventory": f"none at {inventory}"})
    with settled.open() as store:
        imported = import_inventory(inventory, store)
    return dg.MaterializeResult(metadata={"inventory": str(inventory), "assets": imported.assets})


@dg.multi_asset(
    specs=[
        dg.AssetSpec(name, deps=["monitored_assets"], group_name="sense") for name in ("network_flows", "log_events")
    ],
    can_subset=False,
)
def telemetry(config: Intake, settled: Settled) -> Iterator[dg.MaterializeResult[None]]:
    """One row per network flow and per log event of the files read; what cannot be read is in `rejects`."""
    settings = settled.settings()
    paths = [Path(path) for path in config.paths] or [settings.inbox]
    mapped, problems = mapped_sources(settings.mappings_folder, settings.rules_folder / "mappings")
    for problem in problems:
        dg.get_dagster_logger().warning(problem)
    with settled.open() as store:
        report = ingest(
            paths,
            store,
            scope=settings.scope,
            address_book=load_address_book(store),
            sources=sources_for(settings, mapped),
            exporters=ExporterMemory(settings.known_exporters),
        )
    for table in ("network_flows", "log_events"):
        yield dg.MaterializeResult(
            asset_key=table,
            metadata={
                "files": len(report.files),
                "rows": sum(file.rows for file in report.files),
                "rejected": sum(file.rejected for file in report.files),
            },
        )
