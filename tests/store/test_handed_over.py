"""Large frames, handed to the embedded server as files and with few texts as dictionaries, are what small ones are."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.arrow_stream import stream_of
from store.client import Store
from store.embedded import Endpoint, spool_of
from store.errors import QueryFailed

_ROWS = 6000


def _frame() -> pl.DataFrame:
    row = pl.int_range(_ROWS, eager=True)
    return pl.DataFrame(
        {
            "number": row.cast(pl.UInt32),
            "at": [datetime(2026, 3, 1, tzinfo=UTC) + timedelta(milliseconds=number) for number in row],
            "same": pl.repeat("zeek_conn", _ROWS, eager=True),
            "nothing": pl.repeat("", _ROWS, eager=True),
            "few": ("host-" + (row % 7).cast(pl.String)),
            "later": pl.concat([pl.repeat("a", 3000, eager=True), row[:3000].cast(pl.String)]),
            "many": "消息 " + row.cast(pl.String),
            "fields": pl.Series(
                [{"uid": f"C{number}", "empty": ""} for number in row], dtype=pl.Map(pl.String, pl.String)
            ),
        }
    )


@pytest.fixture
def spool(endpoint: Endpoint) -> Path:
    return spool_of(endpoint.password_file.parent / "database")


_TABLE = """(number UInt32, at DateTime64(6, 'UTC'), same LowCardinality(String), nothing LowCardinality(String),
    few LowCardinality(String), later String, many String, fields Map(LowCardinality(String), String))
    ENGINE = MergeTree ORDER BY number"""


def test_a_frame_handed_over_is_what_one_sent_is(endpoint: Endpoint, spool: Path) -> None:
    with Store.connect(endpoint.dsn()) as sending, Store.connect(endpoint.dsn(), spool=spool) as handing:
        for name, store in {"sent": sending, "handed": handing}.items():
            store.execute(f"CREATE TABLE {name} {_TABLE}")
            for part in _frame().iter_slices(5500):
                store.insert(name, part)
        for name in ("sent", "handed"):
            frame = sending.frame(f"SELECT * FROM {name} ORDER BY number")
            found = frame.select("number", "same", "nothing", "few", "later", "many").cast({"number": pl.UInt32})
            wanted = _frame().select(found.columns)
            assert found.cast(wanted.schema).equals(wanted)
        apart = "SELECT count() FROM (SELECT * FROM sent EXCEPT SELECT * FROM handed)"
        assert sending.value(apart) == 0
        assert handing.value("SELECT uniqExact(fields) FROM handed") == _ROWS
    assert not list(spool.glob("handed.*"))


def test_a_frame_that_is_refused_leaves_no_file(endpoint: Endpoint, spool: Path) -> None:
    with Store.connect(endpoint.dsn(), spool=spool) as store, pytest.raises(QueryFailed, match="no_such_table"):
        store.insert("no_such_table", _frame())
    assert not list(spool.glob("handed.*"))


def test_a_spool_that_takes_nothing_is_told(endpoint: Endpoint, tmp_path: Path) -> None:
    with Store.connect(endpoint.dsn(), spool=tmp_path / "gone") as store, pytest.raises(QueryFailed, match="gone"):
        store.insert("some_table", _frame())


_TEXTS = st.lists(st.sampled_from(["", "a", "é", "long enough to lie apart", "\0"]), min_size=1, max_size=4)


@settings(max_examples=30, deadline=None)
@given(_TEXTS, st.lists(st.text(max_size=3), max_size=3), st.booleans())
def test_a_stream_holds_the_texts_of_its_frame(often: list[str], seldom: list[str], nulls: bool) -> None:
    texts = pl.Series("texts", [*(often * (2000 // len(often))), *seldom, *([None] if nulls else [])], dtype=pl.String)
    frame = pl.concat([texts.to_frame(), texts.reverse().to_frame()], rechunk=False)
    with pa.ipc.open_stream(stream_of(frame)) as reader:
        read = pl.from_arrow(reader.read_all())
    assert isinstance(read, pl.DataFrame)
    assert read["texts"].cast(pl.String).to_list() == frame["texts"].to_list()


def test_few_texts_are_told_once() -> None:
    with pa.ipc.open_stream(stream_of(_frame())) as reader:
        told = {field.name for field in reader.schema if pa.types.is_dictionary(field.type)}
    assert told == {"same", "nothing", "few"}
