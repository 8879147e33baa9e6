"""The driver's client for an address: what is encrypted, compressed, and reached without a proxy."""

import logging
from urllib.parse import urlsplit, urlunsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from clickhouse_connect.driver.httputil import default_pool_manager

from store.errors import ConnectionFailed, DiskFull
from store.refusals import refused, translated

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_ENCRYPTED = frozenset({"clickhouses", "https"})
_UNKNOWN_DATABASE = 81
_ANSWER_SECONDS = 3600


def client_at(dsn: str, *, create_database: bool = False) -> Client:
    """The driver's client for a DSN, connected.

    Args:
        dsn: the address; its path names the database.
        create_database: make that database if the server does not have it yet.

    Raises:
        ConnectionFailed: nothing answers there, it refuses the credentials, or there is no such database.
        DiskFull: it cannot write.
    """
    try:
        return _connected(dsn)
    except ConnectionFailed as failure:
        if not create_database or getattr(failure.__cause__, "code", None) != _UNKNOWN_DATABASE:
            raise
    _create_database(dsn)
    return _connected(dsn)


def _connected(dsn: str) -> Client:
    # The driver warns of what is raised here anyway; without a handler Python would print it.
    logging.getLogger("clickhouse_connect").addHandler(logging.NullHandler())
    if dsn.startswith("chdb:"):
        return clickhouse_connect.get_client(dsn=dsn)
    address = urlsplit(dsn)
    near = address.hostname in _LOOPBACK
    try:
        return clickhouse_connect.get_client(
            dsn=dsn,
            # The driver itself goes by the port alone: on another than 8443 the password would travel in the clear.
            secure=address.scheme in _ENCRYPTED,
            # On loopback a byte costs less than its compression.
            compress=not near,
            # A pool handed in is used as it is: a proxy that the environment names has no business on loopback.
            pool_mgr=default_pool_manager() if near else None,
            # Queries need nothing from one another; a session would only forbid two at once.
            autogenerate_session_id=False,
            send_receive_timeout=_ANSWER_SECONDS,
        )
    except ClickHouseError as error:
        if isinstance(full := refused(error), DiskFull):
            raise full from error
        raise ConnectionFailed(f"no ClickHouse to use at {_without_secret(dsn)}: {error}") from error


def _create_database(dsn: str) -> None:
    parts = urlsplit(dsn)
    with translated():
        client = _connected(urlunsplit(parts._replace(path="")))
        client.command("CREATE DATABASE IF NOT EXISTS {name:Identifier}", parameters={"name": parts.path.strip("/")})
        client.close()


def _without_secret(dsn: str) -> str:
    parts = urlsplit(dsn)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
