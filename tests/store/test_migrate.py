"""Migrations: applied once, in order, held to their checksums."""

from store.client import Store
from store.migrate import migrate, migrations


def test_a_second_run_applies_nothing(store: Store) -> None:
    assert migrate(store) == []


def test_numbers_run_without_a_gap() -> None:
    assert [migration.number for migration in migrations()] == list(range(1, len(migrations()) + 1))
