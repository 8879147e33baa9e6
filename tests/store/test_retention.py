"""How long telemetry is kept: set once, changed where it changes, told with what it costs."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from pipelines.batch import STORED_IN
from store.client import Store
from store.errors import NoSuchTable
from store.retention import TABLES, costs, days_kept, keep_for
from store.writes import append

_HELD = "SELECT count() FROM log_events"


def _arrived(store: Store, *, days_ago: int, rows: int) -> None:
    then = datetime.now(UTC) - timedelta(days=days_ago)
    times = pl.Series("ingested_at", [then] * rows, dtype=pl.Datetime("ms", "UTC"))
    names = pl.Series("event_id", [f"{days_ago}/{number}" for number in range(rows)])
    append(store, "log_event_records", pl.DataFrame([times, names]), token=f"{days_ago}")


def test_every_table_of_telemetry_has_a_time() -> None:
    assert {*STORED_IN.values(), "rejects"} == set(TABLES)
    assert set(days_kept(190, {})) == set(TABLES)


def test_a_table_may_have_a_time_of_its_own() -> None:
    days = days_kept(190, {"dns_queries": 400})
    assert (days["dns_queries"], days["network_flows"]) == (400, 190)


def test_a_time_for_a_stranger_is_refused_with_the_names_that_there_are() -> None:
    with pytest.raises(NoSuchTable, match="flow_networks: use any of network_flows"):
        days_kept(190, {"flow_networks": 1})


def test_what_is_set_again_changes_nothing_and_what_changes_is_told(store: Store) -> None:
    assert keep_for(store, days_kept(190, {})) == list(TABLES)
    assert keep_for(store, days_kept(190, {})) == []
    assert keep_for(store, days_kept(190, {"rejects": 30})) == ["rejects"]


def test_rows_leave_by_their_arrival_and_no_earlier(store: Store) -> None:
    _arrived(store, days_ago=191, rows=3)
    _arrived(store, days_ago=189, rows=2)
    keep_for(store, days_kept(190, {}))
    store.execute("OPTIMIZE TABLE log_event_records FINAL")
    assert store.value(_HELD) == 2


def test_a_day_costs_what_the_last_days_brought(store: Store) -> None:
    for day in (1, 2):
        _arrived(store, days_ago=day, rows=1000)
    (dearest, *others) = costs(store, days_kept(200, {}))
    assert (dearest.table, dearest.rows, dearest.days) == ("log_event_records", 2000, 200)
    assert dearest.bytes_a_day == pytest.approx(dearest.bytes / 2, rel=0.01)
    assert dearest.bytes_when_full == pytest.approx(dearest.bytes_a_day * 200, rel=0.01)
    assert {each.bytes_a_day for each in others} == {0}
