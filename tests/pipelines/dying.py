"""Runs that die in the middle."""

import polars as pl
import pytest

from store.client import Parameters, Store


class Stopped(Exception):
    """The process dies here."""


def die_after(inserts: int, store: Store, patch: pytest.MonkeyPatch) -> None:
    """Let so many inserts through this store, and no more."""
    insert, left = store.insert, iter(range(inserts))

    def dying(table: str, frame: pl.DataFrame, settings: Parameters | None = None) -> None:
        if next(left, None) is None:
            raise Stopped
        insert(table, frame, settings)

    patch.setattr(store, "insert", dying)
