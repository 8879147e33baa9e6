"""Judge 判断: rules over what arrived, and scans for personal data."""

from dataclasses import asdict
from datetime import UTC, datetime

import dagster as dg

from dlp.access_policy import access_policy_of
from pipelines.access_judging import judge_accesses
from pipelines.access_rules import access_rules_of
from pipelines.content import home_content
from pipelines.defs.resources import Settled
from pipelines.detect import detect
from pipelines.recording import Doer, record_scan
from pipelines.scan import scan_all
from response.chain import Role


class Targets(dg.Config):
    """What a run scans; nothing named means every table in the drop folder and the telemetry itself."""

    targets: list[str] = []


@dg.asset(group_name="judge", deps=["network_flows", "log_events"])
def alerts(context: dg.AssetExecutionContext, settled: Settled) -> dg.MaterializeResult[None]:
    """Every match of a usable rule in the telemetry that arrived since the last run."""
    content = home_content(settled.settings())
    with settled.open() as store:
        report = detect(
            store,
            content.ruleset,
            silence_rule=content.silence,
            risk_rule=content.risk,
            in_use_since=_began(context),
        )
    return dg.MaterializeResult(
        metadata={
            "events": report.events,
            "rules": report.rules,
            "alerts_new": report.alerts_new,
            "unusable": len(report.unusable),
        }
    )


@dg.asset(group_name="judge", deps=["log_events"])
def pii_findings(config: Targets, settled: Settled) -> dg.MaterializeResult[None]:
    """Personal data per column, with its grade and whether its mask holds."""
    settings = settled.settings()
    with settled.open() as store:
        reports = scan_all(config.targets or settings.scan_targets, store, settings)
        record_scan(store, reports, Doer("rongdun", Role.SYSTEM, "scheduled scan"))
    return dg.MaterializeResult(
        metadata={"datasets": len(reports), "findings": sum(len(report.findings) for report in reports)}
    )


@dg.asset(group_name="judge", deps=["log_events", "pii_findings"])
def data_accesses(settled: Settled) -> dg.MaterializeResult[None]:
    """Uses of data that databases and applications logged, held against grants and grades; breaches become alerts."""
    settings = settled.settings()
    rules = settings.rules_folder
    with settled.open() as store:
        report = judge_accesses(store, access_policy_of(rules), access_rules_of(rules), scope=settings.scope)
    return dg.MaterializeResult(metadata=asdict(report))


def _began(context: dg.AssetExecutionContext) -> datetime | None:
    """When the run began (UTC), ingestion included."""
    record = context.instance.get_run_record_by_id(context.run.run_id)
    return datetime.fromtimestamp(record.start_time, UTC) if record is not None and record.start_time else None
