"""What must hold: tables fill, are fresh, little is rejected, nothing is lost on the way, alerts come in time."""

from dataclasses import asdict

import dagster as dg

from dlp.freshness_policy import DRIFT_KINDS, freshness_policy_of
from dlp.policy import load_policy
from pipelines.defs.resources import Settled
from pipelines.delays import detection_delay
from pipelines.freshness import catalogue_freshness

FRESH_HOURS = 26
REJECTED_SHARE = 0.2

TABLES = ("network_flows", "log_events")

# The ledger knows what arrived without a look at the rows themselves.
_ARRIVALS = (
    "SELECT sumIf(ingested_batches.rows, committed_at > now() - INTERVAL 1 DAY) AS today, "
    "sumIf(ingested_batches.rows, committed_at BETWEEN now() - INTERVAL 2 DAY AND now() - INTERVAL 1 DAY) AS before, "
    "dateDiff('second', max(committed_at), now()) / 3600 AS hours, count() AS batches "
    "FROM ingested_batches WHERE (table_name = 'network_flows') = ({table:String} = 'network_flows')"
)
_REJECTED = (
    "SELECT sum(rows) AS rows, sum(rejected) AS rejected FROM ingested_batches "
    "WHERE (table_name = 'network_flows') = ({table:String} = 'network_flows') "
    "AND committed_at > now() - INTERVAL 1 DAY"
)
_STORED = {
    "network_flows": "SELECT count() FROM network_flows WHERE batch_id IN (SELECT batch_id FROM ingested_batches)",
    "log_events": "SELECT count() FROM log_events WHERE batch_id IN (SELECT batch_id FROM ingested_batches)",
}
_LEDGER = (
    "SELECT sum(rows) FROM ingested_batches WHERE (table_name = 'network_flows') = ({table:String} = 'network_flows')"
)


def _volume(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table, name=f"{table}_volume")
    def volume(settled: Settled) -> dg.AssetCheckResult:
        """Rows arrived in the last day, and not ten times fewer than the day before."""
        with settled.open() as store:
            row = store.rows(_ARRIVALS, {"table": table})[0]
        today, before = int(str(row["today"])), int(str(row["before"]))
        return dg.AssetCheckResult(
            passed=today > 0 and today * 10 >= before,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"rows_last_day": today, "rows_day_before": before},
        )

    return volume


def _freshness(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table, name=f"{table}_freshness")
    def freshness(settled: Settled) -> dg.AssetCheckResult:
        """The newest row arrived within the last 26 hours."""
        with settled.open() as store:
            row = store.rows(_ARRIVALS, {"table": table})[0]
        hours = float(str(row["hours"]))
        return dg.AssetCheckResult(
            passed=bool(row["batches"]) and hours <= FRESH_HOURS,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"batches": int(str(row["batches"])), "hours_since_last_row": hours},
        )

    return freshness


def _reject_rate(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table, name=f"{table}_reject_rate")
    def reject_rate(settled: Settled) -> dg.AssetCheckResult:
        """At most a fifth of what arrived in the last day was rejected."""
        with settled.open() as store:
            row = store.rows(_REJECTED, {"table": table})[0]
        rows, rejected = int(str(row["rows"])), int(str(row["rejected"]))
        share = rejected / (rows + rejected) if rows + rejected else 0.0
        return dg.AssetCheckResult(
            passed=share <= REJECTED_SHARE,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={"rows": rows, "rejected": rejected, "share": share},
        )

    return reject_rate


def _reconciled(table: str) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table, name=f"{table}_reconciled")
    def reconciled(settled: Settled) -> dg.AssetCheckResult:
        """The table holds as many rows as the ledger of batches says were stored."""
        with settled.open() as store:
            stored = int(str(store.value(_STORED[table])))
            ledger = int(str(store.value(_LEDGER, {"table": table})))
        return dg.AssetCheckResult(passed=stored == ledger, metadata={"stored": stored, "ledger": ledger})

    return reconciled


@dg.asset_check(asset="alerts")
def alerts_in_time(settled: Settled) -> dg.AssetCheckResult:
    """Nineteen of twenty alerts of the last day came within five minutes of their event's arrival (R11).

    What a new or changed rule found in older events is told of, but was not late.
    """
    with settled.open() as store:
        delay = detection_delay(store)
    return dg.AssetCheckResult(passed=delay.is_kept, metadata=asdict(delay))


@dg.asset_check(asset="pii_findings")
def catalogue_fresh(settled: Settled) -> dg.AssetCheckResult:
    """The catalogue of data assets says what scans find, and nobody left it alone for too long (R37).

    Where nothing is declared at all, nothing can be out of date.
    """
    rules = settled.settings().rules_folder
    periods = freshness_policy_of(rules)
    with settled.open() as store:
        rows = catalogue_freshness(store, periods, load_policy(rules / "dlp" / "policy.yml"))
    told = [drift.kind for row in rows for drift in row.drifts]
    declared = len({row.standing.entry for row in rows if row.standing.entry})
    counts = {f"drift/{kind}": told.count(kind) for kind in DRIFT_KINDS}
    return dg.AssetCheckResult(
        passed=not declared or not any(periods.is_at_least(kind, periods.warn_from) for kind in told),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"entries": declared, **counts},
    )


ALL = [
    *(make(table) for table in TABLES for make in (_volume, _freshness, _reject_rate, _reconciled)),
    alerts_in_time,
    catalogue_fresh,
]
