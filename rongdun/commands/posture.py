"""`rongdun posture` and `rongdun assets`: the protected infrastructure, and how it stands."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from assets.weights import thresholds_in
from pipelines.inventory import import_inventory
from pipelines.score import score
from rongdun.console import out, print_json, print_table, progress
from rongdun.settings import Settings
from store.session import open_store

assets_app = typer.Typer(no_args_is_help=True, help="The inventory of monitored infrastructure.")

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

_LIST = """
SELECT asset_id, name, sector, scope, organisation, mlps_level, is_cii, owner, operator, addresses, hosts
FROM monitored_assets
ORDER BY sector, asset_id
"""


class Band(StrEnum):
    """How well an asset stands, best first."""

    good = "good"
    fair = "fair"
    poor = "poor"
    critical = "critical"


def posture(
    fail_on: Annotated[Band | None, typer.Option(help="Exit 1 when an asset stands there or worse.")] = None,
    as_json: Json = False,
) -> None:
    """Score every asset, say why, and roll up per sector and organisation; the scores are kept."""
    settings = Settings()
    with progress("scoring"), open_store(settings) as store:
        report = score(store, thresholds=thresholds_in(settings.rules_folder))
    if as_json:
        print_json(report.as_json())
    else:
        print_table(
            "posture, worst first (0 worst, 100 best)",
            [
                {"asset": asset.asset_id, "score": asset.score, "band": asset.band, "because": asset.because}
                for asset in sorted(report.assets, key=lambda asset: asset.score)
            ],
            right=frozenset({"score"}),
        )
    bands = list(Band)
    if fail_on and any(bands.index(Band(asset.band)) >= bands.index(fail_on) for asset in report.assets):
        raise typer.Exit(1)


@assets_app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="An inventory in YAML; docs/inventory.md says what it holds.")],
    as_json: Json = False,
) -> None:
    """Read the inventory; telemetry already stored is matched again where that changed."""
    with progress("importing"), open_store(Settings()) as store:
        report = import_inventory(file, store)
    if as_json:
        print_json(report.as_json())
    else:
        out().print(f"{report.assets} assets: {report.added} new, {report.updated} changed, {report.removed} removed")


@assets_app.command("list")
def list_(as_json: Json = False) -> None:
    """Show the inventory."""
    with progress("asking"), open_store(Settings(), user="reader") as store:
        rows = store.rows(_LIST)
    if as_json:
        print_json({"assets": rows})
    else:
        print_table("assets", rows)
