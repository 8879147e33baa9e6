"""From settings to an open store: the configured ClickHouse, or the embedded server, started when it is not running."""

from typing import Literal

from rongdun.settings import Settings
from store.client import Store
from store.embedded import Endpoint, spool_of, start_detached
from store.migrate import migrate
from store.retention import days_kept, keep_for

IDLE_EXIT_SECONDS = 600


def open_store(settings: Settings, *, user: Literal["rongdun", "reader"] = "rongdun") -> Store:
    """An open store with an up-to-date schema.

    Raises:
        ConnectionFailed: the configured server does not answer.
        StoreTaken: another process holds the embedded database's folder.
        MigrationError: the schema cannot be brought up to date.
    """
    if settings.clickhouse_url is not None:
        return Store.connect(settings.clickhouse_url.get_secret_value(), create_database=user == "rongdun")
    return Store.connect(embedded(settings).dsn(user), spool=spool_of(settings.database_folder))


def unmigrated(settings: Settings) -> Store:
    """An open store whose database may have no tables: where a backup can be brought back.

    Raises:
        ConnectionFailed: the server does not answer.
    """
    if settings.clickhouse_url is not None:
        return Store.connect(settings.clickhouse_url.get_secret_value(), create_database=True)
    return Store.connect(_server(settings, IDLE_EXIT_SECONDS).dsn("rongdun"))


def embedded(settings: Settings, *, stays: bool = False) -> Endpoint:
    """The embedded server's endpoint; one started here ends itself when idle unless it `stays`.

    One that stays keeps telemetry for as long as is set, and lets it go then.
    """
    endpoint = _server(settings, None if stays else IDLE_EXIT_SECONDS)
    # Also for one that runs already: another process may have started it a moment ago and not got to its tables yet.
    with Store.connect(endpoint.dsn("rongdun")) as store:
        migrate(store)
        if stays:
            keep_for(store, days_kept(settings.retention_days, settings.retention_days_of))
    return endpoint


def _server(settings: Settings, idle_exit: int | None) -> Endpoint:
    return start_detached(
        settings.database_folder, port=settings.database_port, state=settings.run_folder, idle_exit=idle_exit
    )
