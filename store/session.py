"""From settings to an open store: the configured ClickHouse, or the embedded server, started when it is not running."""

from typing import Literal

from rongdun.settings import Settings
from store.client import Store
from store.embedded import Endpoint, running_endpoint, start_detached
from store.migrate import migrate

IDLE_EXIT_SECONDS = 600


def open_store(settings: Settings, *, user: Literal["rongdun", "reader"] = "rongdun") -> Store:
    """An open store with an up-to-date schema.

    Raises:
        ConnectionFailed: the configured server does not answer.
        StoreTaken: another process holds the embedded database's folder.
        MigrationError: the schema cannot be brought up to date.
    """
    if settings.clickhouse_url is not None:
        return Store.connect(settings.clickhouse_url.get_secret_value())
    return Store.connect(embedded(settings).dsn(user))


def embedded(settings: Settings, *, stays: bool = False) -> Endpoint:
    """The embedded server's endpoint; one started here ends itself when idle unless it `stays`."""
    running = running_endpoint(settings.run_folder)
    if running is not None:
        return running
    endpoint = start_detached(
        settings.database_folder,
        port=settings.database_port,
        state=settings.run_folder,
        idle_exit=None if stays else IDLE_EXIT_SECONDS,
    )
    with Store.connect(endpoint.dsn("rongdun")) as store:
        migrate(store)
    return endpoint
