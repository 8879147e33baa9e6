"""What a process has cost."""

import psutil


def processor_seconds(process: psutil.Process) -> float:
    """The processor seconds that a process has had, of its own and of the system."""
    times = process.cpu_times()
    return float(times.user + times.system)
