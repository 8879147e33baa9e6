"""What Dagster loads: it is valid, it is wired as meant, and its runs fill the tables through the one server."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from polars._typing import SchemaDict

from assets.errors import WeightsInvalid
from dlp.grading_policy import default_grading
from dlp.registrations import registration
from pipelines.catalogue import write_entries
from pipelines.definitions import defs
from pipelines.defs.checks import alerts_in_time, catalogue_fresh
from pipelines.defs.jobs import settled_files
from pipelines.defs.resources import Settled
from pipelines.defs.respond import asset_posture
from response.anchor import kept_head
from response.audit import record
from response.chain import AuditStep, ChainHead, Role
from rongdun.settings import Settings
from store import embedded
from store.errors import ConnectionFailed
from store.session import open_store
from store.writes import append

FAILED = "Mar  1 08:00:{second:02d} web-1 sshd[811]: Failed password for root from 192.0.2.7 port 52211 ssh2\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Settings]:
    """A home with its own server, stopped at the end."""
    settings = Settings(home=tmp_path / "home")
    settings.inbox.mkdir(parents=True)
    yield settings
    embedded.stop(settings.run_folder)


def test_dagster_finds_the_definitions_valid(tmp_path: Path) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "dagster", "definitions", "validate", "-m", "pipelines.definitions"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "RONGDUN_HOME": str(tmp_path)},
    )
    assert finished.returncode == 0, finished.stderr


def test_assets_are_named_after_tables_and_flow_one_way() -> None:
    graph = defs.resolve_asset_graph()
    flow = {
        key.to_user_string(): sorted(parent.to_user_string() for parent in graph.get(key).parent_keys)
        for key in graph.get_all_asset_keys()
    }
    assert flow == {
        "monitored_assets": [],
        "network_flows": ["monitored_assets"],
        "log_events": ["monitored_assets"],
        "alerts": ["log_events", "network_flows"],
        "pii_findings": ["log_events"],
        "data_accesses": ["log_events", "pii_findings"],
        "asset_posture": ["alerts", "data_accesses", "monitored_assets", "pii_findings"],
    }


@pytest.mark.parametrize(
    ("schedule", "cron"),
    [
        ("detect_every_minute", "* * * * *"),
        ("posture_every_five_minutes", "*/5 * * * *"),
        ("record_every_ten_minutes", "*/10 * * * *"),
        ("scan_daily", "0 2 * * *"),
    ],
)
def test_what_runs_when(schedule: str, cron: str) -> None:
    found = defs.resolve_schedule_def(schedule)
    assert (found.cron_schedule, found.default_status) == (cron, dg.DefaultScheduleStatus.RUNNING)


@pytest.mark.slow
def test_the_main_job_fills_the_tables_and_its_checks_hold(home: Settings) -> None:
    (home.inbox / "auth.log").write_text("".join(FAILED.format(second=at) for at in range(40)), encoding="utf-8")
    (home.inbox / "people.csv").write_text("name,mail\n" + "林一,lin@example.org\n" * 20, encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        result = defs.resolve_job_def("city").execute_in_process(
            instance=instance, resources={"settled": Settled(home=str(home.home))}
        )
    failed = {check.check_name for check in result.get_asset_check_evaluations() if not check.passed}
    assert result.success
    assert failed == {"network_flows_volume", "network_flows_freshness"}  # no flow was dropped
    with open_store(home) as store:
        assert store.value("SELECT count() FROM log_events") == 40
        assert store.value("SELECT count() FROM alerts WHERE has(event_ids, '')") == 0
        assert store.value("SELECT count() > 0 FROM pii_findings WHERE entity_type = 'EMAIL_ADDRESS'") == 1
        assert store.value("SELECT count() > 0 FROM audit_events WHERE action = 'dlp.scan' AND role = 'system'") == 1
        # What a run took in itself met the rules that it judges by, though they were never used before.
        assert store.value("SELECT count() > 0 AND NOT max(older_than_rule) FROM alert_delays") == 1


@pytest.mark.parametrize(
    ("delay", "rule_used_before", "passed"),
    [
        pytest.param(290, 3600, True, id="within five minutes"),
        pytest.param(310, 3600, False, id="later"),
        pytest.param(40_000, -1800, True, id="events older than their rule, judged again"),
    ],
)
def test_the_check_fails_when_alerts_come_late(home: Settings, delay: int, rule_used_before: int, passed: bool) -> None:
    arrived = datetime.now(UTC) - timedelta(hours=1)
    alert = {"alert_id": "a", "rule_id": "r", "rule_version": "v", "arrived_at": arrived}
    detected = {"detected_at": min(arrived + timedelta(seconds=delay), datetime.now(UTC))}
    used = {"rule_id": "r", "rule_version": "v", "first_used_at": arrived - timedelta(seconds=rule_used_before)}
    times: SchemaDict = dict.fromkeys(("arrived_at", "detected_at", "first_used_at"), pl.Datetime("ms", "UTC"))
    with open_store(home) as store:
        for table, row in (("alert_matches", {**alert, **detected}), ("rule_uses", used)):
            frame = pl.DataFrame([row], schema_overrides={name: times[name] for name in times if name in row})
            append(store, table, frame, token=f"{delay}")
    result = alerts_in_time(settled=Settled(home=str(home.home)))
    assert isinstance(result, dg.AssetCheckResult)
    assert result.passed is passed


@pytest.mark.parametrize(
    ("entries", "passed"),
    [
        pytest.param([], True, id="nothing is declared"),
        pytest.param(["*/people.csv"], True, id="all as declared"),
        pytest.param(["civil.never"], False, id="a data set without an entry"),
    ],
)
def test_the_check_warns_when_the_catalogue_drifts(home: Settings, entries: list[str], passed: bool) -> None:
    scan = {"scan_id": "s", "dataset": "/srv/people.csv", "grade": "general-2", "findings": 1}
    finished = pl.Series([datetime.now(UTC)], dtype=pl.Datetime("ms", "UTC"))
    declared = [
        registration({"dataset": name, "organisation": "o", "owner": "p"}, default_grading()) for name in entries
    ]
    with open_store(home) as store:
        append(store, "pii_scans", pl.DataFrame([scan]).with_columns(finished.alias("finished_at")), token="s")
        write_entries(store, declared)
    result = catalogue_fresh(settled=Settled(home=str(home.home)))
    assert isinstance(result, dg.AssetCheckResult)
    assert (result.passed, result.severity) == (passed, dg.AssetCheckSeverity.WARN)
    assert result.metadata["drift/no_entry"].value == (0 if "*/people.csv" in entries else 1)


def test_the_head_of_the_record_is_kept_and_its_loss_fails_the_run(home: Settings) -> None:
    with open_store(home) as store:
        event = record(store, AuditStep("rongdun", Role.SYSTEM, "dlp.scan", "dataset", "d1", "daily scan"))
    resources = {"settled": Settled(home=str(home.home))}
    assert defs.resolve_job_def("record").execute_in_process(resources=resources).success
    assert kept_head(home.audit_heads) == ChainHead(event.seq, event.hash)
    with open_store(home) as store:
        store.execute("TRUNCATE TABLE audit_events")
    assert not defs.resolve_job_def("record").execute_in_process(resources=resources, raise_on_error=False).success


def test_the_scheduled_posture_goes_by_the_citys_own_thresholds(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "content"
    own.mkdir()
    (own / "thresholds.yml").write_text("nothing: here\n", encoding="utf-8")
    monkeypatch.setenv("RONGDUN_RULES", str(own))
    with pytest.raises(WeightsInvalid, match=str(own)):
        asset_posture(settled=Settled(home=str(home.home)))


def test_a_step_waits_for_a_database_that_went_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RONGDUN_CLICKHOUSE_URL", "clickhouse://127.0.0.1:9/rongdun")
    with pytest.raises(dg.RetryRequested) as waiting, Settled(home=str(tmp_path)).open():
        raise AssertionError("nothing answers there")
    assert isinstance(waiting.value.__cause__, ConnectionFailed)
    assert waiting.value.max_retries > 0


def test_only_files_left_alone_for_a_while_are_taken_up_and_links_never(tmp_path: Path) -> None:
    dropped = tmp_path / "in" / "deep" / "a.log"
    dropped.parent.mkdir(parents=True)
    dropped.write_text("x", encoding="utf-8")
    (tmp_path / "in" / "link.log").symlink_to("/etc/hostname")
    changed = dropped.stat().st_ctime_ns
    later = time.time_ns() + 10**9
    assert settled_files(tmp_path / "in", after=0, before=later) == [(changed, dropped)]
    assert settled_files(tmp_path / "in", after=0, before=changed - 1) == []
    assert settled_files(tmp_path / "in", after=changed, before=later) == []


def test_the_drop_folder_is_read_once_per_change(home: Settings) -> None:
    (home.inbox / "auth.log").write_text(FAILED.format(second=1), encoding="utf-8")
    sensor = defs.resolve_sensor_def("inbox")
    old = time.time() - 60
    os.utime(home.inbox / "auth.log", (old, old))
    with dg.build_sensor_context(resources={"settled": Settled(home=str(home.home))}) as waiting:
        assert sensor.evaluate_tick(waiting).run_requests == []
    time.sleep(3.2)
    with dg.build_sensor_context(resources={"settled": Settled(home=str(home.home))}) as context:
        tick = sensor.evaluate_tick(context)
    requests = tick.run_requests or []
    assert len(requests) == 1
    assert requests[0].run_config["ops"]["telemetry"]["config"]["paths"] == [str(home.inbox / "auth.log")]
    with dg.build_sensor_context(cursor=tick.cursor, resources={"settled": Settled(home=str(home.home))}) as again:
        assert sensor.evaluate_tick(again).run_requests == []
