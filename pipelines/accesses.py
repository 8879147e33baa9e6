"""Uses of data drawn from what databases and applications logged: one row per statement and data set that it used."""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import polars as pl
from polars._typing import SchemaDict

from dlp.access_policy import AccessPolicy
from dlp.data_uses import ANY_COLUMN, Edge, Statement
from dlp.statement_text import bare_text
from pipelines.alert_rows import utc
from pipelines.roles import write_role_steps
from store.client import Store
from store.writes import append

_PAGE = 10_000
# Inserts that were under way while the last run looked: their events carry an earlier arrival.
_OVERLAP = timedelta(minutes=2)
_SEEN_UNTIL = "SELECT max(seen_until) AS until, count() AS runs FROM access_runs"

# ClickHouse logs the start of a query and its end; only what ended well is a use. Others log once; PostgreSQL tells of
# the parsing and the binding of a prepared statement beside its execution.
_EVENTS = """
SELECT
    event_id, event_time, ingested_at, user, toString(source_ip) AS source_ip, toString(service) AS service,
    toString(category) AS category, toString(scope) AS scope, toString(asset_id) AS asset_id,
    fields['database'] AS database, fields['dataset'] AS dataset, fields['columns'] AS columns,
    toUInt64OrZero(fields['rows']) AS rows, fields['purpose'] AS purpose, fields['ticket'] AS ticket,
    fields['exported'] AS exported, leftUTF8(fields['statement'], 65537) AS statement,
    fields['audit_type'] AS audit_type, fields['class'] AS audit_class, fields['object_type'] AS object_type,
    fields['object_name'] AS object_name,
    fields['used_roles'] AS used_roles,
    concat(fields['session_id'], ' ', fields['pid'], ' ', fields['statement_id']) AS audited
FROM log_event_records
WHERE category IN ('database', 'data_access') AND outcome != 'failure'
  AND NOT (service = 'clickhouse' AND outcome != 'success')
  AND (fields['statement'] != '' OR fields['dataset'] != '' OR fields['object_name'] != '')
  AND NOT match(fields['message'], '^duration: [0-9.]+ ms +(parse|bind) ')
  AND (ingested_at, event_id) > ({since:DateTime64(3, 'UTC')}, {after:String})
  AND event_id NOT IN (SELECT event_id FROM data_accesses WHERE arrived_at >= {recent:DateTime64(3, 'UTC')})
ORDER BY ingested_at, event_id
LIMIT {most:UInt32}
"""
_COLUMNS: SchemaDict = {
    "access_id": pl.String,
    "event_id": pl.String,
    "event_time": pl.Datetime("us", "UTC"),
    "arrived_at": pl.Datetime("ms", "UTC"),
    **dict.fromkeys(("account", "source_ip", "service", "action", "dataset"), pl.String),
    "columns": pl.List(pl.String),
    "rows": pl.UInt64,
    **dict.fromkeys(("ticket", "purpose"), pl.String),
    "statement_hash": pl.UInt64,
    "parsed": pl.Boolean,
    **dict.fromkeys(("scope", "asset_id"), pl.String),
}
_EDGES: SchemaDict = {
    **dict.fromkeys(("from_dataset", "from_column", "to_dataset", "to_column", "kind"), pl.String),
    "first_seen": pl.Datetime("us", "UTC"),
    "last_seen": pl.Datetime("us", "UTC"),
    "account": pl.String,
    "event_id": pl.String,
}
_TRUE = frozenset({"1", "true", "yes", "是"})


@dataclass(frozen=True)
class Drawn:
    """What a run drew from the logs: events looked at, uses found, the newest arrival (UTC), the days touched (UTC).

    `since` is the arrival from which it looked (UTC).
    """

    events: int
    accesses: int
    seen_until: datetime
    days: tuple[datetime, ...] = ()
    since: datetime = datetime(1970, 1, 1, tzinfo=UTC)


