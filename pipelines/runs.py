"""Dagster's runs and their processes: which process works on a run, and whether it still lives."""

import psutil
from dagster import DagsterEventType, DagsterInstance
from dagster._core.launcher import CheckRunHealthResult, DefaultRunLauncher, WorkerStatus
from dagster._core.storage.dagster_run import DagsterRun

# A run says that it starts after its process has started; the two are read from different clocks of one machine.
_CLOCKS_DIFFER_SECONDS = 2.0


class WatchedRunLauncher(DefaultRunLauncher):
    """Dagster's own launcher, which also tells the daemon whether a run's process lives.

    The process that launched a run would notice, but that one may have died with it: then the run would count as
    running without end and hold the place of the next.
    """

    @property
    def supports_check_run_worker_health(self) -> bool:
        """True: the daemon asks."""
        return True

    def check_run_worker_health(self, run: DagsterRun) -> CheckRunHealthResult:
        """Whether the process of a started run lives; it counts as gone when its id now is another process's."""
        process = worker(self._instance, run.run_id)
        if process is not None:
            return CheckRunHealthResult(WorkerStatus.RUNNING)
        return CheckRunHealthResult(WorkerStatus.NOT_FOUND, "the process that worked on this run was killed")


def worker(instance: DagsterInstance, run_id: str) -> psutil.Process | None:
    """The living process that works on a run, None when it ended or never said that it starts."""
    for entry in instance.all_logs(run_id, of_type=DagsterEventType.RUN_START):
        pid = entry.dagster_event.pid if entry.dagster_event else None
        if pid is None:
            continue
        try:
            process = psutil.Process(pid)
            older = process.create_time() <= entry.timestamp + _CLOCKS_DIFFER_SECONDS
            return process if older and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None
    return None
