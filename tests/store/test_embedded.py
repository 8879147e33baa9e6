"""The life of the embedded server: found, shared, refused, stopped, and back after a crash."""

import json
import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl
import psutil
import pytest

from store.client import Store
from store.embedded import Endpoint, running_endpoint, start_detached, stop
from store.errors import ConnectionFailed, StoreError, StoreTaken
from store.processes import Ending
from tests.processes import is_gone


def _started(state: Path, *, port: int = 0, idle_exit: int | None = None) -> Endpoint:
    return start_detached(state / "database", port=port, state=state, idle_exit=idle_exit)


def _running(state: Path) -> Endpoint:
    endpoint = running_endpoint(state)
    assert endpoint is not None
    return endpoint


def _wait_until_gone(pid: int) -> None:
    psutil.wait_procs([psutil.Process(pid)], timeout=20)


def test_a_second_start_finds_the_first_server(state: Path) -> None:
    assert _started(state) == _started(state)


def test_two_starts_at_once_share_one_server(state: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: _started(state), range(2))
    assert first == second


def test_no_other_account_reads_what_the_engine_wrote(state: Path) -> None:
    with Store.connect(_started(state).dsn()) as store:
        store.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        store.execute("INSERT INTO t VALUES (1)")
    engine = [path for path in (state / "database" / "engine").rglob("*") if not path.is_symlink()]
    assert engine
    assert not [path for path in engine if path.stat().st_mode & 0o077]


def test_a_spool_that_takes_nothing_is_told_with_its_place(state: Path) -> None:
    with Store.connect(_started(state).dsn()) as store:
        store.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        (state / "database" / "spool").rmdir()
        with pytest.raises(StoreError, match=r"spool: No such file"):
            store.insert("t", pl.DataFrame({"a": [1]}, schema={"a": pl.UInt8}))


def test_a_server_whose_spool_is_gone_is_asked_to_end_and_ends(state: Path) -> None:
    endpoint = _started(state)
    (state / "database" / "spool").rmdir()
    assert running_endpoint(state) is None
    assert stop(state) is Ending.ASKED
    assert is_gone(endpoint.pid)


