"""Rows of a ClickHouse table as text: a spread of them, or all, block by block."""

from collections.abc import Iterator, Sequence

import polars as pl

from pipelines.table_columns import table_address
from store.client import Store

_MOST_COLUMNS = 200

_COLUMNS = """
SELECT name FROM system.columns
WHERE database = {database:String} AND table = {table:String} AND default_kind NOT IN ('ALIAS', 'EPHEMERAL')
ORDER BY position
"""
_ROWS = "SELECT {shown} FROM {database:Identifier}.{table:Identifier}"
# A hash of the row: the same rows in every reading, in whatever order the parts are read.
_SPREAD = " WHERE cityHash64({shown}) % {every:UInt64} = 0"
_LIMIT = " LIMIT {most:UInt64}"


def table_column_names(store: Store, table: str) -> list[str]:
    """The names of a table's columns, in order; none where there is no such table."""
    return [str(row["name"]) for row in store.rows(_COLUMNS, table_address(store, table))]


def sampled_rows(store: Store, table: str, *, total: int, wanted: int) -> pl.DataFrame:
    """About so many rows of a table of `total` rows, as text; the first 200 columns.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    columns = table_column_names(store, table)[:_MOST_COLUMNS]
    if not columns or not total:
        return pl.DataFrame()
    every = max(1, total // wanted)
    sql = _ROWS + (_SPREAD if every > 1 else "") + _LIMIT
    parameters = {**table_address(store, table), "every": every, "most": 2 * wanted}
    return _named(store.frame(_shown(sql, columns), {**parameters, **_bound(columns)}), columns)


def row_blocks(store: Store, table: str, columns: Sequence[str]) -> Iterator[pl.DataFrame]:
    """Some columns of a table as text, block by block; the store does nothing else meanwhile.

    Raises:
        QueryFailed: ClickHouse refused it.
    """
    parameters = {**table_address(store, table), **_bound(columns)}
    for block in store.stream(_shown(_ROWS, columns), parameters):
        yield _named(block, columns)


def _shown(sql: str, columns: Sequence[str]) -> str:
    # Nothing of a name is in the SQL: the server puts the identifiers in.
    texts = ", ".join(f"ifNull(toString({{c{at}:Identifier}}), '')" for at in range(len(columns)))
    return sql.replace("{shown}", texts)


def _bound(columns: Sequence[str]) -> dict[str, str]:
    return {f"c{at}": column for at, column in enumerate(columns)}


def _named(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    texts = frame.rename(dict(zip(frame.columns, columns, strict=True)))
    return texts.with_columns(
        pl.when(pl.col(name) != "").then(pl.col(name).cast(pl.String)).alias(name) for name in columns
    )
