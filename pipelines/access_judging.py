"""Uses of data judged: drawn from the logs, held against grants and grades, and told of as alerts.

What was judged is judged again when grades, grants or the policy change: alerts that no longer hold are closed.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime

import polars as pl

from detectors.rule import RuleHead
from dlp.access_checks import breaches, dormant
from dlp.access_policy import AccessPolicy
from dlp.exchanges import EXCHANGE_CHECKS
from dlp.grants import Grant
from dlp.kept_data import KEPT_TOO_LONG, NOT_DESTROYED, used_after_destruction
from dlp.uses import Breach, Grades
from pipelines.access_alerts import About, alert_of
from pipelines.access_closing import Reason, settle_day, settle_standing
from pipelines.access_uses import uses_of
from pipelines.accesses import Drawn, draw_accesses
from pipelines.alert_rows import write_new_alerts
from pipelines.exchange_judging import judge_exchanges
from pipelines.grades_in_use import graded_columns
from pipelines.grants import grant_uses, grants_in_time
from pipelines.judged_uses import bases, changed_since, days_used, keep_bases, used_datasets
from pipelines.kept_data import destroyed_names, kept_data
from store.client import Store
from store.writes import append

_DORMANT = ("dormant_grant",)
_KEPT = (KEPT_TOO_LONG, NOT_DESTROYED)


@dataclass(frozen=True)
class AccessReport:
    """What a run found.

    Attributes:
        breaches: of the days that were judged; `alerts_new` of them were not known before.
        judged_again: data sets whose uses were judged again because grades, grants or the policy changed.
        settled: alerts that were closed, or opened again, because of that.
        exchanges: between organisations that were not known before.
    """

    events: int
    accesses: int
    breaches: int
    alerts_new: int
    judged_again: int = 0
    settled: int = 0
    exchanges: int = 0

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


@dataclass
class _Judging:
    """One run: what uses are held against, and what came of it."""

    store: Store
    policy: AccessPolicy
    rules: Mapping[str, RuleHead]
    grants: list[Grant]
    grades: Grades
    destroyed: Mapping[str, date]
    breaches: int = 0
    alerts_new: int = 0
    settled: int = 0

    def judge_day(self, day: date, datasets: Collection[str] | None) -> None:
        """Judge the uses of a day, of some data sets or of all."""
        found = uses_of(self.store, day, self.grants, datasets)
        held = []
        told = breaches(found.uses, self.grants, self.grades, self.policy)
        for breach in (*told, *used_after_destruction(found.uses, self.destroyed)):
            alert = alert_of(breach, found.about_first(breach.uses), self.rules)
            self.breaches += 1
            held += [alert] if alert else []
        self.alerts_new += write_new_alerts(self.store, held)
        ids = {alert.alert_id for alert in held}
        checks = set(self.rules).difference(_DORMANT, _KEPT, EXCHANGE_CHECKS)
        self.settled += settle_day(self.store, day, ids, checks=checks, datasets=datasets)

    def judge_standing(self, scope: str, now: datetime) -> None:
        """Tell of the grants that nobody uses, and of data that should be gone."""
        unused = dormant(grant_uses(self.store), now=now, policy=self.policy)
        house = {"scope": scope, "arrived_at": now}
        self._tell(_DORMANT, ((breach, house) for breach in unused), Reason.DORMANT_NO_LONGER)
        kept = ((breach, {**about, "scope": about["scope"] or scope}) for breach, about in kept_data(self.store, now))
        self._tell(_KEPT, kept, Reason.KEPT_NO_LONGER)

    def _tell(self, checks: Iterable[str], found: Iterable[tuple[Breach, About]], reason: Reason) -> None:
        told = [(breach, about) for breach, about in found if breach.check in self.rules]
        held = [alert for breach, about in told if (alert := alert_of(breach, about, self.rules))]
        self.breaches += len(told)
        self.alerts_new += write_new_alerts(self.store, held)
        self.settled += settle_standing(self.store, {alert.alert_id for alert in held}, checks, reason)


def judge_accesses(
    store: Store,
    policy: AccessPolicy,
    rules: Mapping[str, RuleHead],
    *,
    scope: str,
    now: datetime | None = None,
) -> AccessReport:
    """What the uses that were logged since the last run come to; running again raises no alert twice.

    A whole day (UTC) is judged again when anything of it is new, since budgets are by the day; every day of a data set
    when its grades, the grants for it, its destruction or the policy changed. A grant that lies unused is told of in
    `scope`, the house's own; so is data that should be gone and of which no scan knows where it lies.

    Raises:
        QueryFailed: ClickHouse refused something.
        ResponseError: a step on an alert was refused; the next run takes it.
    """
    started = now or datetime.now(UTC)
    drawn = draw_accesses(store, policy)
    used, grants = used_datasets(store), grants_in_time(store)
    exchanged = judge_exchanges(store, policy, rules, grants, since=drawn.since, scope=scope, now=started)
    grades = graded_columns(store, used)
    destroyed = destroyed_names(store)
    basis = bases(used, grades, grants, policy, destroyed)
    changed = changed_since(store, basis)
    judging = _Judging(store, policy, rules, grants, grades, destroyed)
    judging.breaches, judging.alerts_new, judging.settled = exchanged.breaches, exchanged.alerts_new, exchanged.settled
    days: dict[date, set[str] | None] = {**days_used(store, changed)}
    for day, datasets in sorted({**days, **{day.date(): None for day in drawn.days}}.items()):
        judging.judge_day(day, datasets)
    judging.judge_standing(scope, started)
    _keep(store, drawn, started, judging.breaches)
    keep_bases(store, {dataset: basis[dataset] for dataset in changed}, now=started)
    return AccessReport(
        drawn.events,
        drawn.accesses,
        judging.breaches,
        judging.alerts_new,
        len(changed),
        judging.settled,
        exchanged.new,
    )


def _keep(store: Store, drawn: Drawn, started: datetime, found: int) -> None:
    row = {
        "started_at": started,
        "seen_until": drawn.seen_until,
        "events": drawn.events,
        "accesses": drawn.accesses,
        "breaches": found,
    }
    frame = pl.DataFrame([row]).with_columns(
        pl.col("started_at", "seen_until").cast(pl.Datetime("ms", "UTC")),
        pl.col("events", "accesses", "breaches").cast(pl.UInt64),
    )
    append(store, "access_runs", frame, token=f"accesses:{started.isoformat()}")
