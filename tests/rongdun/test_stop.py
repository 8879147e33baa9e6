"""Stopping what does not listen, as a person types it; and what the terminal says meanwhile."""

import os
import signal
from pathlib import Path

import pytest

from rongdun.settings import Settings
from store.embedded import Endpoint, running_endpoint
from tests.processes import is_gone
from tests.rongdun.command import Rongdun


def _endpoint(home: Path) -> Endpoint:
    endpoint = running_endpoint(Settings(home=home).run_folder)
    assert endpoint is not None
    return endpoint


def test_a_start_says_one_line_to_a_script_and_the_rest_to_a_person(rongdun: Rongdun) -> None:
    assert rongdun.run("db", "start").stderr == "starting the database …\n"
    assert rongdun.run("db", "query", "SELECT 1").stderr == ""


@pytest.mark.slow
def test_a_database_that_hangs_is_named_and_killed(rongdun: Rongdun) -> None:
    rongdun.run("db", "start")
    endpoint = _endpoint(rongdun.home)
    os.kill(endpoint.pid, signal.SIGSTOP)
    assert f"process {endpoint.pid} does not answer" in rongdun.run("status").stdout
    stopped = rongdun.run("stop")
    assert stopped.stdout == (
        f"stopped: the database (process {endpoint.pid}), which did not end when asked and was killed; "
        "what it had acknowledged is on disk\n"
    )
    assert is_gone(endpoint.pid)


@pytest.mark.slow
def test_everything_stops_though_the_database_hangs(rongdun: Rongdun) -> None:
    assert rongdun.run("up", "--detach").returncode == 0
    endpoint = _endpoint(rongdun.home)
    os.kill(endpoint.pid, signal.SIGSTOP)
    said = rongdun.run("stop").stdout
    assert f"the database (process {endpoint.pid}), which did not end when asked and was killed" in said
    assert "rongdun up" in said
    assert rongdun.run("stop").stdout == "nothing was running\n"
