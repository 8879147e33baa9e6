"""Tables of databases behind an SQLAlchemy URL, SQLite files among them: read in pieces, changed in nothing."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipelines.cell_texts import narrow_frame, text_frame
from pipelines.database_complaints import told_in_one_line
from pipelines.headers import column_names
from pipelines.pieces import Piece

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine

_FIRST_ROWS = 500
_BATCH_CELLS = 500_000
_BATCH_BYTES = 64 * 1024 * 1024
_PATIENCE = 5.0  # seconds to wait for a lock
_OF_THE_SYSTEM = frozenset({"information_schema", "pg_catalog", "mysql", "performance_schema", "sys", "SYS", "SYSTEM"})


@dataclass(frozen=True)
class SqlTable:
    """A table of a database; `schema` is '' where the database has none."""

    schema: str
    name: str


def database_tables(engine: "Engine", schemas: Sequence[str] = ()) -> list[SqlTable]:
    """The tables of a database, of these schemas or of all that are not the system's own.

    Raises:
        SourceBroken: it cannot be reached, is locked or damaged.
    """
    from sqlalchemy import inspect  # noqa: PLC0415

    with told_in_one_line():
        inspector = inspect(engine)
        if engine.dialect.name == "sqlite":
            return [SqlTable("", name) for name in sorted(inspector.get_table_names())]
        wanted = schemas or [name for name in inspector.get_schema_names() if not _is_of_the_system(name)]
        return [SqlTable(schema, name) for schema in wanted for name in sorted(inspector.get_table_names(schema))]


@dataclass(frozen=True)
class SqlRows:
    """Some rows of a table as its driver hands them over.

    Attributes:
        names: of the columns, each once.
        kinds: of the columns, as the database declares them, such as `VARCHAR(20)`; '' where it declares none.
        share: how much of the table has been read, 0 to 1.
        note: what went otherwise than it should while it was read, or ''.
    """

    rows: Sequence[Sequence[object]]
    names: Sequence[str]
    kinds: Sequence[str]
    share: float
    note: str = ""


def table_pieces(engine: "Engine", table: SqlTable) -> Iterator[Piece]:
    """The rows of a table as text, as they stood when the reading began.

    Raises:
        SourceBroken: the database refused it, is locked or damaged; what was yielded before stays good.
    """
    for part in table_rows(engine, table):
        if part.rows:
            texts = text_frame(part.rows, part.names)
            yield Piece(texts, len(part.rows), part.share, narrow=narrow_frame(part.rows, texts))
        elif part.note:
            yield Piece(pl.DataFrame(), 0, part.share, note=part.note)


def table_rows(engine: "Engine", table: SqlTable) -> Iterator[SqlRows]:
    """The rows of a table as they stood when the reading began; the last part holds none, so that there is one.

    Raises:
        SourceBroken: the database refused it, is locked or damaged; what was yielded before stays good.
    """
    from sqlalchemy import column, func, select  # noqa: PLC0415
    from sqlalchemy import table as table_named  # noqa: PLC0415

    with told_in_one_line(), engine.connect() as connection:
        _begin(connection)
        names, kinds = _columns(connection, table)
        source = table_named(table.name, *map(column, names), schema=table.schema or None)
        total = connection.execute(select(func.count()).select_from(source)).scalar_one()
        shown = column_names(names, header=True)
        streamed = connection.execution_options(stream_results=True, max_row_buffer=_FIRST_ROWS).execute(select(source))
        size, done = _FIRST_ROWS, 0
        try:
            while rows := streamed.fetchmany(size):
                done += len(rows)
                yield SqlRows(rows, shown, kinds, min(1.0, done / max(1, total)))
                size = _next_rows(size, _estimated_size(rows), len(names))
            yield SqlRows([], shown, kinds, 1.0, _note(total, done))
        except GeneratorExit:
            # A driver would read what is left before it closes; an end of the connection ends that too.
            connection.invalidate()
            raise


def _columns(connection: "Connection", table: SqlTable) -> tuple[list[str], list[str]]:
    """Names and declared types of the columns of a table, hidden ones too."""
    from sqlalchemy import inspect  # noqa: PLC0415
    from sqlalchemy.exc import SAWarning  # noqa: PLC0415

    with warnings.catch_warnings():
        # A type that the library does not know, such as a polygon, comes as the driver hands it over.
        warnings.simplefilter("ignore", SAWarning)
        described = inspect(connection).get_columns(table.name, schema=table.schema or None)
    names = [str(each["name"]) for each in described]
    if connection.dialect.name in ("mysql", "mariadb"):
        # The library reads them from SHOW CREATE TABLE, which doubles the quotes within names, and leaves them doubled.
        names = [name.replace("``", "`") for name in names]
    return names, [_kind(each["type"]) for each in described]


def _note(total: int, done: int) -> str:
    """What a table did that is not kept in one view, such as MyISAM's."""
    return f"the table changed while it was read: {total} rows before, {done} were read" if total != done else ""


def _kind(declared: object) -> str:
    name = str(declared)
    return "" if name == "NULL" else name


def _estimated_size(rows: Sequence[Sequence[object]]) -> float:
    """About how many bytes the cells of these rows take."""
    return sum(len(cell) if isinstance(cell, str | bytes) else 8 for row in rows for cell in row)


def _next_rows(rows: int, size: float, width: int) -> int:
    """How many rows to ask for next, when so many came to that size in bytes: rows may be long."""
    fitting = int(rows * _BATCH_BYTES / max(1, size))
    return max(1, min(fitting, rows * 4, _BATCH_CELLS // max(1, width)))


def _begin(connection: "Connection") -> None:
    """One view of all rows from the first to the last, which changes nothing and waits for no lock for long.

    MySQL waits a day for a lock if not told otherwise, PostgreSQL for ever; MySQL hangs up on who thinks for a minute.
    """
    wait = max(1, round(_PATIENCE))
    mysql = (
        f"SET SESSION lock_wait_timeout = {wait}, innodb_lock_wait_timeout = {wait}, net_write_timeout = 600",
        "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    )
    beginnings = {
        "mysql": mysql,
        "mariadb": mysql,
        "postgresql": (
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY",
            f"SET LOCAL lock_timeout = '{wait}s'",
        ),
        "sqlite": ("PRAGMA query_only = ON",),
    }
    for statement in beginnings.get(connection.dialect.name, ()):
        connection.exec_driver_sql(statement)


def _is_of_the_system(schema: str) -> bool:
    return schema in _OF_THE_SYSTEM or schema.startswith("pg_")
