"""The desk over a database in this process."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from store.client import Store
from tests.dashboards.city import ROOT, fill

ENDS = datetime.now(UTC).replace(microsecond=0)
RULES = Path(__file__).parents[2] / "rules"


class Borrowed:
    """A store that a `with` block does not close: the tests share one connection with the desk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __enter__(self) -> Store:
        return self._store

    def __exit__(self, *_: object) -> None:
        pass


def desk_script(store: object, page: str, root: str, rules: str, key: str) -> None:
    """The desk, as a script that AppTest runs; its own imports, since only the body is taken over."""
    from pathlib import Path
    from typing import Any, cast

    from dashboards.connection import Connections
    from dashboards.navigation import run
    from tests.dashboards.conftest import Borrowed

    lent = cast("Any", store)
    run(
        Connections(key, lambda: lent, lambda: cast("Any", Borrowed(lent))),
        root=root,
        language="zh",
        rules=Path(rules),
        front=page,
    )


@pytest.fixture
def desk(store: Store) -> Callable[..., AppTest]:
    """A page of the desk over an empty database, run once."""

    def opened(page: str, **query: str) -> AppTest:
        app = AppTest.from_function(
            desk_script, default_timeout=20, args=(store, page, ROOT, str(RULES), str(id(store)))
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
