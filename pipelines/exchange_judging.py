"""Exchanges of data judged: drawn, held against sharing lists, grants and limits, and told of as alerts (R41).

What was judged is judged again when the sharing list, a grant, a limit or a name changes, or a grade that was unknown
becomes known; what no longer holds is closed.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime

import polars as pl

from detectors.rule import RuleHead
from dlp.access_policy import AccessPolicy
from dlp.exchanges import EXCHANGE_CHECKS, Exchange, basis_of, failed_checks
from dlp.grants import Grant
from dlp.registrations import Registration
from pipelines.access_alerts import alert_of
from pipelines.access_closing import settle_day
from pipelines.alert_rows import Alert, utc, write_new_alerts
from pipelines.exchange_breaches import breaches_of
from pipelines.exchange_drawing import drawn_exchanges
from pipelines.exchange_rows import COLUMNS, Row, texts, write_exchanges
from pipelines.exchange_surroundings import Surroundings
from store.client import Store
from store.writes import append

_AT_ONCE = 200
_JUDGED = "SELECT dataset, basis FROM judged_exchanges FINAL"
_KNOWN = """
SELECT
    dataset, arraySort(groupUniqArray(sender)) AS senders, arraySort(groupUniqArray(receiver)) AS receivers,
    countIf(grade = '') > 0 AS ungraded, arraySort(groupUniqArray(toDate(event_time))) AS days
