"""Migrated databases in this process, lent to one test after the other: to migrate takes longer than most tests do."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from store.client import Store
from store.errors import QueryFailed
from store.migrate import migrate

_IN_MEMORY = "chdb://memory"
_LEDGER = "schema_migrations"


@dataclass(frozen=True)
class _Migrated:
    """A database as its migrations left it."""

    name: str
    tables: tuple[str, ...]
    definition: tuple[object, ...]


class Databases:
    """Lends databases that are migrated and empty; one that comes back with another schema is not lent again."""

    def __init__(self, keeper: Store) -> None:
        # The engine, and with it every database, ends with its last connection.
        self._keeper = keeper
        self._free: list[_Migrated] = []

    @classmethod
    @contextmanager
    def in_memory(cls) -> Iterator["Databases"]:
        """Databases on the engine of this process, for the time of the block."""
        with Store.connect(_IN_MEMORY) as keeper:
            yield cls(keeper)

    @contextmanager
    def lent(self) -> Iterator[Store]:
        """A connection of its own to a migrated, empty database that nobody else uses."""
        with Store.connect(_IN_MEMORY) as db:
            database = self._free.pop() if self._free else _migrated(db)
            db.execute("USE {name:Identifier}", {"name": database.name})
            yield db
        self._take_back(database)

    def _take_back(self, database: _Migrated) -> None:
        with suppress(QueryFailed):  # a test may have renamed or dropped what is emptied here
            for table in database.tables:
                # With its rows a table forgets the tokens of its inserts.
                self._keeper.execute(f"TRUNCATE TABLE {database.name}.{table}")
            if _definition(self._keeper, database.name) == database.definition:
                self._free.append(database)
                return
        self._keeper.execute(f"DROP DATABASE {database.name}")


def _migrated(db: Store) -> _Migrated:
    name = f"test_{uuid.uuid4().hex}"
    db.execute(f"CREATE DATABASE {name}")
    db.execute(f"USE {name}")
    migrate(db)
    kept = "SELECT name FROM system.tables WHERE database = {name:String} AND NOT engine LIKE '%View'"
    tables = tuple(str(row["name"]) for row in db.rows(kept, {"name": name}) if row["name"] != _LEDGER)
    return _Migrated(name, tables, _definition(db, name))


def _definition(db: Store, name: str) -> tuple[object, ...]:
    """What the migrations made, and which of them the database says it has."""
    made = "SELECT name, create_table_query FROM system.tables WHERE database = {name:String} ORDER BY name"
    applied = f"SELECT * FROM {name}.{_LEDGER} ORDER BY ALL"
    return (*map(str, db.rows(made, {"name": name})), *map(str, db.rows(applied)))