def test_a_server_that_hangs_is_killed_and_has_kept_what_it_acknowledged(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("store.embedded._ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("store.embedded._HUNG_SECONDS", 0.5)
    endpoint = _started(state)
    with Store.connect(endpoint.dsn()) as store:
        store.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        store.execute("INSERT INTO t VALUES (1)")
    os.kill(endpoint.pid, signal.SIGSTOP)
    assert running_endpoint(state) is None
    assert stop(state) is Ending.KILLED
    assert is_gone(endpoint.pid)
    assert stop(state) is None
    with Store.connect(_started(state).dsn()) as store:
        assert store.value("SELECT count() FROM t") == 1


def test_a_start_beside_a_server_that_hangs_says_what_to_do(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("store.embedded._ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("store.embedded._HUNG_SECONDS", 0.5)
    endpoint = _started(state)
    os.kill(endpoint.pid, signal.SIGSTOP)
    monkeypatch.setattr("store.embedded._START_SECONDS", 5.0)
    with pytest.raises(StoreTaken, match="does not answer: `rongdun stop` ends it"):
        _started(state)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_process_that_got_the_id_of_a_dead_server_is_left_alone(state: Path, hours: int) -> None:
    stranger = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        written = {"host": "127.0.0.1", "port": 9, "pid": stranger.pid, "started": time.time() + hours * 3600}
        (state / "database.json").write_text(json.dumps(written))
        assert stop(state) is None
        assert stranger.is_running()
    finally:
        stranger.kill()
        stranger.wait()


def test_nothing_runs_in_a_fresh_folder(state: Path) -> None:
    assert running_endpoint(state) is None
    assert not stop(state)


def test_a_stop_is_clean_and_final(state: Path) -> None:
    endpoint = _started(state)
    with Store.connect(endpoint.dsn()) as store:
        store.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
        store.execute("INSERT INTO t VALUES (1)")
    assert stop(state)
    assert is_gone(endpoint.pid)
    assert not (state / "database.json").exists()
    assert (state / "logs" / "database.log").read_text() == ""
    with Store.connect(_started(state).dsn()) as store:
        assert store.value("SELECT count() FROM t") == 1


def test_a_second_server_on_the_same_data_names_the_first(state: Path, tmp_path: Path) -> None:
    endpoint = _started(state)
    with pytest.raises(StoreTaken, match=f"in use by process {endpoint.pid}"):
        start_detached(state / "database", port=0, state=tmp_path / "another state")


def test_a_killed_server_leaves_no_lock_behind(state: Path) -> None:
    killed = _started(state)
    os.kill(killed.pid, signal.SIGKILL)
    _wait_until_gone(killed.pid)
    assert running_endpoint(state) is None
    assert _started(state).pid != killed.pid


def test_an_endpoint_that_does_not_answer_is_none(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
    sleeper = psutil.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        written = {"host": "127.0.0.1", "port": port, "pid": sleeper.pid, "started": sleeper.create_time()}
        (state / "database.json").write_text(json.dumps(written))
        assert running_endpoint(state) is None
    finally:
        sleeper.kill()
        sleeper.wait()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"host": "127.0.0.1"}', '{"host": 1, "port": "x", "pid": 2}'])
def test_a_broken_endpoint_file_counts_as_none(state: Path, text: str) -> None:
    (state / "database.json").write_text(text)
    assert running_endpoint(state) is None


def test_a_taken_port_is_named(state: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConnectionFailed, match=f"port {port}"):
            _started(state, port=port)


def test_two_homes_never_meet(state: Path, tmp_path: Path) -> None:
    other = tmp_path / "other home"
    try:
        first, second = _started(state), _started(other)
        with Store.connect(first.dsn()) as store:
            store.execute("CREATE TABLE only_here (a UInt8) ENGINE = Memory")
        with Store.connect(second.dsn()) as store:
            assert store.rows("SHOW TABLES") == []
        with pytest.raises(ConnectionFailed):
            Store.connect(first.dsn().replace(str(first.port), str(second.port)))
    finally:
        stop(other)


@pytest.mark.parametrize("folder", ["with space", "城市", "semi;colon & more", "a?b=c&d%20#", "quote's"])
def test_any_folder_name_will_do(tmp_path: Path, folder: str) -> None:
    state = tmp_path / folder
    try:
        with Store.connect(_started(state).dsn()) as store:
            store.execute("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a")
            store.execute("INSERT INTO t VALUES (1)")
            assert [frame.height for frame in store.stream("SELECT * FROM t")] == [1]
        with Store.connect(_running(state).dsn("reader")) as store:
            assert store.value("SELECT count() FROM t") == 1
        assert (state / "database" / "engine" / "store").is_dir()
    finally:
        stop(state)


def test_an_idle_server_ends_itself(state: Path) -> None:
    endpoint = _started(state, idle_exit=1)
    _wait_until_gone(endpoint.pid)
    assert running_endpoint(state) is None


def test_a_running_query_is_not_idleness(state: Path) -> None:
    endpoint = _started(state, idle_exit=1)
    with Store.connect(endpoint.dsn()) as store:
        assert store.value("SELECT sum(sleepEachRow(1)) FROM numbers(3) SETTINGS max_block_size = 1") == 0


def test_the_secrets_are_for_the_owner_only(state: Path) -> None:
    _started(state)
    for name in ("passwords.json", "database.json"):
        assert (state / name).stat().st_mode & 0o077 == 0


def test_a_query_stops_when_its_reader_goes_away(state: Path) -> None:
    with Store.connect(_started(state).dsn()) as store:
        frames = store.stream("SELECT number FROM numbers(100000000000)")
        next(frames)
        frames.close()  # type: ignore[attr-defined]  # a generator, as every iterator made by yield
        deadline = time.monotonic() + 20
        while store.value("SELECT count() FROM system.processes WHERE query LIKE '%100000000000%'") != 1:
            assert time.monotonic() < deadline
            time.sleep(0.2)


def test_a_stop_does_not_wait_for_a_query_without_end(state: Path) -> None:
    endpoint = _started(state)
    failures: list[StoreError] = []

    def ask() -> None:
        with Store.connect(endpoint.dsn()) as store:
            try:
                store.value("SELECT count() FROM numbers(1000000000000) WHERE NOT ignore(sipHash64(number))")
            except StoreError as error:
                failures.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    with Store.connect(endpoint.dsn()) as store:
        while store.value("SELECT count() FROM system.processes WHERE query LIKE '%sipHash64(number)%'") != 2:
            time.sleep(0.1)
    assert stop(state)
    asking.join(timeout=30)
    assert len(failures) == 1
