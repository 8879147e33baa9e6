"""A database of a moment: our tables, empty, gone at the end; for trying something on the real engine."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from rongdun.settings import Settings
from store.client import Store
from store.migrate import migrate
from store.session import embedded

_IN_PROCESS = "chdb://memory"


@contextmanager
def scratch_store(settings: Settings | None = None) -> Iterator[Store]:
    """An empty database with our tables, dropped at the end.

    Args:
        settings: makes it on the database of this home; without them, on an engine of this process.

    Raises:
        ConnectionFailed: the configured server does not answer.
        StoreTaken: another process holds the embedded database's folder.
    """
    name = f"scratch_{uuid.uuid4().hex}"
    with _empty(name, settings) as store:
        try:
            migrate(store)
            yield store
        finally:
            if settings is None:
                store.execute("USE default")
            store.execute("DROP DATABASE {name:Identifier}", {"name": name})


def _empty(name: str, settings: Settings | None) -> Store:
    if settings is not None:
        return Store.connect(_at(_address(settings), name), create_database=True)
    store = Store.connect(_IN_PROCESS)
    store.execute("CREATE DATABASE {name:Identifier}", {"name": name})
    store.execute("USE {name:Identifier}", {"name": name})
    return store


def _address(settings: Settings) -> str:
    if settings.clickhouse_url is not None:
        return settings.clickhouse_url.get_secret_value()
    return embedded(settings).dsn("rongdun")


def _at(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))
