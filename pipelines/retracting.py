"""Rows taken back: of batches that a longer reading of the same capture replaces by others."""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from pipelines.batch import STORED_IN
from store.client import Store
from store.writes import append

_AT_ONCE: Final = 500
# Hours are fed by the five minutes.
_ROLLUPS: Final = {
    "network_flows": ("flow_activity", "flow_minutes"),
    "log_events": ("log_activity", "log_minutes"),
}
_PRESENT: Final = """
SELECT 'network_flows' AS rows_of, batch_id, toString(max(ingested_at)) AS written
FROM network_flows WHERE batch_id IN {batches:Array(String)} GROUP BY batch_id
UNION ALL
SELECT 'log_events', batch_id, toString(max(ingested_at))
FROM log_events WHERE batch_id IN {batches:Array(String)} GROUP BY batch_id
"""
# such as: Distributed('city', 'rongdun', 'network_flows_local', cityHash64(source_type, event_time))
_OVER_SHARDS: Final = re.compile(r"Distributed\(['`]?(?P<cluster>[^'`,]+)")
_ENGINE: Final = "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = {table:String}"


def retract(store: Store, batches: Sequence[str]) -> None:
    """Take back the rows and rejects of these batches, what they added to roll-ups, and what the ledger says of them.

    Whoever dies in between repeats it: what is taken off a roll-up carries a token, and the ledger forgets last.

    Raises:
        QueryFailed: the database refused it.
    """
    for start in range(0, len(batches), _AT_ONCE):
        some = list(batches[start : start + _AT_ONCE])
        for found in store.rows(_PRESENT, {"batches": some}):
            _take_off(store, str(found["rows_of"]), str(found["batch_id"]), str(found["written"]))
        for table in (*STORED_IN.values(), "rejects", "ingested_batches"):
            name = _where_it_lies(table, str(store.value(_ENGINE, {"table": table})))
            store.execute(f"DELETE FROM {name} WHERE batch_id IN {{batches:Array(String)}}", {"batches": some})  # noqa: S608 - our own names


def _where_it_lies(table: str, engine: str) -> str:
    """What DELETE names: the table, or on a cluster its part of every shard."""
    shards = _OVER_SHARDS.match(engine)
    return f"{table}_local ON CLUSTER `{shards['cluster']}`" if shards else table


def _take_off(store: Store, rows_of: str, batch: str, written: str) -> None:
    for rollup in _ROLLUPS[rows_of]:
        sql = files("pipelines").joinpath("sql", f"retract_{rollup}.sql").read_text(encoding="utf-8")
        append(store, rollup, store.frame(sql, {"batch": batch}), token=f"retracted:{batch}:{written}")
