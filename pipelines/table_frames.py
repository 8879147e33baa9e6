"""A ClickHouse table as frames, block by block: numbers and dates as they are, everything else as text."""

import re
from collections.abc import Iterator

import polars as pl
import polars.selectors as cs

from pipelines.errors import SourceBroken
from pipelines.table_columns import described, table_address
from store.client import Store

_PLAIN = re.compile(r"(?:Nullable\()?(?:String|U?Int(?:8|16|32|64)|Float(?:32|64)|Bool|Date(?:32)?|DateTime.*)\)?")
_NESTED = re.compile(r"(?:Array|Map|Tuple|Nested|JSON|Object|Variant|Dynamic)\b.*")


def table_frames(store: Store, table: str) -> Iterator[pl.DataFrame]:
    """All rows of a table; nested columns as JSON. The store does nothing else meanwhile.

    Raises:
        SourceBroken: there is no such table.
        QueryFailed: ClickHouse refused it.
    """
    columns = described(store, table)
    if not columns:
        raise SourceBroken("no such table")
    names = [name for name, _ in columns]
    # Nothing of a name is in the SQL: the server puts the identifiers in.
    shown = ", ".join(_shown(f"{{c{at}:Identifier}}", kind) for at, (_, kind) in enumerate(columns))
    sql = f"SELECT {shown} FROM {{database:Identifier}}.{{table:Identifier}}"  # noqa: S608 - placeholders alone
    bound = {f"c{at}": name for at, name in enumerate(names)}
    yield pl.DataFrame(schema=dict.fromkeys(names, pl.String)).clear()
    for block in store.stream(sql, {**table_address(store, table), **bound}):
        plain = block.rename(dict(zip(block.columns, names, strict=True)))
        yield plain.with_columns(cs.by_dtype(pl.Binary, pl.Categorical).cast(pl.String))


def _shown(column: str, kind: str) -> str:
    if _PLAIN.fullmatch(kind):
        return column
    return f"toJSONString({column})" if _NESTED.fullmatch(kind) else f"toString({column})"
