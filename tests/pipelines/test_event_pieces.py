"""Batches cut into pieces: every event is in one of them, and a piece says which tables hold it."""

import polars as pl
import pytest

from pipelines.event_pieces import Piece, pieces_of
from store.client import Store
from store.writes import append
from tests.rules.cases import START, store_events


def event(service: str, message: str) -> dict[str, object]:
    return {"product": "linux", "service": service, "message": message, "host": "app-1", "fields": {"A": message}}


def in_it(store: Store, piece: Piece) -> int:
    statement = f"SELECT count() FROM {piece.source} WHERE {piece.condition} AND fields['A'] = message"
    return int(str(store.value(statement)))


def test_events_are_cut_by_number_and_every_one_is_in_one_piece(store: Store) -> None:
    store_events(store, [event("su", str(number)) for number in range(100)], batch_id="b")
    pieces = pieces_of(store, "log_events", ["b"], most_events=30)
    assert len(pieces) == 4
    assert sum(in_it(store, piece) for piece in pieces) == 100


def test_small_batches_stay_whole_and_are_read_together(store: Store) -> None:
    for name, rows in (("a", 20), ("b", 5), ("c", 70), ("d", 4)):
        store_events(store, [event("su", str(number)) for number in range(rows)], batch_id=name)
    pieces = pieces_of(store, "log_events", ["d", "c", "b", "a"], most_events=30)
    assert [(list(piece.batches), piece.of) for piece in pieces] == [(["c"], 3)] * 3 + [(["a", "b", "d"], 1)]
    assert sum(in_it(store, piece) for piece in pieces) == 99


def test_nothing_is_read_where_nothing_is(store: Store) -> None:
    assert pieces_of(store, "network_flows", ["b"], most_events=30) == []


@pytest.mark.parametrize(
    ("classes", "tables"),
    [
        (["dns_queries"], ["dns_queries"]),
        (["syslog_messages", "dns_queries"], ["dns_queries", "syslog_messages"]),
        (["log_event_records", "http_requests"], ["http_requests", "log_event_records"]),
    ],
)
def test_a_piece_names_the_tables_of_its_events_and_no_others(
    store: Store, classes: list[str], tables: list[str]
) -> None:
    for table in classes:
        column = "fields" if table == "log_event_records" else "extra"
        row = pl.DataFrame({"event_id": [table], "event_time": [START], "batch_id": ["b"], "message": ["x"]})
        fields = pl.Series([{"A": "x"}], dtype=pl.Map(pl.String, pl.String))
        append(store, table, row.with_columns(fields.alias(column)), token=table)
    [piece] = pieces_of(store, "log_events", ["b"], most_events=30)
    assert sorted(piece.tables) == tables
    assert in_it(store, piece) == len(classes)


def test_batches_in_different_tables_are_read_apart(store: Store) -> None:
    store_events(store, [event("su", "x")], batch_id="records")
    row = pl.DataFrame({"event_id": ["e"], "event_time": [START], "batch_id": ["dns"]})
    append(store, "dns_queries", row, token="dns")
    pieces = pieces_of(store, "log_events", ["dns", "records"], most_events=30)
    assert [(piece.batches, list(piece.tables)) for piece in pieces] == [
        (["dns"], ["dns_queries"]),
        (["records"], ["log_event_records"]),
    ]
