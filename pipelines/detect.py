"""Judge what arrived: every rule over every batch once, alerts written once, whatever happens in between.

Detection follows arrival: a batch in `ingested_batches` without a row in `judged_batches` for this rule set is still to
be judged, however old its events are. Alerts are written before the batch is marked, and an alert's id is a hash of
rule, version and events: a run that breaks off is simply repeated.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import TypedDict

import polars as pl

from detectors.rule import RuleSet, Status
from detectors.silence_rule import SilenceRule
from pipelines.alert_rows import write_new_alerts, write_new_rows
from pipelines.correlating import correlated
from pipelines.failed_judgements import MOST_ATTEMPTS, FailedJudgement, by_rule, failed_judgements, remember_failures
from pipelines.judged_rounds import judged_rounds
from pipelines.judging import Judgement
from pipelines.risk_incidents import follow_risk, risk_incidents
from pipelines.risk_rule import RiskRule
from pipelines.rule_uses import note_uses
from pipelines.silent_sources import silent_sources
from pipelines.unjudged import Unjudged, events_of, is_new, mark_judged, rounds, unjudged
from store.client import Store
from store.writes import append

Progress = Callable[[int, int], None]


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
    risk_rule: RiskRule | None = None,
    in_use_since: datetime | None = None,
) -> DetectReport:
    """Judge every batch that this rule set has not judged yet.

    Args:
        store: where telemetry is and alerts go.
        ruleset: the rules.
        now: the moment of this run, UTC; sources are silent only up to it.
        progress: told the events judged and the events to judge, after each step.
        silence_rule: looks for log sources that fell silent; None: it is not asked.
        risk_rule: looks for entities under attack by what all the rules said; None: nobody asks.
        in_use_since: when what this run belongs to began, UTC: telemetry it took in itself met rules that were in use.

    Raises:
        StoreError: the database cannot be read or written.
    """
    started, clock = now or datetime.now(UTC), monotonic()
    note_uses(store, ruleset.heads, since=in_use_since)
    waiting = unjudged(store, ruleset.ruleset_id)
    total, judged = events_of(waiting), 0
    alerts_new = _tried_again(store, ruleset)
    for batches, said in judged_rounds(store, ruleset, list(rounds(waiting, new=is_new(store, ruleset.ruleset_id)))):
        ids = [batch.batch_id for batch in batches]
        found, failures = _written(store, ruleset, ids, said)
        remember_failures(store, ruleset.heads, ids, failures)
        mark_judged(store, ruleset.ruleset_id, batches)
        alerts_new += found
        judged += events_of(batches)
        if progress:
            progress(judged, total)
    if silence_rule is not None:
        alerts_new += write_new_alerts(store, silent_sources(store, silence_rule, now=started))
    if risk_rule is not None:
        alerts_new += write_new_alerts(store, risk_incidents(store, risk_rule))
        follow_risk(store, risk_rule, now=started, changed=alerts_new > 0)
    report = DetectReport(
        events=judged,
        rules=len(ruleset.rules) + len(ruleset.correlations) + (silence_rule is not None) + (risk_rule is not None),
        alerts_new=alerts_new,
        seconds=round(monotonic() - clock, 3),
        unusable=_unusable(store, ruleset),
    )
    _record(store, ruleset, report, started)
    return report


def _written(store: Store, ruleset: RuleSet, batches: Sequence[str], said: Judgement) -> tuple[int, Mapping[str, str]]:
    """How many new alerts a round raised, and the rules whose queries failed, with the reasons."""
    found = write_new_rows(store, said.alerts)
    failures = dict(said.failures)
    found += write_new_alerts(store, correlated(store, ruleset, batches, said.heard, failures))
    return found, failures


def _tried_again(store: Store, ruleset: RuleSet) -> int:
    """Ask once more what failed on earlier runs, each rule by itself and batch by batch; counts the new alerts."""
    alerts_new = 0
    for each in failed_judgements(store, ruleset.heads):
        if each.is_given_up:
            continue
        alone = ruleset.only(each.rule.id)
        for batches, said in judged_rounds(store, alone, [[Unjudged(each.batch_id, 0)]]):
            found, failures = _written(store, alone, [batch.batch_id for batch in batches], said)
        reason = {each.rule.id: failures.get(each.rule.id, "")}
        remember_failures(store, [each.rule], [each.batch_id], reason, attempt=each.attempts + 1)
        alerts_new += found
    return alerts_new


def _unusable(store: Store, ruleset: RuleSet) -> list[UnusableRule]:
    known = [
        UnusableRule(id=check.id, path=str(check.path), title=check.title, reason=f"{check.status}: {check.reason}")
        for check in ruleset.checks
        if check.status is not Status.USABLE
    ]
    left = by_rule(failed_judgements(store, ruleset.heads))
    return known + [_failed(failures) for failures in left.values()]


def _failed(failures: Sequence[FailedJudgement]) -> UnusableRule:
    rule, given_up = failures[0].rule, sum(each.is_given_up for each in failures)
    waiting = len(failures) - given_up
    told = [f"{waiting} batches are asked about again on the next run"] if waiting else []
    told += [f"{given_up} batches were given up after {MOST_ATTEMPTS} tries"] if given_up else []
    reason = f"{failures[-1].reason} ({'; '.join(told)})"
    return UnusableRule(id=rule.id, path=str(rule.path), title=rule.title, reason=reason)


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
