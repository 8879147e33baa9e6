"""What the definitions are given: the settings, and through them the store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg

from rongdun.settings import Settings
from store.client import Store
from store.errors import ConnectionFailed
from store.session import open_store

_RETRIES = 4
_RETRY_SECONDS = 15


class Settled(dg.ConfigurableResource):  # type: ignore[type-arg]  # generic only in its stubs
    """The settings of one home; opens the store for as long as an asset needs it."""

    home: str

    def settings(self) -> Settings:
        """The settings, with this home."""
        return Settings(home=Path(self.home))

    @contextmanager
    def open(self) -> Iterator[Store]:
        """A store on the server that everything else uses, closed at the end of the block.

        Raises:
            RetryRequested: the database went away; nobody drops a file twice, so the step waits for it.
        """
        try:
            with open_store(self.settings()) as store:
                yield store
        except ConnectionFailed as gone:
            raise dg.RetryRequested(max_retries=_RETRIES, seconds_to_wait=_RETRY_SECONDS) from gone
