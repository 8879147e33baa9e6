"""What runs when: the main job, detection, posture and the kept head by the minute, the daily scan, the drop folder."""

import time
from hashlib import sha256
from pathlib import Path

import dagster as dg

from pipelines.defs.record import record
from pipelines.defs.resources import Settled
from store.errors import StoreError
from store.session import open_store

SETTLED_SECONDS = 3  # a file untouched for this long is taken to be complete
RUNNING = dg.DefaultScheduleStatus.RUNNING


_NEWEST = "SELECT toString(max(committed_at)) || ' ' || toString(count()) FROM ingested_batches"
_NOTHING = "1970-01-01 00:00:00.000 0"
_DETECTING = dg.RunsFilter(
    tags={"rongdun/kind": "detect"},
    statuses=[
        dg.DagsterRunStatus.QUEUED,
        dg.DagsterRunStatus.NOT_STARTED,
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
    ],
)

_WHAT: dict[str, tuple[str, list[str] | dg.AssetSelection]] = {
    "city": ("Everything, once: inventory, telemetry, alerts, personal data, posture.", dg.AssetSelection.all()),
    "intake": ("Read what was dropped.", ["network_flows", "log_events", "pii_findings"]),
    "detect": ("Judge what arrived.", ["alerts", "data_accesses"]),
    "scan": ("Look for personal data.", ["pii_findings"]),
    "posture": ("Score every asset.", ["asset_posture"]),
}
CITY, INTAKE, DETECT, SCAN, POSTURE = (
    dg.define_asset_job(
        name,
        selection=selection,
        description=description,
        tags={"rongdun/kind": name},
        executor_def=dg.in_process_executor,
    )
    for name, (description, selection) in _WHAT.items()
)

JOBS = [CITY, INTAKE, DETECT, SCAN, POSTURE]

SCHEDULES = [
    dg.ScheduleDefinition(name="detect_every_minute", job=DETECT, cron_schedule="* * * * *", default_status=RUNNING),
    dg.ScheduleDefinition(
        name="posture_every_five_minutes", job=POSTURE, cron_schedule="*/5 * * * *", default_status=RUNNING
    ),
    dg.ScheduleDefinition(
        name="record_every_ten_minutes", job=record, cron_schedule="*/10 * * * *", default_status=RUNNING
    ),
    dg.ScheduleDefinition(
        name="scan_daily",
        job=SCAN,
        cron_schedule="0 2 * * *",
        execution_timezone="Asia/Shanghai",
        default_status=RUNNING,
    ),
]


@dg.sensor(job=INTAKE, minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def inbox(context: dg.SensorEvaluationContext, settled: Settled) -> dg.SensorResult:
    """One run for the files that were dropped, or changed, since the last look."""
    seen = int(context.cursor or 0)
    dropped = settled_files(settled.settings().inbox, after=seen, before=time.time_ns() - SETTLED_SECONDS * 10**9)
    if not dropped:
        return dg.SensorResult(skip_reason="nothing new in the drop folder")
    paths = [str(path) for _, path in dropped]
    request = dg.RunRequest(
        run_key=sha256(repr(dropped).encode()).hexdigest(),
        run_config={
            "ops": {"telemetry": {"config": {"paths": paths}}, "pii_findings": {"config": {"targets": paths}}},
        },
    )
    return dg.SensorResult(run_requests=[request], cursor=str(dropped[-1][0]))


@dg.sensor(job=DETECT, minimum_interval_seconds=15, default_status=dg.DefaultSensorStatus.RUNNING)
def arrivals(context: dg.SensorEvaluationContext, settled: Settled) -> dg.SensorResult:
    """A run as soon as something has come that was not there at the last one; the schedule is for what only time tells.

    From the wire to an alert within a minute: a run that waits for the next full minute, and then for its process to
    start, comes too late for what arrived just after the last one.
    """
    if context.instance.get_run_records(_DETECTING, limit=1):
        return dg.SensorResult(skip_reason="a run judges, or waits to")
    try:
        with open_store(settled.settings()) as store:
            newest = str(store.value(_NEWEST))
    except StoreError as error:
        return dg.SensorResult(skip_reason=f"the database does not answer: {error}")
    if newest == (context.cursor or _NOTHING):
        return dg.SensorResult(skip_reason="nothing new since the last run")
    # A run that was asked for the same telemetry and failed is asked for again by the schedule.
    return dg.SensorResult(run_requests=[dg.RunRequest(run_key=newest)], cursor=newest)


def settled_files(folder: Path, *, after: int, before: int) -> list[tuple[int, Path]]:
    """The files below a folder whose last change lies between two times (ns since 1970), oldest first.

    The change time, not the modification time, since a file moved in keeps the latter. Links are left alone:
    what they point to was not dropped here.
    """
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    changed = ((path.stat().st_ctime_ns, path) for path in files)
    return sorted(entry for entry in changed if after < entry[0] <= before)


SENSORS = [inbox, arrivals]
