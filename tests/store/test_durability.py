"""What was acknowledged is there, once, whatever happens to the server; large things pass in bounded memory."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import clickhouse_connect
import numpy as np
import polars as pl
import psutil
import pytest

from store.client import Store
from store.embedded import Endpoint, start_detached, stop
from store.errors import StoreError
from store.migrate import migrate
from store.writes import append

pytestmark = pytest.mark.slow

_ROWS = 20_000


@pytest.fixture
def server(state: Path) -> Iterator[Endpoint]:
    endpoint = start_detached(state / "database", state=state)
    with Store.connect(endpoint.dsn()) as store:
        migrate(store)
    yield endpoint
    stop(state)


def _events(batch: int) -> pl.DataFrame:
    number = pl.int_range(batch * _ROWS, (batch + 1) * _ROWS, eager=True)
    return pl.DataFrame({"event_id": "e" + number.cast(pl.String)}).with_columns(
        event_time=pl.lit(datetime(2026, 3, 1)),  # noqa: DTZ001 - UTC by convention of the store
        source=pl.lit("test"),
        service=pl.lit("sshd"),
        message=pl.lit("x" * 200),
    )


@dataclass
class _Writer:
    """Writes batches one after another, each until it is acknowledged, wherever the server is by then."""

    state: Path
    batches: int
    acknowledged: int = 0
    retries: int = 0
    failures: list[Exception] = field(default_factory=list)

    def run(self) -> None:
        for batch in range(self.batches):
            while not self._written(batch):
                self.retries += 1
                time.sleep(0.1)
            self.acknowledged += 1

    def _written(self, batch: int) -> bool:
        try:
            with Store.connect(start_detached(self.state / "database", state=self.state).dsn()) as store:
                append(store, "log_event_records", _events(batch), token=f"batch {batch}")
        except StoreError as error:
            self.failures.append(error)
            return False
        return True


def test_kills_in_the_middle_of_inserts_lose_and_double_nothing(server: Endpoint, state: Path) -> None:
    writer = _Writer(state, batches=40)
    writing = threading.Thread(target=writer.run)
    writing.start()
    for pause in (0.3, 1.1, 1.7, 1.3):
        time.sleep(pause)
        os.kill(start_detached(state / "database", state=state).pid, signal.SIGKILL)
    writing.join(timeout=240)
    assert writer.acknowledged == writer.batches, writer.failures[-1:]
    with Store.connect(start_detached(state / "database", state=state).dsn()) as store:
        for batch in range(writer.batches):
            append(store, "log_event_records", _events(batch), token=f"batch {batch}")
        wanted = writer.batches * _ROWS
        assert store.rows("SELECT count() AS n, uniqExact(event_id) AS ids FROM log_events") == [
            {"n": wanted, "ids": wanted}
        ]
        assert store.value("SELECT sum(events) FROM log_activity") == wanted


def _resident_mebibytes(endpoint: Endpoint) -> int:
    return int(psutil.Process(endpoint.pid).memory_info().rss) >> 20


def test_an_insert_of_100_mb_needs_no_second_copy_in_memory(server: Endpoint) -> None:
    noise = np.random.default_rng(7).integers(0, 2**63, size=2_000_000, dtype=np.uint64)
    frame = pl.DataFrame({f"c{n}": noise + np.uint64(n) for n in range(7)})
    columns = ", ".join(f"c{n} UInt64" for n in range(7))
    with clickhouse_connect.get_client(dsn=server.dsn(), compress=False) as client:
        client.command(f"CREATE TABLE wide ({columns}) ENGINE = MergeTree ORDER BY tuple()")
        before = _resident_mebibytes(server)
        client.insert_df_arrow("wide", frame)
        assert client.query("SELECT count(), sum(c0) = {s:UInt64} FROM wide", {"s": int(noise.sum())}).result_rows == [
            (2_000_000, True)
        ]
    assert frame.estimated_size() > 100_000_000
    assert _resident_mebibytes(server) - before < 600


def test_ten_million_rows_stream_in_bounded_memory(server: Endpoint) -> None:
    sql = "SELECT number, toString(number) AS text, number * 2 AS twice FROM numbers(10000000)"
    with Store.connect(server.dsn()) as store:
        store.value("SELECT 1")
        before, peak, rows = _resident_mebibytes(server), 0, 0
        for frame in store.stream(sql):
            rows += frame.height
            peak = max(peak, _resident_mebibytes(server))
    assert rows == 10_000_000
    assert peak - before < 400


def test_readers_go_on_while_a_writer_writes(server: Endpoint, state: Path) -> None:
    writer = _Writer(state, batches=15)
    writing = threading.Thread(target=writer.run)
    writing.start()
    seen = [0]
    with Store.connect(server.dsn("reader")) as store:
        while writing.is_alive():
            count = store.value("SELECT count() FROM log_events")
            assert isinstance(count, int)
            seen.append(count)
    writing.join()
    assert writer.retries == 0
    assert seen == sorted(seen)
    assert all(count % _ROWS == 0 for count in seen), "an insert shows as a whole or not at all"
    assert len(set(seen)) > 3


def test_two_processes_migrate_at_once(state: Path) -> None:
    endpoint = start_detached(state / "database", state=state)
    failures: list[StoreError] = []

    def run() -> None:
        try:
            with Store.connect(endpoint.dsn()) as store:
                migrate(store)
        except StoreError as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with Store.connect(endpoint.dsn()) as store:
        assert migrate(store) == []
