"""The demo: one command from raw telemetry to posture, every story found, everything left running."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.rongdun.command import Rongdun

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rongdun, dict[str, list[dict[str, object]]]]]:
    """A home in which the demo has run once, and its summary."""
    command = Rongdun(tmp_path_factory.mktemp("demo") / "home")
    summary = command.json("demo", "--once", timeout=600)
    assert isinstance(summary, dict)
    yield command, summary
    command.run("stop")


Ran = tuple[Rongdun, dict[str, list[dict[str, object]]]]


def test_every_story_is_found(ran: Ran) -> None:
    stories = ran[1]["stories"]
    assert len(stories) == 11
    assert [story for story in stories if not story["found"]] == []


def test_every_table_that_scripts_rely_on_is_filled(ran: Ran) -> None:
    names = ["network_flows", "log_events", "alerts", "pii_findings", "monitored_assets", "asset_posture"]
    names += ["data_accesses", "data_grants", "dataset_registrations", "lineage_edges"]
    names += ["data_exchanges", "exchange_parties", "dataset_looks"]
    counts = {name: ran[0].rows(f"SELECT count() AS rows FROM {name}")[0]["rows"] for name in names}
    assert [name for name, rows in counts.items() if not rows] == []


def test_a_second_demo_adds_nothing(ran: Ran) -> None:
    count = (
        "SELECT (SELECT count() FROM network_flows) + (SELECT count() FROM log_events) AS rows, "
        "(SELECT count() FROM alerts) AS alerts"
    )
    before = ran[0].rows(count)
    ran[0].json("demo", "--once", timeout=600)
    assert ran[0].rows(count) == before


def test_the_record_of_what_was_done_is_whole(ran: Ran) -> None:
    report = ran[0].json("audit", "verify")
    assert isinstance(report, dict)
    assert report["intact"] is True


def test_everything_runs_and_a_second_terminal_can_ask(ran: Ran, tmp_path: Path) -> None:
    command = ran[0]
    shown = command.run("up", "--detach").stdout
    status = command.json("status")
    assert isinstance(status, dict)
    for page in (f"{status['dashboard']}/_stcore/health", f"{status['dagster']}/server_info"):
        assert page.split("/")[2] in shown
        with urllib.request.urlopen(page, timeout=10) as answer:
            assert answer.status == 200
    assert command.rows("SELECT count() > 0 AS filled FROM log_events") == [{"filled": 1}]
    ours = [process for process in psutil.process_iter(["environ"]) if _home(process) == str(command.home)]
    assert len(ours) >= 4
    command.run("stop")
    _, alive = psutil.wait_procs(ours, timeout=30)
    assert alive == []


def _home(process: psutil.Process) -> str | None:
    environment = process.info["environ"] or {}
    home: str | None = environment.get("RONGDUN_HOME")
    return home
