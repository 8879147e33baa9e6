"""What a query cost: rows, bytes and seconds everywhere, memory where the server keeps a log."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from store.client import Store
from store.costs import Cost, Meter
from store.embedded import start_detached, stop
from store.errors import QueryFailed


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Store]:
    """The embedded server, which keeps a log of the queries that ask for it."""
    endpoint = start_detached(tmp_path / "database", state=tmp_path / "run", idle_exit=600)
    with Store.connect(endpoint.dsn("rongdun"), create_database=True) as db:
        yield db
    stop(tmp_path / "run")


def test_the_server_tells_what_each_query_read_and_held(served: Store) -> None:
    meter = Meter(served)
    for rows in (10, 2_000_000):
        meter.rows("SELECT uniqExact(number) AS found FROM numbers({rows:UInt64})", {"rows": rows})
    small, large = meter.costs()
    assert (small.rows_read, large.rows_read) == (10, 2_000_000)
    assert large.seconds > 0
    assert small.memory_bytes is not None
    assert large.memory_bytes is not None
    assert large.memory_bytes > small.memory_bytes > 0
    assert large.processor_seconds is not None
    assert large.processor_seconds > 0


def test_a_stream_has_a_cost_once_it_is_read_to_its_end(served: Store) -> None:
    meter = Meter(served)
    frames = meter.stream("SELECT number FROM numbers({rows:UInt64})", {"rows": 50_000}, {"max_block_size": 8_192})
    assert next(frames).height <= 8_192
    assert meter.costs() == []
    rest = sum(frame.height for frame in frames)
    (cost,) = meter.costs()
    assert 0 < rest < 50_000
    assert cost.rows_read == 50_000
    assert cost.memory_bytes is not None


def test_without_a_log_a_stream_tells_the_rows_that_came(store: Store) -> None:
    meter = Meter(store)
    assert sum(frame.height for frame in meter.stream("SELECT number FROM numbers(1000) LIMIT 10")) == 10
    assert [(cost.rows_read, cost.memory_bytes) for cost in meter.costs()] == [(10, None)]


def test_only_what_is_measured_is_logged(served: Store) -> None:
    meter = Meter(served)
    meter.rows("SELECT 1")
    served.rows("SELECT 2")
    meter.costs()
    assert served.value("SELECT count() FROM system.query_log") == 1


def test_the_summary_of_an_answer_tells_the_rows_read(served: Store) -> None:
    rows, summary = served.measured("SELECT max(number) AS last FROM numbers(1000)")
    assert (rows, summary["read_rows"]) == ([{"last": 999}], "1000")


def test_an_engine_without_a_log_knows_no_memory(store: Store) -> None:
    meter = Meter(store)
    meter.rows("SELECT 1")
    assert meter.costs()[0].memory_bytes is None


def test_a_question_that_fails_has_no_cost(store: Store) -> None:
    meter = Meter(store)
    with pytest.raises(QueryFailed):
        meter.rows("SELECT no_such_column")
    assert meter.costs() == []


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        (Cost(1, 10, 0.5, 7, 0.25), Cost(2, 20, 0.25, 9, 0.5), Cost(3, 30, 0.75, 9, 0.75)),
        (Cost(1, 10, 0.5), Cost(2, 20, 0.25, 9), Cost(3, 30, 0.75, 9)),
        (Cost(1, 10, 0.5), Cost(), Cost(1, 10, 0.5)),
    ],
)
def test_costs_add_up_and_memory_is_the_higher_peak(first: Cost, second: Cost, both: Cost) -> None:
    assert first.plus(second) == both
