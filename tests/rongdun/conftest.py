"""A `rongdun` of the test's own, stopped at its end, and one written demo city for all tests of this package."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rongdun.demo.city import City, write_city
from tests.rongdun.command import Rongdun

DEMO_DAY = date(2026, 3, 4)


@pytest.fixture
def rongdun(tmp_path: Path) -> Iterator[Rongdun]:
    """A home of the test's own."""
    command = Rongdun(tmp_path / "home")
    yield command
    command.run("stop")


@pytest.fixture(scope="module")
def shared_rongdun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rongdun]:
    """One home for the tests of a module that only read, or that build on each other's rows."""
    command = Rongdun(tmp_path_factory.mktemp("shared") / "home")
    yield command
    command.run("stop")


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The demo city of one spring Wednesday."""
    return write_city(tmp_path_factory.mktemp("city"), day=DEMO_DAY, seed=7)
