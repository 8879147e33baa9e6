"""Migrations: applied once, in order, held to their checksums, and safe to run again at any point."""

from dataclasses import replace

import pytest

from store.client import Store
from store.errors import MigrationError
from store.migrate import Migration, migrate, migrations


def _shipped(*extra: str) -> list[Migration]:
    """The project's migrations and further ones."""
    real = migrations()
    return real + [
        Migration(len(real) + at, f"{len(real) + at:04}_extra.sql", sql) for at, sql in enumerate(extra, start=1)
    ]


_EXTRA = (
    "CREATE TABLE extra (a UInt8) ENGINE = MergeTree ORDER BY a; -- note\nCREATE VIEW extras AS SELECT a FROM extra;"
)


def test_a_second_run_applies_nothing(store: Store) -> None:
    assert migrate(store) == []


def test_numbers_run_without_a_gap() -> None:
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))


def test_what_was_applied_is_named(store: Store) -> None:
    shipped = _shipped(_EXTRA)
    assert migrate(store, shipped=shipped) == [shipped[-1].name]
    assert store.value("SELECT count() FROM extras") == 0


def test_a_crash_between_two_statements_is_made_good(store: Store) -> None:
    store.execute("CREATE TABLE extra (a UInt8) ENGINE = MergeTree ORDER BY a")
    assert migrate(store, shipped=_shipped(_EXTRA)) == [_shipped(_EXTRA)[-1].name]


def test_an_edited_migration_is_refused(store: Store) -> None:
    first, *others = migrations()
    with pytest.raises(MigrationError, match=r"0001_telemetry\.sql was edited after it was applied"):
        migrate(store, shipped=[replace(first, sql=first.sql + " "), *others])


def test_a_missing_migration_is_refused(store: Store) -> None:
    with pytest.raises(MigrationError, match="lacks migration 0001"):
        migrate(store, shipped=migrations()[1:])


def test_an_older_version_refuses_a_newer_database(store: Store) -> None:
    with pytest.raises(MigrationError, match="use a newer version"):
        migrate(store, shipped=migrations()[:-1])


def test_a_gap_in_the_database_is_refused(store: Store) -> None:
    store.execute("DELETE FROM schema_migrations WHERE number = 2")
    with pytest.raises(MigrationError, match="one in between was never applied"):
        migrate(store)


def test_a_failure_names_its_file(store: Store) -> None:
    with pytest.raises(MigrationError, match=r"_extra\.sql failed: .*UNKNOWN_TABLE"):
        migrate(store, shipped=_shipped("CREATE VIEW v AS SELECT * FROM no_such_table"))


@pytest.mark.parametrize("cluster", ["a b", "x`; DROP", "a-b"])
def test_a_cluster_has_a_plain_name(store: Store, cluster: str) -> None:
    with pytest.raises(MigrationError, match="is no name of a cluster"):
        migrate(store, cluster=cluster)
