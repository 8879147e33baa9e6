"""The events of batches cut into pieces that fit into memory, and the tables that each piece lies in."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from detectors.routing import Table
from detectors.sql_text import literal
from pipelines.event_classes import CLASSES
from store.client import Store

_MOST_BYTES = 256 << 20
_ENVELOPE = (
    "event_id, event_time, ingested_at, source, source_type, batch_id, source_offset, sensor, scope, asset_id, "
    "product, category, service, host, source_ip, source_port, destination_ip, destination_port, user, action, "
    "outcome, severity, message, fields"
)
_LOG_TABLES = (*CLASSES, "log_event_records")
_STORED_IN: Mapping[Table, Sequence[str]] = {"log_events": _LOG_TABLES, "network_flows": ("network_flows",)}
# What of an event can be large.
_BYTES: Mapping[Table, str] = {
    "log_events": "sum(byteSize(fields)) + sum(length(message))",
    "network_flows": "sum(byteSize(fields))",
}


@dataclass(frozen=True)
class Piece:
    """One of so many parts of the events of some batches, counted from 0.

    Attributes:
        tables: the tables that hold all of them.
    """

    batches: Sequence[str]
    number: int = 0
    of: int = 1
    tables: Sequence[str] = _LOG_TABLES

    @property
    def condition(self) -> str:
        """What picks its events in SQL; the ids of many batches are too long for the address of a request."""
        batches = f"batch_id IN ({', '.join(literal(batch) for batch in self.batches)})"
        return batches if self.of == 1 else f"{batches} AND cityHash64(event_id) % {self.of} = {self.number}"

    @property
    def source(self) -> str:
        """What stands after FROM: planning a statement over every class of log events costs more than to run it."""
        if self.tables == _STORED_IN["network_flows"]:
            return "network_flows"
        return f"({' UNION ALL '.join(f'SELECT {_ENVELOPE} FROM {table}' for table in self.tables)})"  # noqa: S608


@dataclass
class _Stored:
    """How much of one batch there is, and where."""

    events: int
    bytes: int
    tables: list[str]


def pieces_of(store: Store, table: Table, batches: Sequence[str], *, most_events: int) -> list[Piece]:
    """The events of these batches in this table, cut so that a piece fits into memory; none where there are none.

    Raises:
        QueryFailed: ClickHouse refused the statement.
    """
    alike: dict[tuple[str, ...], list[tuple[str, float]]] = defaultdict(list)
    for batch, stored in _stored(store, table, batches).items():
        size = max(stored.events / most_events, stored.bytes / _MOST_BYTES)
        alike[tuple(stored.tables)].append((batch, size))
    return [piece for tables, sizes in alike.items() for piece in _cut(tables, sizes)]


def _stored(store: Store, table: Table, batches: Sequence[str]) -> dict[str, _Stored]:
    picked = Piece(batches).condition
    counted = " UNION ALL ".join(
        f"SELECT {literal(each)} AS stored_in, batch_id, count() AS events, {_BYTES[table]} AS bytes "  # noqa: S608
        f"FROM {each} WHERE {picked} GROUP BY batch_id"
        for each in _STORED_IN[table]
    )
    found: dict[str, _Stored] = {}
    for row in store.rows(f"SELECT * FROM ({counted}) ORDER BY batch_id, stored_in"):  # noqa: S608 - literals
        stored = found.setdefault(str(row["batch_id"]), _Stored(0, 0, []))
        stored.events += int(str(row["events"]))
        stored.bytes += int(str(row["bytes"]))
        stored.tables.append(str(row["stored_in"]))
    return found


def _cut(tables: tuple[str, ...], sizes: Sequence[tuple[str, float]]) -> Iterator[Piece]:
    """Pieces of batches that lie in the same tables, whole batches together where they fit.

    A cut through a batch reads the batch once for every piece.
    """
    together, share = list[str](), 0.0
    for batch, size in sizes:
        if size > 1:
            yield from (Piece([batch], number, ceil(size), tables) for number in range(ceil(size)))
            continue
        if share + size > 1:
            yield Piece(together, tables=tables)
            together, share = [], 0.0
        together.append(batch)
        share += size
    if together:
        yield Piece(together, tables=tables)
