"""What tests share: a fresh database on the real engine, and the folder of real captures where it is there."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.client import Store
from store.migrate import migrate


@pytest.fixture
def store() -> Iterator[Store]:
    """A migrated, empty database in this process, on the same engine as the embedded server."""
    database = f"test_{uuid.uuid4().hex}"
    with Store.connect("chdb://memory") as db:
        db.execute(f"CREATE DATABASE {database}")
        db.execute(f"USE {database}")
        migrate(db)
        yield db
        db.execute("USE default")
        db.execute(f"DROP DATABASE {database}")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real captures and logs beside the project; the test is skipped where there is none."""
    folder = Path(os.environ.get("RONGDUN_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no shared captures at {folder}")
    return folder
