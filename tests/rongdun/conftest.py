"""One written demo city for every test of this package."""

from datetime import date

import pytest

from rongdun.demo.city import City, write_city

DEMO_DAY = date(2026, 3, 4)


@pytest.fixture(scope="session")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The demo city of one spring Wednesday."""
    return write_city(tmp_path_factory.mktemp("city"), day=DEMO_DAY, seed=7)
