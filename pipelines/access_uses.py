"""Uses of one day as they are judged: by account, data set, hour and kind, from the accesses that were drawn."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dlp.grants import Grant
from dlp.uses import Use
from pipelines.access_alerts import MOST_EVENTS, About
from pipelines.alert_rows import utc
from store.client import Store

_AT_ONCE = 200
# Where a grant begins or ends within an hour, the hour falls into parts: uses before and after are not one use.
_USES = """
SELECT
    account, toString(dataset) AS dataset, toStartOfHour(event_time) AS hour, action = 'export' AS exported,
    action IN ('write', 'define') AS written, ticket, purpose, arraySort(columns) AS used,
    arrayCount(bound -> bound <= event_time, {bounds:Array(DateTime64(3, 'UTC'))}) AS part,
    event_id IN (
        SELECT event_id FROM data_exchange_records
        WHERE origin = 'log' AND toDate(event_time) = {day:Date}
    ) AS exchanged,
    sum(rows) AS rows, min(event_time) AS first, max(event_time) AS last,
    groupArraySorted({most:UInt32})(event_id) AS event_ids, any(scope) AS scope,
    any(asset_id) AS asset_id, max(arrived_at) AS arrived_at, any(source_ip) AS source_ip
FROM (
    SELECT * FROM data_accesses FINAL
    WHERE toDate(event_time) = {day:Date} AND ({every:UInt8} OR dataset IN {datasets:Array(String)})
)
WHERE action != 'other'
GROUP BY account, dataset, hour, exported, written, ticket, purpose, used, part, exchanged
ORDER BY first, account, dataset, used
"""


@dataclass(frozen=True)
class DayOfUses:
    """Uses of a day (UTC), and what is known of the first of them by account, data set and hour."""

    uses: tuple[Use, ...]
    about: Mapping[tuple[str, str, datetime], About]

    def about_first(self, uses: Sequence[Use]) -> About:
        """What is known of the first of some uses of the day."""
        return self.about[uses[0].account, uses[0].dataset, uses[0].hour]


def uses_of(store: Store, day: date, grants: Collection[Grant], datasets: Collection[str] | None = None) -> DayOfUses:
    """The uses of a day, of some data sets or of all.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    bounds = [f"{bound:%Y-%m-%d %H:%M:%S.%f}"[:-3] for bound in _bounds(day, grants)]
    asked = {"day": f"{day:%Y-%m-%d}", "bounds": bounds, "most": MOST_EVENTS}
    rows = [row for named in _named(datasets) for row in store.rows(_USES, {**asked, **named})]
    about: dict[tuple[str, str, datetime], About] = {}
    for row in rows:
        about.setdefault((str(row["account"]), str(row["dataset"]), utc(row["hour"])), row)
    return DayOfUses(tuple(map(_use, rows)), about)


def _named(datasets: Collection[str] | None) -> Iterator[dict[str, object]]:
    if datasets is None:
        yield {"every": 1, "datasets": []}
        return
    names = sorted(datasets)
    for start in range(0, len(names), _AT_ONCE):
        yield {"every": 0, "datasets": names[start : start + _AT_ONCE]}


def _bounds(day: date, grants: Collection[Grant]) -> list[datetime]:
    """When grants begin and end within the day, UTC."""
    following = day + timedelta(days=1)
    moments = {moment for grant in grants for moment in (grant.valid_from, grant.valid_until)}
    return sorted(moment for moment in moments if day <= moment.date() < following)


def _use(row: Mapping[str, object]) -> Use:
    return Use(
        account=str(row["account"]),
        dataset=str(row["dataset"]),
        ticket=str(row["ticket"]),
        purpose=str(row["purpose"]),
        hour=utc(row["hour"]),
        first=utc(row["first"]),
        last=utc(row["last"]),
        columns=frozenset(_texts(row["used"])),
        rows=int(str(row["rows"])),
        exported=bool(row["exported"]),
        written=bool(row["written"]),
        exchanged=bool(row["exchanged"]),
        event_ids=tuple(_texts(row["event_ids"])),
    )


def _texts(value: object) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, Sequence) else []
