"""Columns of a ClickHouse table as counted distinct values: the counting is the server's, the pieces are bounded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipelines.errors import SourceBroken
from store.client import Store

_PIECE = 100_000  # distinct values asked for at once
_MOST_PIECES = 20

_DATABASE = "SELECT currentDatabase()"
_COLUMNS = """
SELECT name, type FROM system.columns
WHERE database = {database:String} AND table = {table:String}
  AND default_kind NOT IN ('ALIAS', 'EPHEMERAL')
ORDER BY position
"""
_ROWS = "SELECT count() AS total FROM {database:Identifier}.{table:Identifier}"
_DISTINCT = "SELECT uniq({column:Identifier}) AS total FROM {database:Identifier}.{table:Identifier}"
_DISTINCT_PAIRS = """
SELECT uniq(_key, _value) AS total FROM {database:Identifier}.{table:Identifier}
ARRAY JOIN mapKeys({column:Identifier}) AS _key, mapValues({column:Identifier}) AS _value
"""
_VALUES = """
SELECT '' AS _name, toString({column:Identifier}) AS _text, count() AS _rows
FROM {database:Identifier}.{table:Identifier}
WHERE cityHash64({column:Identifier}) % {pieces:UInt64} = {piece:UInt64} AND {column:Identifier} IS NOT NULL
GROUP BY _text
"""
_ITEMS = """
SELECT '' AS _name, toString(_item) AS _text, count() AS _rows FROM {database:Identifier}.{table:Identifier}
ARRAY JOIN {column:Identifier} AS _item
WHERE cityHash64(_item) % {pieces:UInt64} = {piece:UInt64}
GROUP BY _text
"""
_PAIRS = """
SELECT toString(_key) AS _name, toString(_value) AS _text, count() AS _rows
FROM {database:Identifier}.{table:Identifier}
ARRAY JOIN mapKeys({column:Identifier}) AS _key, mapValues({column:Identifier}) AS _value
WHERE cityHash64(_value) % {pieces:UInt64} = {piece:UInt64}
GROUP BY _name, _text
"""

_TEXT = re.compile(r"(?:LowCardinality\()?(?:Nullable\()?(?:String|FixedString\(\d+\)|U?Int(?:64|128|256)|IPv[46])\)*")
_TEXTS = re.compile(r"Array\((?:LowCardinality\()?(?:Nullable\()?String\)+")
_MAP = re.compile(r"Map\((?:LowCardinality\()?String\)?, (?:LowCardinality\()?(?:Nullable\()?String\)+")


@dataclass(frozen=True)
class CountedValues:
    """Distinct values of one column with their rows.

    Attributes:
        values: columns `value` and `rows`.
        share: how much of the table has been read, 0 to 1.
        left_out: how many pieces of this column are not read because it holds too many distinct values.
    """

    column: str
    values: pl.DataFrame
    share: float
    left_out: int = 0


def table_address(store: Store, table: str) -> dict[str, str]:
    """The database and the table of `table` or `database.table`."""
    database, _, name = table.rpartition(".")
    return {"database": database or str(store.value(_DATABASE)), "table": name}


def table_rows(store: Store, table: str) -> int:
    """How many rows a table has.

    Raises:
        SourceBroken: there is no such table.
    """
    if not _described(store, table):
        raise SourceBroken(f"no table is called {table}: SHOW TABLES lists those there are")
    total = store.value(_ROWS, table_address(store, table))
    return total if isinstance(total, int) else 0


def counted_columns(store: Store, table: str) -> Iterator[CountedValues]:
    """Every text column of a table, keys of a map as `column.key`, as distinct values with their rows."""
    address = table_address(store, table)
    columns = [(name, _how(kind)) for name, kind in _described(store, table) if _how(kind)]
    for at, (column, how) in enumerate(columns):
        pieces = _pieces(store, address, column, how)
        asked = min(pieces, _MOST_PIECES)
        for piece in range(asked):
            bound = {**address, "column": column, "pieces": pieces, "piece": piece}
            counted = store.frame(how, bound)
            done = (at + (piece + 1) / asked) / len(columns)
            yield from _by_name(column, counted, done, pieces - asked)


def _described(store: Store, table: str) -> list[tuple[str, str]]:
    rows = store.rows(_COLUMNS, table_address(store, table))
    return [(str(row["name"]), str(row["type"])) for row in rows]


def _how(kind: str) -> str:
    for form, statement in ((_TEXT, _VALUES), (_TEXTS, _ITEMS), (_MAP, _PAIRS)):
        if form.fullmatch(kind):
            return statement
    return ""


def _pieces(store: Store, address: dict[str, str], column: str, how: str) -> int:
    counting = _DISTINCT_PAIRS if how == _PAIRS else _DISTINCT
    distinct = store.value(counting, {**address, "column": column})
    return max(1, -(-distinct // _PIECE)) if isinstance(distinct, int) else 1


def _by_name(column: str, counted: pl.DataFrame, share: float, left_out: int) -> Iterator[CountedValues]:
    for part in counted.partition_by("_name", maintain_order=True):
        name = str(part["_name"][0])
        values = part.select(pl.col("_text").cast(pl.String).alias("value"), pl.col("_rows").alias("rows"))
        yield CountedValues(f"{column}.{name}" if name else column, values, share, left_out)
