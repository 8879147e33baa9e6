"""What the definitions are given: the settings, and through them the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from rongdun.settings import Settings
from store.client import Store
from store.session import open_store


class Settled(dg.ConfigurableResource):  # type: ignore[type-arg]  # generic only in its stubs
    """The settings of one home; opens the store for as long as an asset needs it."""

    home: str

    def settings(self) -> Settings:
        """The settings, with this home."""
        return Settings(home=Path(self.home))

    @contextmanager
    def open(self) -> Iterator[Store]:
        """A store on the server that everything else uses, closed at the end of the block."""
        with open_store(self.settings()) as store:
            yield store
