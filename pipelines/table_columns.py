"""Columns of a ClickHouse table as counted distinct values: the counting is the server's, the pieces are bounded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

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
# What stands for the rows that are asked for.
_CHOSEN = "/* chosen */"
_ARRIVED = "AND ingested_at > {since:DateTime64(3, 'UTC')} AND ingested_at <= {until:DateTime64(3, 'UTC')}"
_AT_RANDOM = "AND rand64() < {bound:UInt64}"
_ROWS = "SELECT count() AS total FROM {database:Identifier}.{table:Identifier} WHERE true /* chosen */"
_DISTINCT = """
SELECT uniq({column:Identifier}) AS total FROM {database:Identifier}.{table:Identifier} WHERE true /* chosen */
"""
_DISTINCT_PAIRS = """
SELECT uniq(_key, _value) AS total FROM {database:Identifier}.{table:Identifier}
ARRAY JOIN mapKeys({column:Identifier}) AS _key, mapValues({column:Identifier}) AS _value
WHERE true /* chosen */
"""
_VALUES = """
SELECT '' AS _name, toString({column:Identifier}) AS _text, count() AS _rows
FROM {database:Identifier}.{table:Identifier}
WHERE cityHash64({column:Identifier}) % {pieces:UInt64} = {piece:UInt64}
  AND {column:Identifier} IS NOT NULL /* chosen */
GROUP BY _text
"""
_ITEMS = """
SELECT '' AS _name, toString(_item) AS _text, count() AS _rows FROM {database:Identifier}.{table:Identifier}
ARRAY JOIN {column:Identifier} AS _item
WHERE cityHash64(_item) % {pieces:UInt64} = {piece:UInt64} /* chosen */
GROUP BY _text
"""
_PAIRS = """
SELECT toString(_key) AS _name, toString(_value) AS _text, count() AS _rows
FROM {database:Identifier}.{table:Identifier}
ARRAY JOIN mapKeys({column:Identifier}) AS _key, mapValues({column:Identifier}) AS _value
WHERE cityHash64(_value) % {pieces:UInt64} = {piece:UInt64} /* chosen */
GROUP BY _name, _text
"""

_TEXT = re.compile(r"(?:LowCardinality\()?(?:Nullable\()?(?:String|FixedString\(\d+\)|U?Int(?:64|128|256)|IPv[46])\)*")
_NUMBER = re.compile(
    r"(?:LowCardinality\()?(?:Nullable\()?(?:U?Int32|Float(?:32|64)|Decimal\(\d+, \d+\)|Date(?:32)?)\)*"
)
_TEXTS = re.compile(r"Array\((?:LowCardinality\()?(?:Nullable\()?String\)+")
_MAP = re.compile(r"Map\((?:LowCardinality\()?String\)?, (?:LowCardinality\()?(?:Nullable\()?String\)+")


@dataclass(frozen=True)
class ChosenRows:
    """Which rows of a table are read; nothing set: all of them.

    Attributes:
        since, until: only what arrived behind the one (UTC) and not behind the other.
        share: of the rows, chosen at random, above 0 to 1.
    """

    since: datetime | None = None
    until: datetime | None = None
    share: float = 1.0

    def asked(self, statement: str) -> str:
        """The statement, asking for these rows only."""
        arrived = _ARRIVED if self.since is not None else ""
        return statement.replace(_CHOSEN, f"{arrived} {_AT_RANDOM if self.share < 1 else ''}")

    def bound(self) -> dict[str, object]:
        """The parameters that `asked` asks for."""
        arrived = {"since": self.since, "until": self.until} if self.since is not None else {}
        return {**arrived, **({"bound": int(self.share * 2**64)} if self.share < 1 else {})}


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


def table_rows(store: Store, table: str, chosen: ChosenRows | None = None) -> int:
    """How many rows a table has, or how many of those chosen.

    Raises:
        SourceBroken: there is no such table.
    """
    if not described(store, table):
        raise SourceBroken(f"no table is called {table}: SHOW TABLES lists those there are")
    rows = chosen or ChosenRows()
    total = store.value(rows.asked(_ROWS), {**table_address(store, table), **rows.bound()})
    return total if isinstance(total, int) else 0


def counted_columns(
    store: Store, table: str, chosen: ChosenRows | None = None, *, numbers: bool = False
) -> Iterator[CountedValues]:
    """Every text column of a table, keys of a map as `column.key`, as distinct values with their rows.

    With `numbers` also dates, fractions and whole numbers of 32 bits, which may be a birthday, a position, an account.
    """
    address, rows = table_address(store, table), chosen or ChosenRows()
    told = [(name, _how(kind, numbers=numbers)) for name, kind in described(store, table)]
    columns = [(name, how) for name, how in told if how]
    for at, (column, how) in enumerate(columns):
        named = {**address, **rows.bound(), "column": column}
        pieces = _pieces(store, named, rows.asked(_DISTINCT_PAIRS if how == _PAIRS else _DISTINCT))
        asked = min(pieces, _MOST_PIECES)
        for piece in range(asked):
            counted = store.frame(rows.asked(how), {**named, "pieces": pieces, "piece": piece})
            done = (at + (piece + 1) / asked) / len(columns)
            yield from _by_name(column, counted, done, pieces - asked)


def table_address(store: Store, table: str) -> dict[str, str]:
    """The database and the table of `table` or `database.table`."""
    database, _, name = table.rpartition(".")
    return {"database": database or str(store.value(_DATABASE)), "table": name}


def described(store: Store, table: str) -> list[tuple[str, str]]:
    """Names and types of the columns of a table; none where there is no such table."""
    rows = store.rows(_COLUMNS, table_address(store, table))
    return [(str(row["name"]), str(row["type"])) for row in rows]


def _how(kind: str, *, numbers: bool) -> str:
    if numbers and _NUMBER.fullmatch(kind):
        return _VALUES
    for form, statement in ((_TEXT, _VALUES), (_TEXTS, _ITEMS), (_MAP, _PAIRS)):
        if form.fullmatch(kind):
            return statement
    return ""


def _pieces(store: Store, named: dict[str, object], counting: str) -> int:
    distinct = store.value(counting, named)
    return max(1, -(-distinct // _PIECE)) if isinstance(distinct, int) else 1


def _by_name(column: str, counted: pl.DataFrame, share: float, left_out: int) -> Iterator[CountedValues]:
    for part in counted.partition_by("_name", maintain_order=True):
        name = str(part["_name"][0])
        values = part.select(pl.col("_text").cast(pl.String).alias("value"), pl.col("_rows").alias("rows"))
        yield CountedValues(f"{column}.{name}" if name else column, values, share, left_out)
