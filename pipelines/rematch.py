"""Stored telemetry follows the inventory: rows ingested earlier get the asset and scope they would get today."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.resources import files

import polars as pl

from assets.matching import AddressBook
from pipelines.batch import STORED_IN
from pipelines.errors import PipelineError
from store.client import Store
from store.errors import QueryFailed
from store.writes import append

_ATTEMPTS = 5
_EVENT_TABLES = tuple(table for table in STORED_IN.values() if table != "network_flows")
# Hours are fed by the five minutes.
_REBUILT = ("log_activity", "flow_activity", "log_minutes", "flow_minutes")
_ROLLUPS = (*_REBUILT, "log_hours", "flow_hours")
_COUNTED = ("network_flows", "log_events", "alert_matches")

_ADDRESSES = """
SELECT DISTINCT source_ip AS value FROM network_flows
UNION DISTINCT SELECT DISTINCT destination_ip FROM network_flows
UNION DISTINCT SELECT DISTINCT source_ip FROM log_events
UNION DISTINCT SELECT DISTINCT destination_ip FROM log_events
UNION DISTINCT SELECT DISTINCT source_ip FROM alert_matches
UNION DISTINCT SELECT DISTINCT destination_ip FROM alert_matches
"""
_HOSTS = """
SELECT DISTINCT toString(host) AS value FROM log_events
UNION DISTINCT SELECT DISTINCT toString(host) FROM alert_matches
"""
_ANY_ROW = """
SELECT
    (SELECT count() FROM network_flows) + (SELECT count() FROM log_events) + (SELECT count() FROM alert_matches) AS rows
"""
_WITH_ASSET = """
SELECT
    (SELECT count() FROM network_flows WHERE asset_id != '') AS network_flows,
    (SELECT count() FROM log_events WHERE asset_id != '') AS log_events,
    (SELECT count() FROM alert_matches WHERE asset_id != '') AS alert_matches
"""

_GIVE_UP = "KILL MUTATION WHERE database = currentDatabase() AND table = {table:String} AND NOT is_done SYNC"


def rematch(store: Store, book: AddressBook) -> dict[str, int]:
    """How many rows of each table belong to an asset, now that every stored row was matched by this book.

    Only the columns that name asset and scope are rewritten, in the parts where they change, and each part changes at
    once. Running it again changes nothing.

    Raises:
        QueryFailed: ClickHouse gave up on a table; the next call does it again.
        PipelineError: telemetry kept arriving while the roll-ups were rebuilt.
    """
    if not store.value(_ANY_ROW):
        return dict.fromkeys(_COUNTED, 0)
    _publish_owners(store, "address_owners", "address", _ADDRESSES, book.asset_of_addresses, book)
    _publish_owners(store, "host_owners", "host", _HOSTS, book.asset_of_hosts, book)
    database = str(store.value("SELECT currentDatabase()"))
    # A mutation runs without a current database: the lookups need their full names.
    owners = {"addresses": f"{database}.address_owners", "hosts": f"{database}.host_owners"}
    _rewrite(store, "network_flows", "rematch_flows", owners)
    for table in _EVENT_TABLES:
        _rewrite(store, table, "rematch_log_events", owners)
    _rewrite(store, "alert_matches", "rematch_alert_matches", owners)
    _rebuild_rollups(store)
    return {table: int(str(count)) for table, count in _counts(store).items()}


def _publish_owners(
    store: Store, table: str, key: str, values: str, owner_of: Callable[[pl.Series], pl.Series], book: AddressBook
) -> None:
    names = store.frame(values)["value"].cast(pl.String)
    owners = pl.DataFrame({key: names, "asset_id": owner_of(names)}).filter(pl.col("asset_id") != "")
    owners = owners.with_columns(book.scope_of(owners["asset_id"], default="").alias("scope"))
    store.execute("TRUNCATE TABLE {table:Identifier}", {"table": table})
    append(store, table, owners, token=datetime.now(UTC).isoformat())


def _rewrite(store: Store, table: str, statement: str, owners: Mapping[str, object]) -> None:
    try:
        store.execute(_sql(statement), {**owners, "table": table})
    except QueryFailed:
        # ClickHouse retries a failed mutation for ever and holds back every later one.
        store.execute(_GIVE_UP, {"table": table})
        raise


def _rebuild_rollups(store: Store) -> None:
    """Fill the roll-ups anew; rows that arrive meanwhile may count twice, then it is done again."""
    for _ in range(_ATTEMPTS):
        for table in _ROLLUPS:
            # TRUNCATE would forget the deduplication tokens, and a repeated insert would count twice.
            store.execute("DELETE FROM {table:Identifier} WHERE true", {"table": table})
        for table in _REBUILT:
            store.execute(_sql(f"rebuild_{table}"))
        if store.value(_sql("rollups_agree")):
            return
    raise PipelineError(
        "telemetry kept arriving while the roll-ups were rebuilt: import the inventory again when it rests"
    )


def _counts(store: Store) -> Mapping[str, object]:
    return store.rows(_WITH_ASSET)[0]


def _sql(name: str) -> str:
    return files("pipelines").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
