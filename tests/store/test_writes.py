"""Writes: repeated they add nothing, in the table or in what it feeds; what does not fit is refused by name."""

from datetime import datetime

import polars as pl
import pytest

from store import writes
from store.client import Store
from store.errors import QueryFailed, WriteRefused
from store.writes import append

_FIRST, _SECOND = "file a:0", "file b:0"


def _events(rows: int, *, first: int = 0) -> pl.DataFrame:
    number = pl.int_range(first, first + rows, eager=True)
    return pl.DataFrame({"event_id": number.cast(pl.String)}).with_columns(
        event_time=pl.lit(datetime(2026, 3, 1)).dt.replace_time_zone("UTC"),  # noqa: DTZ001 - the zone follows
        service=pl.lit("sshd"),
        fields=pl.Series([{"program": "sshd"}] * rows, dtype=pl.Map(pl.String, pl.String)),
    )


def _counts(store: Store) -> tuple[object, object]:
    return (
        store.value("SELECT count() FROM log_events"),
        store.value("SELECT sum(events) FROM log_activity"),
    )


def test_the_same_token_adds_nothing_anywhere(store: Store) -> None:
    for _ in range(3):
        assert append(store, "log_event_records", _events(10), token=_FIRST) == 10
    assert _counts(store) == (10, 10)


def test_rows_that_are_said_to_be_each_once_are_written_once_however_often(store: Store) -> None:
    rows = pl.DataFrame({"ruleset_id": ["r"] * 3, "batch_id": ["a", "b", "c"]})
    for _ in range(2):
        append(store, "judged_batches", rows, token="once", no_two_alike=True)
    append(store, "judged_batches", rows, token="again", no_two_alike=True)
    assert store.value("SELECT count() FROM judged_batches FINAL") == 3


def test_another_token_adds_the_same_rows_again(store: Store) -> None:
    append(store, "log_event_records", _events(10), token=_FIRST)
    append(store, "log_event_records", _events(10), token=_SECOND)
    assert _counts(store) == (20, 20)


def test_one_token_may_serve_two_tables(store: Store) -> None:
    append(store, "log_event_records", _events(1), token=_FIRST)
    append(store, "rejects", pl.DataFrame({"reason": ["no time"]}), token=_FIRST)
    assert store.value("SELECT count() FROM rejects") == 1


def test_a_large_frame_goes_in_parts_and_a_repeat_adds_what_is_missing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writes, "PART_ROWS", 40)
    append(store, "log_event_records", _events(80), token=_FIRST)
    append(store, "log_event_records", _events(100), token=_FIRST)
    assert _counts(store) == (100, 100)
    assert store.value("SELECT uniqExact(event_id) FROM log_events") == 100


def test_an_empty_frame_writes_nothing(store: Store) -> None:
    assert append(store, "log_event_records", _events(0), token=_FIRST) == 0


def test_missing_columns_take_their_defaults(store: Store) -> None:
    append(store, "rejects", pl.DataFrame({"reason": ["x"], "offset": [7]}), token=_FIRST)
    (row,) = store.rows("SELECT reason, offset, source, rejected_at > now() - 60 AS fresh FROM rejects")
    assert row == {"reason": "x", "offset": 7, "source": "", "fresh": 1}


def test_maps_and_times_arrive_as_they_were(store: Store) -> None:
    append(store, "log_event_records", _events(1), token=_FIRST)
    assert store.rows("SELECT event_time, fields FROM log_events") == [
        {"event_time": datetime(2026, 3, 1), "fields": {"program": "sshd"}}  # noqa: DTZ001 - the store's convention
    ]


def test_times_hundreds_of_months_apart_fit_into_one_write(store: Store) -> None:
    months = pl.datetime_range(datetime(1990, 1, 1), datetime(2025, 1, 1), "1mo", eager=True, time_unit="us")  # noqa: DTZ001
    append(store, "log_event_records", pl.DataFrame({"event_time": months}), token=_FIRST)
    assert store.value("SELECT count() FROM log_events") == len(months)


def test_a_column_that_the_table_lacks_is_named(store: Store) -> None:
    with pytest.raises(WriteRefused, match="table rejects has no column shoe_size"):
        append(store, "rejects", pl.DataFrame({"reason": ["x"], "shoe_size": [42]}), token=_FIRST)


def test_a_table_that_is_not_there_keeps_its_code(store: Store) -> None:
    with pytest.raises(QueryFailed) as caught:
        append(store, "no_such_table", pl.DataFrame({"a": [1]}), token=_FIRST)
    assert caught.value.code == 60
