"""Respond 反应: what everything found means for each asset."""

import dagster as dg

from assets.weights import thresholds_in
from pipelines.defs.resources import Settled
from pipelines.score import score


@dg.asset(group_name="respond", deps=["alerts", "pii_findings", "data_accesses", "monitored_assets"])
def asset_posture(settled: Settled) -> dg.MaterializeResult[None]:
    """A score per monitored asset, explained factor by factor."""
    thresholds = thresholds_in(settled.settings().rules_folder)
    with settled.open() as store:
        report = score(store, thresholds=thresholds)
    return dg.MaterializeResult(metadata={"assets": len(report.assets)})
