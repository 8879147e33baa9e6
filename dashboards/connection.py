"""Where the desk reads and where a decision is written: the database that runs for this home."""

from collections.abc import Callable
from dataclasses import dataclass

from dashboards.errors import DatabaseAbsent
from rongdun.settings import Settings
from store.client import Store
from store.embedded import running_endpoint


@dataclass(frozen=True)
class Connections:
    """How to reach the database: `reader` may only read, `writer` may record a decision; the caller closes both.

    Attributes:
        key: changes whenever the database behind it does.
    """

    key: str
    reader: Callable[[], Store]
    writer: Callable[[], Store]


def connections(settings: Settings) -> Connections:
    """The connections of these settings; nothing is started.

    Raises:
        DatabaseAbsent: no database runs for this home.
    """
    if settings.clickhouse_url is not None:
        configured = settings.clickhouse_url.get_secret_value()
        return Connections(configured, lambda: Store.connect(configured), lambda: Store.connect(configured))
    endpoint = running_endpoint(settings.run_folder)
    if endpoint is None:
        raise DatabaseAbsent(f"no database runs for {settings.home}")
    reading, writing = endpoint.dsn("reader"), endpoint.dsn("rongdun")
    return Connections(writing, lambda: Store.connect(reading), lambda: Store.connect(writing))
