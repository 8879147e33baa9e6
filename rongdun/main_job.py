"""The main job: Dagster's `city` job run here and now, with its steps' progress and times."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import dagster as dg

from pipelines.definitions import defs
from rongdun.dagster_home import dagster_home
from rongdun.errors import StartFailed
from rongdun.settings import Settings

_SHOWN = {
    "monitored_assets": "import the inventory",
    "telemetry": "ingest",
    "alerts": "detect",
    "pii_findings": "scan for personal data",
    "data_accesses": "judge uses of data",
    "asset_posture": "score",
}


@dataclass(frozen=True)
class StepTime:
    """How long one step took."""

    step: str
    seconds: float


def run_main_job(
    settings: Settings, *, paths: list[Path], targets: list[str], progress: Callable[[float, str], None]
) -> list[StepTime]:
    """The steps of one run over these files and data sets, in order, with their times.

    Raises:
        StartFailed: a step failed; the message carries its cause.
    """
    run_id = str(uuid.uuid4())
    finished: list[str] = []

    def listen(event: dg.EventLogEntry) -> None:
        if event.dagster_event and event.dagster_event.is_step_success and event.step_key in _SHOWN:
            finished.append(event.step_key)
            progress(len(finished) / len(_SHOWN), f"done: {_SHOWN[event.step_key]}")

    with dg.DagsterInstance.from_config(str(dagster_home(settings))) as instance:
        instance.add_event_listener(run_id, listen)
        result = defs.resolve_job_def("city").execute_in_process(
            instance=instance,
            run_id=run_id,
            raise_on_error=False,
            run_config={
                "ops": {
                    "telemetry": {"config": {"paths": [str(path) for path in paths]}},
                    "pii_findings": {"config": {"targets": targets}},
                },
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
        )
        if not result.success:
            raise StartFailed(f"the main job failed: {_cause(result)}")
        stats = instance.get_run_step_stats(run_id)
    times = [
        StepTime(_SHOWN.get(step.step_key, "checks"), step.end_time - step.start_time)
        for step in sorted(stats, key=lambda step: step.start_time or 0.0)
        if step.start_time and step.end_time
    ]
    names = dict.fromkeys(entry.step for entry in times)
    return [StepTime(name, sum(entry.seconds for entry in times if entry.step == name)) for name in names]


def _cause(result: dg.ExecuteInProcessResult) -> str:
    for event in result.all_events:
        if event.is_step_failure and event.step_failure_data.error is not None:
            error = event.step_failure_data.error
            deepest = error.cause or error
            return f"{event.step_key}: {deepest.message.strip()}"
    return "no step says why; see the run in Dagster"
