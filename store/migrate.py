"""Numbered SQL migrations: applied in order, once, and held to their checksums."""

import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files

from store.client import Store
from store.errors import MigrationError

_NAME = re.compile(r"(?P<number>\d{4})_(?P<title>[a-z0-9_]+)\.sql")


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
        bare = re.sub(r"--[^\n]*", "", self.sql)
        return [part.strip() for part in bare.split(";") if part.strip()]


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


def migrate(store: Store) -> list[str]:
    """The names of the migrations that were applied now; none when the database is up to date.

    Raises:
        MigrationError: an applied migration was edited since, or one failed.
    """
    store.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations (number UInt32, name String, checksum String, "
        "applied_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC')) ENGINE = MergeTree ORDER BY number"
    )
    applied = {row["number"]: row["checksum"] for row in store.rows("SELECT number, checksum FROM schema_migrations")}
    done = []
    for migration in migrations():
        if migration.number in applied:
            if applied[migration.number] != migration.checksum:
                raise MigrationError(f"{migration.name} was edited after it was applied: write a new migration instead")
            continue
        for statement in migration.statements:
            store.execute(statement)
        store.execute(
            "INSERT INTO schema_migrations (number, name, checksum) VALUES ({number:UInt32}, {name:String}, {sum:String})",
            {"number": migration.number, "name": migration.name, "sum": migration.checksum},
        )
        done.append(migration.name)
    return done