def draw_accesses(store: Store, policy: AccessPolicy) -> Drawn:
    """What was drawn from the events that arrived since the last run; drawing again changes nothing.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    last = store.rows(_SEEN_UNTIL)[0]
    begin = utc(last["until"]) - _OVERLAP if last["runs"] else datetime(1970, 1, 1, tzinfo=UTC)
    events = accesses = 0
    newest, days = begin, set[datetime]()
    for page in _pages(store, begin):
        newest = max(newest, utc(page["ingested_at"].max()))
        rows, edges = _rows(page, policy)
        events, accesses = events + page.height, accesses + rows.height
        days |= {utc(day) for day in rows["event_time"].dt.truncate("1d").unique().to_list()}
        # First: an event whose uses are stored is not drawn again.
        write_role_steps(store, page)
        _write(store, rows, edges)
    until = newest if events else utc(last["until"]) if last["runs"] else begin
    return Drawn(events, accesses, until, tuple(sorted(days)), begin)


def _pages(store: Store, begin: datetime) -> Iterator[pl.DataFrame]:
    since, after = begin, ""
    while True:
        asked = {"since": since, "after": after, "recent": begin, "most": _PAGE}
        page = store.frame(_EVENTS, asked)
        if page.is_empty():
            return
        yield page
        since, after = utc(page["ingested_at"][-1]), str(page["event_id"][-1])


def _rows(page: pl.DataFrame, policy: AccessPolicy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The uses that the events tell of, and the ways that columns went."""
    ticket, purpose = re.compile(policy.ticket_pattern), re.compile(policy.purpose_pattern)
    rows: dict[object, dict[str, object]] = {}
    edges: list[dict[str, object]] = []
    for event in page.iter_rows(named=True):
        bare = bare_text(str(event["statement"]), str(event["service"]))
        found = _stated(event) if event["category"] == "data_access" else _statement(event)
        shared = {
            "event_id": event["event_id"],
            "event_time": utc(event["event_time"]),
            "arrived_at": utc(event["ingested_at"]),
            "account": event["user"],
            **{name: event[name] for name in ("source_ip", "service", "scope", "asset_id", "rows")},
            "statement_hash": _hash(bare.text),
            "ticket": event["ticket"] or _first(ticket, bare.comments),
            "purpose": event["purpose"] or _first(purpose, bare.comments),
            "action": found.action,
            "parsed": found.parsed,
        }
        used = {**dict.fromkeys(found.writes, frozenset[str]()), **found.reads}
        for dataset, columns in used.items():
            row = {"access_id": f"{event['event_id']}:{dataset}", "dataset": dataset, "columns": sorted(columns)}
            _add(rows, _told_once(event, dataset), {**shared, **row})
        edges += [_edge(edge, event) for edge in found.edges]
    return pl.DataFrame(list(rows.values()), schema=_COLUMNS), pl.DataFrame(edges, schema=_EDGES)


def _told_once(event: Mapping[str, object], dataset: str) -> object:
    """What is the same for one use: pgAudit tells of a statement for the session, and again for each relation."""
    if not event["audit_type"]:
        return event["event_id"], dataset
    return event["audited"], event["asset_id"], event["user"], utc(event["event_time"]).date(), dataset


def _add(rows: dict[object, dict[str, object]], key: object, row: dict[str, object]) -> None:
    known = rows.setdefault(key, row)
    known["rows"] = max(int(str(known["rows"])), int(str(row["rows"])))


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def _statement(event: Mapping[str, object]) -> Statement:
    # Half a second to import: a run of every minute pays for that only when there is a statement.
    from dlp.audited_statements import audited, audited_of  # noqa: PLC0415
    from dlp.statements import understood  # noqa: PLC0415

    text, service, database = (str(event[name]) for name in ("statement", "service", "database"))
    found = understood(text, service, database)
    return audited(found, audited_of(event), database) if event["audit_type"] else found


def _stated(event: Mapping[str, object]) -> Statement:
    """A use as an application's own record states it."""
    columns = frozenset(filter(None, re.split(r"[,;\s]+", str(event["columns"])))) or frozenset({ANY_COLUMN})
    exported = str(event["exported"]).strip().lower() in _TRUE
    return Statement("export" if exported else "read", {str(event["dataset"]): columns})


def _edge(edge: Edge, event: dict[str, object]) -> dict[str, object]:
    seen = utc(event["event_time"])
    about = {"first_seen": seen, "last_seen": seen, "account": event["user"], "event_id": event["event_id"]}
    return {**vars(edge), "kind": "seen", **about}


def _first(pattern: re.Pattern[str], text: object) -> str:
    found = pattern.search(str(text))
    return found[1] if found else ""


def _write(store: Store, rows: pl.DataFrame, edges: pl.DataFrame) -> None:
    if edges.height:
        append(store, "lineage_edges", edges, token=f"edges:{_token(edges)}")
    if rows.height:
        append(store, "data_accesses", rows, token=f"accesses:{_token(rows)}")


def _token(rows: pl.DataFrame) -> str:
    """The same for the same events: a page that is drawn again is stored once."""
    return f"{rows.height}:{rows['event_id'].hash(seed=7).sum()}"
