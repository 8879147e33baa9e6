"""Exchanges as rows of `data_exchange_records`: what each column holds, and how they are written."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import polars as pl
from polars._typing import SchemaDict

from store.client import Store
from store.writes import append

Row = dict[str, object]

COLUMNS: SchemaDict = {
    **dict.fromkeys(("exchange_id", "origin", "event_id"), pl.String),
    "event_time": pl.Datetime("us", "UTC"),
    "arrived_at": pl.Datetime("ms", "UTC"),
    **dict.fromkeys(("dataset", "to_dataset"), pl.String),
    "columns": pl.List(pl.String),
    "rows": pl.UInt64,
    **dict.fromkeys(("sender", "sender_level", "sender_scope"), pl.String),
    **dict.fromkeys(("receiver", "receiver_level", "receiver_scope"), pl.String),
    **dict.fromkeys(("direction", "account", "ticket", "grade"), pl.String),
    "masked": pl.Boolean,
    "masked_as_logged": pl.Boolean,
    **dict.fromkeys(("basis_kind", "basis"), pl.String),
    "basis_until": pl.Date,
    "breaches": pl.List(pl.String),
    **dict.fromkeys(("source_ip", "scope", "asset_id"), pl.String),
    "removed": pl.Boolean,
    "recorded_at": pl.Datetime("us", "UTC"),
}
_NEW: Row = {
    "basis_kind": "",
    "basis": "",
    "basis_until": None,
    "breaches": [],
    "removed": False,
}


def exchange_id(*parts: str) -> str:
    """The same for the same exchange, however often it is met."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def not_judged(row: Row) -> Row:
    """A new exchange, of which nobody has said yet whether it has a ground."""
    return {**_NEW, **row}


def texts(value: object) -> list[str]:
    """A list of texts as the database gives it."""
    return [str(entry) for entry in value] if isinstance(value, Sequence) and not isinstance(value, str) else []


def rows_frame(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Rows as a frame of the table's columns, but the time of writing."""
    schema = {name: kind for name, kind in COLUMNS.items() if name != "recorded_at"}
    return pl.DataFrame([{name: row[name] for name in schema} for row in rows], schema=schema)


def write_exchanges(store: Store, rows: pl.DataFrame) -> None:
    """Store exchanges as they are now; what was stored of them before no longer counts."""
    if rows.is_empty():
        return
    moment = datetime.now(UTC)
    given = rows if "removed" in rows.columns else rows.with_columns(pl.lit(value=False).alias("removed"))
    frame = given.with_columns(recorded_at=pl.lit(moment).cast(pl.Datetime("us", "UTC"))).select(
        pl.col(name).cast(kind) for name, kind in COLUMNS.items()
    )
    names = "\0".join(frame["exchange_id"])
    token = hashlib.sha256(f"{moment.isoformat()}:{names}".encode()).hexdigest()
    append(store, "data_exchange_records", frame, token=f"exchanges:{token}")
