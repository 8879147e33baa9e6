"""The desk over a database in this process."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from store.client import Store
from tests.dashboards.city import ROOT, fill
from tests.dashboards.desk_script import desk_script

ENDS = datetime.now(UTC).replace(microsecond=0)
RULES = Path(__file__).parents[2] / "rules"


@pytest.fixture
def desk(store: Store) -> Callable[..., AppTest]:
    """A page of the desk over an empty database, run once."""

    def opened(page: str, **query: str) -> AppTest:
        app = AppTest.from_function(
            desk_script, default_timeout=120, args=(store, page, ROOT, str(RULES), uuid.uuid4().hex)
        )
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return opened


@pytest.fixture
def city_desk(store: Store, desk: Callable[..., AppTest]) -> Callable[..., AppTest]:
    """A page of the desk over the small made-up city, run once."""
    fill(store, ends=ENDS)
    return desk
