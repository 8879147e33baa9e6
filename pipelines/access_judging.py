"""Uses of data judged: drawn from the logs, held against grants and grades, and told of as alerts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

import polars as pl

from detectors.rule import RuleHead
from dlp.access_checks import Breach, GradedColumn, Grades, Use, breaches, dormant
from dlp.access_policy import AccessPolicy
from dlp.policy import GRADES
from pipelines.accesses import Drawn, draw_accesses
from pipelines.alert_rows import Alert, Evidence, utc, write_new_alerts
from pipelines.grants import approved_grants, grant_uses
from store.client import Store
from store.writes import append

_MOST_EVENTS = 200
_USES = """
SELECT
    account, toString(dataset) AS dataset, toStartOfHour(event_time) AS hour, action = 'export' AS exported,
    action IN ('write', 'define') AS written, ticket,
    purpose, groupUniqArrayArray(columns) AS columns, sum(rows) AS rows, min(event_time) AS first,
    max(event_time) AS last, groupArraySorted({most:UInt32})(event_id) AS event_ids, any(scope) AS scope,
    any(asset_id) AS asset_id, max(arrived_at) AS arrived_at, any(source_ip) AS source_ip
FROM (SELECT * FROM data_accesses FINAL WHERE toDate(event_time) IN {days:Array(Date)})
WHERE action != 'other'
GROUP BY account, dataset, hour, exported, written, ticket, purpose
ORDER BY first, account, dataset
"""
_GRADES = """
SELECT dataset, column, effective_grade AS grade, masked FROM reviewed_findings WHERE effective_grade != ''
"""


@dataclass(frozen=True)
class AccessReport:
    """What a run found; `alerts_new` of the `breaches` were not known before."""

    events: int
    accesses: int
    breaches: int
    alerts_new: int

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return asdict(self)


def judge_accesses(
    store: Store,
    policy: AccessPolicy,
    rules: Mapping[str, RuleHead],
    *,
    scope: str,
    now: datetime | None = None,
) -> AccessReport:
    """What the uses that were logged since the last run come to; running again raises no alert twice.

    A whole day (UTC) is judged again when anything of it is new, since budgets are by the day. A grant that lies unused
    is told of in `scope`, the house's own.

    Raises:
        QueryFailed: ClickHouse refused something.
    """
    started = now or datetime.now(UTC)
    drawn = draw_accesses(store, policy)
    found = list(_breaches(store, policy, drawn, started))
    told = [
        alert
        for breach, about in found
        for alert in _alert(breach, about or {"scope": scope, "arrived_at": started}, rules)
    ]
    alerts_new = write_new_alerts(store, told)
    _keep(store, drawn, started, len(found))
    return AccessReport(drawn.events, drawn.accesses, len(found), alerts_new)


_About = Mapping[str, object]


def _breaches(
    store: Store, policy: AccessPolicy, drawn: Drawn, now: datetime
) -> Iterator[tuple[Breach, _About | None]]:
    grants = approved_grants(store)
    days = [f"{day:%Y-%m-%d}" for day in drawn.days]
    rows = store.rows(_USES, {"days": days, "most": _MOST_EVENTS}) if days else []
    about = {(row["account"], row["dataset"], utc(row["hour"])): row for row in rows}
    uses = [_use(row) for row in rows]
    for breach in breaches(uses, grants, graded_columns(store, {use.dataset for use in uses}), policy):
        first = breach.uses[0]
        yield breach, about[first.account, first.dataset, first.hour]
    for breach in dormant(grant_uses(store), now=now, policy=policy):
        yield breach, None


def graded_columns(store: Store, used: Iterable[str]) -> Grades:
    """The grades of the columns of the data sets that were used, by the names under which they were used.

    A scan may know a table by a longer name (`postgresql://host/base/civil.residents`), or a shorter one (`residents`).
    Where several scans fit, the highest grade counts. Letter case does not count: databases differ in it.
    """
    scanned: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in store.rows(_GRADES):
        for known in names_in_use(str(row["dataset"])):
            scanned[known].append(row)
    found: dict[str, dict[str, GradedColumn]] = {}
    for name in used:
        columns: dict[str, GradedColumn] = {}
        known = name.lower()
        for row in scanned.get(known) or scanned.get(known.rsplit(".", 1)[-1]) or []:
            column, grade = str(row["column"]), GradedColumn(str(row["grade"]), bool(row["masked"]))
            columns[column] = max(columns.get(column, grade), grade, key=_strictness)
        found[name] = columns
    return found


def names_in_use(dataset: str) -> set[str]:
    """The names under which statements may use a scanned data set, in small letters.

    PostgreSQL's log names the database and leaves out the schema that is searched first:
    `postgresql://host/civil/public.residents` is used as `public.residents` and as `civil.residents`.
    """
    parts = dataset.lower().split("/")
    names = {parts[-1]}
    if "://" in dataset and len(parts) > 4:
        names.add(f"{parts[-2]}.{parts[-1].rsplit('.', 1)[-1]}")
    return names


def _strictness(column: GradedColumn) -> tuple[int, bool]:
    return GRADES.index(column.grade) if column.grade in GRADES else -1, not column.masked


def _use(row: Mapping[str, object]) -> Use:
    return Use(
        account=str(row["account"]),
        dataset=str(row["dataset"]),
        ticket=str(row["ticket"]),
        purpose=str(row["purpose"]),
        hour=utc(row["hour"]),
        first=utc(row["first"]),
        last=utc(row["last"]),
        columns=frozenset(_texts(row["columns"])),
        rows=int(str(row["rows"])),
        exported=bool(row["exported"]),
        written=bool(row["written"]),
        event_ids=tuple(_texts(row["event_ids"])),
    )


def _alert(breach: Breach, about: _About, rules: Mapping[str, RuleHead]) -> Iterator[Alert]:
    rule, now = rules.get(breach.check), utc(about["arrived_at"])
    if rule is None:
        return
    uses = breach.uses
    shown = {
        "check": breach.check,
        "grant_id": breach.grant_id,
        "dataset": uses[0].dataset if uses else "",
        "columns": ", ".join(breach.columns[:50]),
        "rows": str(sum(use.rows for use in uses)) if uses else "",
        "ticket": uses[0].ticket if uses else "",
        "action": _action(uses[0]) if uses else "",
        **breach.facts,
    }
    events = [event for use in uses for event in use.event_ids]
    yield Alert(
        rule=rule,
        event_ids=tuple(dict.fromkeys(events))[:_MOST_EVENTS],
        evidence=_evidence(breach, about),
        first_seen=uses[0].first if uses else now,
        last_seen=uses[-1].last if uses else now,
        matched_fields={name: value for name, value in shown.items() if value},
        identity=breach.identity,
    )


def _action(use: Use) -> str:
    return "export" if use.exported else "write" if use.written else "read"


def _evidence(breach: Breach, about: _About) -> Evidence:
    account = breach.uses[0].account if breach.uses else breach.facts.get("subject", "")
    return Evidence(
        event_table="log_events",
        source="data_access",
        scope=str(about["scope"]),
        asset_id=str(about.get("asset_id", "")),
        host="",
        user=account,
        source_ip=str(about.get("source_ip", "")),
        destination_ip="",
        arrived_at=utc(about["arrived_at"]),
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


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, Sequence) else []
