"""A real embedded server in a process of its own, and the unmodified ClickHouse client that speaks to it."""

from collections.abc import Iterator
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from store.embedded import Endpoint, start_detached, stop


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A running server with an empty database, shared by the tests that only add to it."""
    home = tmp_path_factory.mktemp("shared server")
    yield start_detached(home / "database", state=home)
    stop(home)


@pytest.fixture
def client(endpoint: Endpoint) -> Iterator[Client]:
    """The driver as anybody would use it, with its own defaults: sessions and compression included."""
    with clickhouse_connect.get_client(dsn=endpoint.dsn()) as client:
        yield client


@pytest.fixture
def reader(endpoint: Endpoint) -> Iterator[Client]:
    """The same driver for the user that only reads."""
    with clickhouse_connect.get_client(dsn=endpoint.dsn("reader")) as client:
        yield client


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    """A state folder of one test's own; a server left running there is stopped."""
    yield tmp_path
    stop(tmp_path)
