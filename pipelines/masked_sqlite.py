"""SQLite files written with some of the columns of their tables masked: tables and rows, and nothing else.

Keys, indices, views and triggers are left behind: a mask may break what they demand, and a trigger is a program.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path

from pipelines.cell_texts import cell_text
from pipelines.errors import SourceBroken
from pipelines.masked_rows import masked_rows
from pipelines.maskers import Masking
from pipelines.sql_tables import SqlRows

# INTEGER, VARCHAR(20), DECIMAL(10, 2): nothing else of what a foreign database declares reaches the statement.
_PLAIN_KIND = re.compile(r"[A-Za-z][A-Za-z ]{0,30}(?:\([0-9]{1,9}(?:, ?[0-9]{1,9})?\))?")
_STORED = (int, float, str, bytes)
_LARGEST = 2**63

Tables = Sequence[tuple[str, Callable[[], Iterator[SqlRows]], Masking]]  # name in the copy, its rows, what is masked


def write_masked_sqlite(tables: Tables, made: Path) -> None:
    """Write a SQLite file of these tables.

    Raises:
        SourceBroken: a table cannot be read, or has a name that SQLite does not take.
    """
    try:
        with closing(sqlite3.connect(made)) as base:
            base.execute("PRAGMA journal_mode = MEMORY")  # nothing is left beside the file
            for name, rows, masking in tables:
                _write_table(base, name, rows(), masking)
            base.commit()
    except (sqlite3.Error, ValueError, OverflowError) as error:
        # The words of the library may quote what it was given.
        raise SourceBroken(f"a table that SQLite does not take ({type(error).__name__})") from None


def _write_table(base: sqlite3.Connection, name: str, rows: Iterator[SqlRows], masking: Masking) -> None:
    begun = False
    for part in rows:
        if not begun:
            columns = ", ".join(_column(*each, masking) for each in zip(part.names, part.kinds, strict=True))
            base.execute(f"CREATE TABLE {_quoted(name)} ({columns})")
            begun = True
        places = ", ".join("?" * len(part.names))
        made = masked_rows(part.rows, part.names, masking)
        stored = [[_stored(value) for value in row] for row in made]
        base.executemany(f"INSERT INTO {_quoted(name)} VALUES ({places})", stored)  # noqa: S608 - a quoted name


def _column(name: str, kind: str, masking: Masking) -> str:
    if name in masking.maskers:
        return f"{_quoted(name)} TEXT"
    return f"{_quoted(name)} {kind}" if _PLAIN_KIND.fullmatch(kind) else _quoted(name)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _stored(value: object) -> object:
    """The value as SQLite stores it; what it has no form for as text."""
    if value is None or (isinstance(value, _STORED) and not isinstance(value, bool)):
        return value if not isinstance(value, int) or -_LARGEST <= value < _LARGEST else str(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    moment = getattr(value, "isoformat", None)
    if callable(moment):
        return str(moment())
    return str(value) if isinstance(value, Decimal) else cell_text(value)
