"""The record with several processes writing through one server."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from response.audit import verify_chain
from store.client import Store
from store.embedded import start_detached, stop
from store.migrate import migrate

PROCESSES, STEPS_EACH = 3, 8

_WRITER = """
import sys
from response.audit import record
from response.chain import AuditStep, Role
from store.client import Store

with Store.connect(sys.argv[1]) as store:
    for index in range(int(sys.argv[3])):
        record(store, AuditStep("rongdun", Role.SYSTEM, "dlp.scan", "dataset", f"{sys.argv[2]}-{index}", "daily scan"))
"""


@pytest.fixture
def dsn(tmp_path: Path) -> Iterator[str]:
    endpoint = start_detached(tmp_path / "database", state=tmp_path / "run", idle_exit=120)
    with Store.connect(endpoint.dsn()) as store:
        migrate(store)
    yield endpoint.dsn()
    stop(tmp_path / "run")


@pytest.mark.slow
def test_several_processes_make_one_chain(dsn: str) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", _WRITER, dsn, str(number), str(STEPS_EACH)])
        for number in range(PROCESSES)
    ]
    assert [writer.wait(timeout=120) for writer in writers] == [0] * PROCESSES
    with Store.connect(dsn) as store:
        report = verify_chain(store)
        assert (report.events, report.intact) == (PROCESSES * STEPS_EACH, True)
        assert store.value("SELECT uniqExact(object_id) FROM audit_events") == PROCESSES * STEPS_EACH
