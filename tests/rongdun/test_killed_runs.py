"""A run whose process was killed: repeated by the daemon, bounded, and every row of its files there once."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import dagster as dg
import psutil
import pytest

from pipelines.runs import worker
from rongdun import up
from rongdun.settings import Settings
from store import embedded
from store.session import open_store
from tests.rongdun.command import Rongdun

LINES = 600_000
FAILED = "Mar  1 {:02d}:{:02d}:{:02d} web-1 sshd[{}]: Failed password for root from 192.0.2.7 port 52211 ssh2\n"

Found = TypeVar("Found")

pytestmark = pytest.mark.slow


@pytest.fixture
def instance(rongdun: Rongdun) -> Iterator[dg.DagsterInstance]:
    """The Dagster of a home in which everything runs."""
    started = rongdun.run("up", "--detach")
    assert started.returncode == 0, started.stderr
    with dg.DagsterInstance.from_config(str(rongdun.home / "dagster")) as instance:
        yield instance


def test_a_run_whose_process_is_killed_while_it_reads_is_repeated(
    rongdun: Rongdun, instance: dg.DagsterInstance
) -> None:
    _drop_while_it_reads(rongdun)
    _worker_of_intake(instance).kill()
    _assert_every_line_once(rongdun)
    _awaited(lambda: not instance.get_runs(dg.RunsFilter(job_name="intake", statuses=[dg.DagsterRunStatus.STARTED])))
    statuses = [run.status for run in instance.get_runs(dg.RunsFilter(job_name="intake"))]
    assert statuses == [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]  # the newest comes first


def test_a_run_that_died_with_everything_else_is_repeated_at_the_next_start(
    rongdun: Rongdun, instance: dg.DagsterInstance
) -> None:
    _drop_while_it_reads(rongdun)
    _worker_of_intake(instance)
    _kill_everything(Settings(home=rongdun.home))
    assert [run.status for run in instance.get_runs(dg.RunsFilter(job_name="intake"))] == [dg.DagsterRunStatus.STARTED]
    assert rongdun.run("up", "--detach").returncode == 0
    _assert_every_line_once(rongdun)


def _drop_while_it_reads(rongdun: Rongdun) -> None:
    lines = (FAILED.format(at // 3600 % 24, at // 60 % 60, at % 60, at) for at in range(LINES))
    (rongdun.home / "inbox" / "auth.log").write_text("".join(lines), encoding="utf-8")
    with open_store(Settings(home=rongdun.home), user="reader") as store:
        _awaited(lambda: store.value("SELECT count() > 0 FROM log_events"))
        assert store.value("SELECT count() FROM ingested_files") == 0


def _worker_of_intake(instance: dg.DagsterInstance) -> psutil.Process:
    (run,) = instance.get_runs(dg.RunsFilter(job_name="intake"))
    found = worker(instance, run.run_id)
    assert found is not None
    return found


def _kill_everything(settings: Settings) -> None:
    """What a power cut does: the supervisor, what it looks after, their children, and the database."""
    supervisor, endpoint = up.running(settings), embedded.running_endpoint(settings.run_folder)
    assert supervisor is not None
    assert endpoint is not None
    leader = psutil.Process(supervisor.pid)
    family = [leader, *leader.children(recursive=True), psutil.Process(endpoint.pid)]
    for process in family:
        process.kill()
    psutil.wait_procs(family, timeout=20)


def _assert_every_line_once(rongdun: Rongdun) -> None:
    with open_store(Settings(home=rongdun.home), user="reader") as store:
        _awaited(lambda: store.value("SELECT count() = 1 FROM ingested_files"))
        counted = store.rows("SELECT count() AS rows, uniqExact(source_offset) AS lines FROM log_events")
    assert counted == [{"rows": LINES, "lines": LINES}]


def _awaited(found: Callable[[], Found], *, seconds: float = 180) -> Found:
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value