FROM data_exchange_records WHERE NOT removed GROUP BY dataset
"""
_OF_DAY = """
SELECT * FROM data_exchanges WHERE toDate(event_time) = {day:Date} AND dataset IN {datasets:Array(String)}
ORDER BY event_time, exchange_id
"""


@dataclass(frozen=True)
class ExchangesJudged:
    """What a run found: exchanges that are new, breaches of the days that were judged, alerts that were not known."""

    new: int = 0
    breaches: int = 0
    alerts_new: int = 0
    settled: int = 0


@dataclass
class _Run:
    store: Store
    policy: AccessPolicy
    rules: Mapping[str, RuleHead]
    grants: Sequence[Grant]
    around: Surroundings
    scope: str
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def judge_day(self, day: date, datasets: Iterable[str]) -> None:
        """Judge the exchanges of a day (UTC) of some data sets: rows that now read otherwise are stored again."""
        names, held = sorted(datasets), list[Alert]()
        for start in range(0, len(names), _AT_ONCE):
            asked = {"day": f"{day:%Y-%m-%d}", "datasets": names[start : start + _AT_ONCE]}
            stored = self.store.rows(_OF_DAY, asked)
            judged = [self._judged(row) for row in stored]
            changed = [now for now, then in zip(judged, stored, strict=True) if _differs(now, then)]
            write_exchanges(self.store, pl.DataFrame(changed, schema=_SCHEMA))
            for breach, about in breaches_of(judged, self.scope):
                alert = alert_of(breach, about, self.rules)
                self.counts["breaches"] += 1
                held += [alert] if alert else []
        self.counts["alerts_new"] += write_new_alerts(self.store, held)
        ids = {alert.alert_id for alert in held}
        self.counts["settled"] += settle_day(self.store, day, ids, checks=EXCHANGE_CHECKS, datasets=names)

    def _judged(self, row: Row) -> Row:
        named = self._completed(row)
        exchange = _exchange(named)
        policy, entry = self.policy.exchange, self.around.entries.entry_of(exchange.dataset)
        basis = basis_of(exchange, entry, self.grants, policy, self.around.organisations.same)
        return {
            **named,
            "basis_kind": basis.kind,
            "basis": basis.reference,
            "basis_until": basis.until,
            "breaches": list(failed_checks(exchange, basis, policy)),
        }

    def _completed(self, row: Row) -> Row:
        """The row with names as they are known now; a level and a grade once known stay what they were."""
        around, told = self.around, dict(row)
        for side in ("sender", "receiver"):
            found = around.organisations.of(str(row[side]))
            told[side] = found.name
            told[f"{side}_level"] = str(row[f"{side}_level"]) or found.level
            told[f"{side}_scope"] = str(row[f"{side}_scope"]) or found.scope
        told["direction"] = around.direction(str(told["sender_level"]), str(told["receiver_level"]))
        if not row["grade"]:
            told["grade"] = around.grade(str(row["dataset"]), texts(row["columns"]))
            if not row["masked_as_logged"] and row["masked"] is None:
                told["masked"] = around.masked(str(row["dataset"]), texts(row["columns"]))
        return {name: told[name] for name in _SCHEMA}


def judge_exchanges(
    store: Store,
    policy: AccessPolicy,
    rules: Mapping[str, RuleHead],
    grants: Sequence[Grant],
    *,
    since: datetime,
    scope: str,
    now: datetime,
) -> ExchangesJudged:
    """What the exchanges that arrived after `since` (UTC) come to, and those judged by what has changed.

    Running again raises no alert twice. An exchange whose sender the inventory does not seat is told of in `scope`.

    Raises:
        QueryFailed: ClickHouse refused something.
        ResponseError: a step on an alert was refused; the next run takes it.
    """
    run = _Run(store, policy, rules, grants, Surroundings.of(store, policy.exchange), scope)
    days: dict[date, set[str]] = defaultdict(set)
    for page in drawn_exchanges(store, run.around, since):
        write_exchanges(store, page)
        run.counts["new"] += page.filter(~pl.col("removed")).height
        for at, dataset in page.select("event_time", "dataset").iter_rows():
            days[utc(at).date()].add(str(dataset))
    basis = dict[str, str]()
    then = {str(row["dataset"]): str(row["basis"]) for row in store.rows(_JUDGED)}
    for row in store.rows(_KNOWN):
        dataset = str(row["dataset"])
        basis[dataset] = _basis_hash(row, run)
        if then.get(dataset) != basis[dataset] and isinstance(row["days"], list):
            for day in row["days"]:
                days[day].add(dataset)
    for day, datasets in sorted(days.items()):
        run.judge_day(day, datasets)
    _keep(store, {name: told for name, told in basis.items() if then.get(name) != told}, now)
    return ExchangesJudged(**run.counts)


_SCHEMA = {name: kind for name, kind in COLUMNS.items() if name not in ("recorded_at", "removed")}


def _exchange(row: Row) -> Exchange:
    masked = row["masked"]
    return Exchange(
        dataset=str(row["dataset"]),
        at=utc(row["event_time"]),
        receiver=str(row["receiver"]),
        receiver_level=str(row["receiver_level"]),
        direction=str(row["direction"]),
        columns=frozenset(texts(row["columns"])),
        account=str(row["account"]),
        grade=str(row["grade"]),
        masked=None if masked is None else bool(masked),
    )


def _differs(now: Row, then: Row) -> bool:
    return any(_plain(value) != _plain(then[name]) for name, value in now.items())


def _plain(value: object) -> object:
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else value


def _basis_hash(known: Row, run: _Run) -> str:
    """A hash of all that decides on the exchanges of a data set."""
    dataset = str(known["dataset"])
    entry, who = run.around.entries.entry_of(dataset), run.around.organisations
    names = [*texts(known["senders"]), *texts(known["receivers"]), *_recipients(entry)]
    decided = [
        [asdict(who.of(name)) for name in names],
        [share.model_dump_json() for share in entry.sharing] if entry else [],
        entry.openness if entry else "",
        [grant.model_dump_json() for grant in run.grants if grant.export and grant.is_about(dataset)],
        run.policy.exchange.model_dump_json(),
        run.around.grade(dataset, ["*"]) if known["ungraded"] else "",
    ]
    return hashlib.sha256(json.dumps(decided).encode()).hexdigest()


def _recipients(entry: Registration | None) -> list[str]:
    return [share.recipient for share in entry.sharing] if entry else []


def _keep(store: Store, judged: Mapping[str, str], now: datetime) -> None:
    """Note by what exchanges were judged; last of all, so that whoever broke off judges again."""
    if judged:
        frame = pl.DataFrame({"dataset": list(judged), "basis": list(judged.values())}).with_columns(
            pl.lit(now).cast(pl.Datetime("ms", "UTC")).alias("judged_at")
        )
        token = hashlib.sha256(json.dumps([now.isoformat(), sorted(judged.items())]).encode()).hexdigest()
        append(store, "judged_exchanges", frame, token=token)
