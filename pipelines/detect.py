"""Judge what arrived: every rule over every batch once, alerts written once, whatever happens in between.

Detection follows arrival: a batch in `ingested_batches` without a row in `judged_batches` for this rule set is still to
be judged, however old its events are. Alerts are written before the batch is marked, and an alert's id is a hash of
rule, version and events: a run that breaks off is simply repeated.
"""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TypedDict

import polars as pl

from detectors.rule import RuleSet, Status
from detectors.silence import SilenceRule
from pipelines.alert_rows import write_new_alerts, write_new_rows
from pipelines.correlating import correlated
from pipelines.judging import Judge, Unjudged
from pipelines.silent_sources import silent_sources
from store.client import Store
from store.writes import append

Progress = Callable[[int, int], None]

# Batches are judged together up to so many events, which bounds what a repeated run repeats.
_MOST_EVENTS = 500_000
# Their ids stand in statements, which ClickHouse by default reads up to 256 KiB.
_MOST_BATCHES = 2_000

_UNJUDGED = """
SELECT
    batch_id,
    max(ingested_batches.rows) AS events
FROM ingested_batches
WHERE batch_id NOT IN (SELECT batch_id FROM judged_batches WHERE ruleset_id = {ruleset:String})
GROUP BY batch_id
ORDER BY min(committed_at), batch_id
"""


class UnusableRule(TypedDict):
    """A rule that did not judge anything, or not everything."""

    id: str
    path: str
    title: str
    reason: str


@dataclass(frozen=True)
class DetectReport:
    """What a detection run did.

    Attributes:
        events: telemetry rows judged, flows and log events.
        rules: rules that ran.
        alerts_new: alerts that were not there before.
    """

    events: int
    rules: int
    alerts_new: int
    seconds: float
    unusable: list[UnusableRule]


def detect(
    store: Store,
    ruleset: RuleSet,
    *,
    now: datetime | None = None,
    progress: Progress | None = None,
    silence_rule: SilenceRule | None = None,
) -> DetectReport:
    """Judge every batch that this rule set has not judged yet.

    Args:
        store: where telemetry is and alerts go.
        ruleset: the rules.
        now: the moment of this run, UTC; sources are silent only up to it.
        progress: told the events judged and the events to judge, after each step.
        silence_rule: looks for log sources that fell silent; None: it is not asked.

    Raises:
        StoreError: the database cannot be read or written.
    """
    started, clock = now or datetime.now(UTC), monotonic()
    waiting = _unjudged(store, ruleset)
    total = sum(batch.events for batch in waiting)
    failures: dict[str, str] = {}
    judged = alerts_new = 0
    judge = Judge(store, ruleset)
    for batches in _rounds(waiting):
        said = judge.single_events(batches)
        failures |= said.failures
        alerts_new += write_new_rows(store, said.alerts)
        ids = [batch.batch_id for batch in batches]
        alerts_new += write_new_alerts(store, correlated(store, ruleset, ids, said.heard, failures))
        _mark_judged(store, ruleset, batches)
        judged += sum(batch.events for batch in batches)
        if progress:
            progress(judged, total)
    if silence_rule is not None:
        alerts_new += write_new_alerts(store, silent_sources(store, silence_rule, now=started))
    report = DetectReport(
        events=judged,
        rules=len(ruleset.rules) + len(ruleset.correlations) + (silence_rule is not None),
        alerts_new=alerts_new,
        seconds=round(monotonic() - clock, 3),
        unusable=_unusable(ruleset, failures),
    )
    _record(store, ruleset, report, started)
    return report


def _unjudged(store: Store, ruleset: RuleSet) -> list[Unjudged]:
    rows = store.rows(_UNJUDGED, {"ruleset": ruleset.ruleset_id})
    return [Unjudged(str(row["batch_id"]), int(str(row["events"]))) for row in rows]


def _rounds(waiting: Sequence[Unjudged]) -> Iterator[list[Unjudged]]:
    """Batches in order of arrival, as many at a time as stay under the limit, at least one."""
    together: list[Unjudged] = []
    for batch in waiting:
        full = len(together) == _MOST_BATCHES or sum(each.events for each in together) + batch.events > _MOST_EVENTS
        if together and full:
            yield together
            together = []
        together.append(batch)
    if together:
        yield together


def _mark_judged(store: Store, ruleset: RuleSet, batches: Sequence[Unjudged]) -> None:
    ids = [batch.batch_id for batch in batches]
    rows = pl.DataFrame({"ruleset_id": [ruleset.ruleset_id] * len(ids), "batch_id": ids})
    token = hashlib.sha256("\n".join([ruleset.ruleset_id, *ids]).encode()).hexdigest()
    append(store, "judged_batches", rows, token=token)


def _unusable(ruleset: RuleSet, failures: dict[str, str]) -> list[UnusableRule]:
    known = [
        UnusableRule(id=check.id, path=str(check.path), title=check.title, reason=f"{check.status}: {check.reason}")
        for check in ruleset.checks
        if check.status is not Status.USABLE
    ]
    heads = {head.id: head for head in ruleset.heads}
    failed = [
        UnusableRule(id=rule_id, path=str(heads[rule_id].path), title=heads[rule_id].title, reason=reason)
        for rule_id, reason in failures.items()
    ]
    return known + failed


def _record(store: Store, ruleset: RuleSet, report: DetectReport, started: datetime) -> None:
    run_id = uuid.uuid4().hex
    row = pl.DataFrame(
        {
            "run_id": [run_id],
            "ruleset_id": [ruleset.ruleset_id],
            "started_at": pl.Series([started], dtype=pl.Datetime("ms", "UTC")),
            "seconds": [report.seconds],
            "events": pl.Series([report.events], dtype=pl.UInt64),
            "rules": pl.Series([report.rules], dtype=pl.UInt32),
            "unusable": pl.Series([len(report.unusable)], dtype=pl.UInt32),
            "alerts_new": pl.Series([report.alerts_new], dtype=pl.UInt64),
        }
    )
    append(store, "detection_runs", row, token=run_id)
