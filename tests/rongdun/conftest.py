"""A `rongdun` of the test's own, stopped at its end."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rongdun.command import Rongdun


@pytest.fixture
def rongdun(tmp_path: Path) -> Iterator[Rongdun]:
    command = Rongdun(tmp_path / "home")
    yield command
    command.run("stop")


@pytest.fixture(scope="module")
def shared_rongdun(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rongdun]:
    """One home for the tests of a module that only read, or that build on each other's rows."""
    command = Rongdun(tmp_path_factory.mktemp("shared") / "home")
    yield command
    command.run("stop")
