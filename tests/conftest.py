"""What tests share: a fresh database on the real engine, and the folder of real captures where it is there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from store.client import Store
from tests.databases import Databases

# A machine that is slow for a moment is no failure; what else the machine's profile says stays.
settings.register_profile("untimed", parent=settings.default, deadline=None)
settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where several processes test at once, begin with the files that take longest: one left over would keep all."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items if item.get_closest_marker("slow") or item.get_closest_marker("browser")}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """The databases of this process."""
    with Databases.in_memory() as lender:
        yield lender


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    """A migrated, empty database in this process, on the same engine as the embedded server."""
    with databases.lent() as db:
        yield db


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real captures and logs beside the project; the test is skipped where there is none."""
    folder = Path(os.environ.get("RONGDUN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared captures at {folder}")
    return folder
