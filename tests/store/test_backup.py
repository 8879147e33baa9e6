"""A backup comes back whole, roll-ups included, in a folder of its own."""

from pathlib import Path

import polars as pl
import pytest

from store.backup import backup, restore
from store.client import Store
from store.embedded import start_detached, stop
from store.errors import BackupFailed
from store.migrate import migrate
from store.writes import append

_ONCE, _LATER = "file a:0", "file b:0"


def test_a_backup_comes_back_in_a_fresh_home(state: Path, tmp_path: Path) -> None:
    copy, fresh = tmp_path / "the copy's folder", tmp_path / "fresh"
    with Store.connect(start_detached(state / "database", state=state).dsn()) as store:
        migrate(store)
        append(store, "log_event_records", pl.DataFrame({"event_id": ["a", "b"]}), token=_ONCE)
        assert backup(store, copy) == copy
        append(store, "log_event_records", pl.DataFrame({"event_id": ["later"]}), token=_LATER)
        with pytest.raises(BackupFailed, match="exists already"):
            backup(store, copy)
        with pytest.raises(BackupFailed, match="has tables already"):
            restore(store, copy)
    try:
        with Store.connect(start_detached(fresh / "database", state=fresh).dsn()) as store:
            restore(store, copy)
            assert migrate(store) == []
            assert store.rows("SELECT event_id FROM log_events ORDER BY event_id") == [
                {"event_id": "a"},
                {"event_id": "b"},
            ]
            assert store.value("SELECT sum(events) FROM log_activity") == 2
    finally:
        stop(fresh)


def test_a_folder_without_a_backup_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(BackupFailed, match="holds no backup"):
        restore(store, tmp_path)
