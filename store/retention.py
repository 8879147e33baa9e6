"""How long telemetry is kept, and what a day of it costs on disk.

The Cybersecurity Law asks that network logs are kept for at least six months: 183 days. Age counts from arrival, so
that an old log that is read today is kept as long as a new one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from store.client import Store
from store.errors import NoSuchTable

LEAST_DAYS = 183

# Where telemetry lies, and what was rejected of it.
TABLES = (
    *("network_flows", "dns_queries", "http_requests", "tls_handshakes", "ics_operations", "syslog_messages"),
    *("linux_audit_records", "log_event_records", "rejects"),
)
_ARRIVAL = {"rejects": "rejected_at"}

_PRESENT = """
SELECT extract(create_table_query, 'TTL toDateTime\\\\(\\\\w+\\\\) \\\\+ toIntervalDay\\\\((\\\\d+)\\\\)') AS days
FROM system.tables WHERE database = currentDatabase() AND name = {table:String}
"""
_COSTS = """
SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes
FROM system.parts
WHERE active AND database = currentDatabase() AND table IN {tables:Array(String)}
GROUP BY table
"""
_ARRIVED = """
SELECT count() / greatest(uniqExact(toDate({arrival:Identifier})), 1) AS rows
FROM {table:Identifier} WHERE {arrival:Identifier} > now() - INTERVAL 7 DAY
"""


@dataclass(frozen=True)
class Kept:
    """What one table costs.

    Attributes:
        days: how long its rows are kept.
        rows, bytes: what it holds now, and that on disk.
        bytes_a_row: on disk.
        bytes_a_day: what a day adds, by the last seven days.
        bytes_when_full: what it comes to when rows begin to leave.
    """

    table: str
    days: int
    rows: int
    bytes: int
    bytes_a_row: float
    bytes_a_day: float
    bytes_when_full: float


def days_kept(days: int, own: Mapping[str, int]) -> dict[str, int]:
    """For every table of telemetry how long its rows are kept: as long as all, unless it has a time of its own.

    Raises:
        NoSuchTable: a time is given for a table that holds no telemetry.
    """
    strangers = sorted(set(own) - set(TABLES))
    if strangers:
        raise NoSuchTable(f"RONGDUN_RETENTION_DAYS_OF names {', '.join(strangers)}: use any of {', '.join(TABLES)}")
    return {table: own.get(table, days) for table in TABLES}


def keep_for(store: Store, days: Mapping[str, int], *, cluster: str = "") -> list[str]:
    """The tables whose rows are from now on kept for another time than before; what is too old leaves with a merge.

    Args:
        store: the database.
        days: table to days, each at least one.
        cluster: the name of the cluster that the tables are on; '' for a single server.

    Raises:
        QueryFailed: there is no such table, or ClickHouse refused it.
    """
    changed = []
    for table, kept in days.items():
        name, where = (f"{table}_local", f" ON CLUSTER `{cluster}`") if cluster else (table, "")
        if str(store.value(_PRESENT, {"table": name})) == str(kept):
            continue
        # The settings spare a rewrite of all parts at once; merges take out what is too old.
        store.execute(
            f"ALTER TABLE {name}{where} MODIFY TTL toDateTime({_arrival(table)}) + INTERVAL {int(kept)} DAY "
            "SETTINGS materialize_ttl_after_modify = 0"
        )
        changed.append(table)
    return changed


def costs(store: Store, days: Mapping[str, int]) -> list[Kept]:
    """What each of these tables costs, the dearest first; an empty one costs nothing.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    held = {str(row["table"]): row for row in store.rows(_COSTS, {"tables": list(days)})}
    found = [_kept(store, table, kept, held.get(table, {})) for table, kept in days.items()]
    return sorted(found, key=lambda each: each.bytes_a_day, reverse=True)


def _kept(store: Store, table: str, days: int, held: Mapping[str, object]) -> Kept:
    rows, size = int(str(held.get("rows", 0))), int(str(held.get("bytes", 0)))
    a_row = size / rows if rows else 0.0
    a_day = a_row * float(str(store.value(_ARRIVED, {"table": table, "arrival": _arrival(table)}))) if rows else 0.0
    return Kept(table, days, rows, size, round(a_row, 1), round(a_day), round(a_day * days))


def _arrival(table: str) -> str:
    """The column that says when a row arrived."""
    return _ARRIVAL.get(table, "ingested_at")
