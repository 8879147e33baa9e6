"""The desk as a script for AppTest, over a database that the test holds."""

from store.client import Store


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
    from pathlib import Path  # noqa: PLC0415 - only the body runs
    from typing import Any, cast  # noqa: PLC0415 - only the body runs

    from dashboards.connection import Connections  # noqa: PLC0415 - only the body runs
    from dashboards.navigation import run  # noqa: PLC0415 - only the body runs
    from tests.dashboards.desk_script import Borrowed  # noqa: PLC0415 - only the body runs

    lent = cast("Any", store)
    run(
        Connections(key, lambda: lent, lambda: cast("Any", Borrowed(lent))),
        root=root,
        language="zh",
        rules=Path(rules),
        front=page,
    )
