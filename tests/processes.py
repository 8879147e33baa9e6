"""Processes as tests ask about them."""

import psutil


def is_gone(pid: int) -> bool:
    """Whether a process runs no more; whoever inherited it may not have asked after its end yet."""
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
