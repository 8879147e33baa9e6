"""Numbered SQL migrations: applied in order, once, and held to their checksums."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from store.client import Store
from store.cluster import on_cluster, repeatable, tables_of
from store.errors import MigrationError, QueryFailed
from store.statements import separate

_NAME = re.compile(r"(?P<number>\d{4})_(?P<title>[a-z0-9_]+)\.sql")
_CLUSTER = re.compile(r"\w*")

_ALREADY_EXISTS = 57

_LEDGER = (
    "CREATE TABLE schema_migrations (number UInt32, name String, checksum String, "
    "applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')) ENGINE = ReplacingMergeTree ORDER BY number"
)
_APPLIED = "SELECT number, name, checksum FROM schema_migrations FINAL ORDER BY number"
_RECORD = (
    "INSERT INTO schema_migrations (number, name, checksum) VALUES ({number:UInt32}, {name:String}, {checksum:String})"
)


@dataclass(frozen=True)
class Migration:
    """One numbered file of `store/migrations`."""

    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """SHA-256 of the file's text, in hex."""
        return hashlib.sha256(self.sql.encode()).hexdigest()

    @property
    def statements(self) -> list[str]:
        """The statements of the file, without comments, in order."""
        return separate(self.sql)


def migrations() -> list[Migration]:
    """Every migration that this version ships, in order.

    Raises:
        MigrationError: a file is not named `0001_title.sql`.
    """
    found = []
    for entry in files("store").joinpath("migrations").iterdir():
        if not entry.name.endswith(".sql"):
            continue
        name = _NAME.fullmatch(entry.name)
        if name is None:
            raise MigrationError(f"store/migrations/{entry.name}: a migration is named like 0007_title.sql")
        found.append(Migration(int(name["number"]), entry.name, entry.read_text(encoding="utf-8")))
    return sorted(found, key=lambda migration: migration.number)


def migrate(store: Store, *, cluster: str = "", shipped: Sequence[Migration] | None = None) -> list[str]:
    """The names of the migrations that were applied now; none when the database is up to date.

    Every statement may run again: after a crash, or beside another process that migrates at the same time.

    Args:
        store: the database.
        cluster: the name of the cluster to build the tables on; '' for a single server.
        shipped: what to apply; the migrations of this version by default.

    Raises:
        MigrationError: an applied migration was edited, the order has a gap, or a statement failed.
    """
    if _CLUSTER.fullmatch(cluster) is None:
        raise MigrationError(f"{cluster!r} is no name of a cluster: letters, digits and _ only")
    wanted = list(migrations() if shipped is None else shipped)
    ledger = repeatable(_LEDGER)
    for statement in on_cluster(ledger, cluster, {}) if cluster else [ledger]:
        store.execute(statement)
    pending = _pending(wanted, {_number(row): row for row in store.rows(_APPLIED)})
    tables = tables_of([statement for migration in wanted for statement in migration.statements])
    for migration in pending:
        for statement in applied_statements(migration, cluster=cluster, tables=tables):
            _apply(store, migration, statement)
        store.execute(_RECORD, {"number": migration.number, "name": migration.name, "checksum": migration.checksum})
    return [migration.name for migration in pending]


def applied_statements(migration: Migration, *, cluster: str, tables: Mapping[str, str]) -> list[str]:
    """The statements that a migration comes to, on a single server or on a cluster.

    Raises:
        MigrationError: a statement cannot be repeated, or has no form for a cluster.
    """
    once = [repeatable(statement) for statement in migration.statements]
    return [form for statement in once for form in on_cluster(statement, cluster, tables)] if cluster else once


def _pending(wanted: list[Migration], applied: Mapping[int, Mapping[str, object]]) -> list[Migration]:
    for position, migration in enumerate(wanted, start=1):
        if migration.number != position:
            raise MigrationError(f"{migration.name} follows a gap: this version lacks migration {position:04}")
        record = applied.get(migration.number)
        if record is not None and record["checksum"] != migration.checksum:
            raise MigrationError(f"{migration.name} was edited after it was applied: write a new migration instead")
    unknown = max(applied, default=0)
    if unknown > len(wanted):
        raise MigrationError(
            f"the database has {applied[unknown]['name']}, which this version does not know: use a newer version"
        )
    if sorted(applied) != list(range(1, len(applied) + 1)):
        raise MigrationError(f"the database has migrations {sorted(applied)}: one in between was never applied")
    return wanted[len(applied) :]


def _number(row: Mapping[str, object]) -> int:
    number = row["number"]
    if not isinstance(number, int):  # narrows the driver's type
        raise TypeError(type(number))
    return number


def _apply(store: Store, migration: Migration, statement: str) -> None:
    try:
        store.execute(statement)
    except QueryFailed as error:
        # The table has its new name already: an earlier run got so far, or another one is quicker.
        if error.code == _ALREADY_EXISTS and statement.upper().startswith("RENAME"):
            return
        raise MigrationError(f"{migration.name} failed: {error}") from error
