"""What the listener counts, written down for `rongdun status` and everyone else who asks."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from store.files import write_whole
from store.processes import recognised

HEARD: Final = "listen-heard.json"
STORED: Final = "listen-stored.json"


@dataclass(frozen=True)
class HeardState:
    """What was received, by feed, since the receiver started; times in seconds since 1970.

    Attributes:
        started: when its process began, by which it is told from another that came to have its id.
        problem: why the spool takes nothing at the moment, or ''.
    """

    pid: int
    started: float
    feeds: dict[str, dict[str, int]] = field(default_factory=dict)
    connections: int = 0
    spool_bytes: int = 0
    spool_limit_bytes: int = 0
    problem: str = ""
    at: float = 0.0


@dataclass
class StoredState:
    """What was stored since the listener started.

    Attributes:
        rows: in the tables.
        rejected: what could not be read.
        segments: stored and deleted.
        waiting: closed segments that are still in the spool.
        oldest_seconds: how long the oldest of them has waited.
        missed_files: capture files that a ring took away before they were read.
        problem: why the database takes nothing at the moment, or ''.
    """

    pid: int
    started: float
    rows: int = 0
    rejected: int = 0
    segments: int = 0
    waiting: int = 0
    oldest_seconds: float = 0.0
    missed_files: int = 0
    problem: str = ""
    at: float = 0.0


def write_state(folder: Path, name: str, state: HeardState | StoredState) -> None:
    """Write a state down, whole, with the moment."""
    write_whole(folder / name, json.dumps({**asdict(state), "at": time.time()}))


def listening(folder: Path) -> dict[str, object] | None:
    """Whether a listener runs, what it or the last one counted, and the totals; None where none has run."""
    heard, stored = _read(folder / HEARD), _read(folder / STORED)
    if heard is None and stored is None:
        return None
    feeds = (heard or {}).get("feeds")
    counted = list(feeds.values()) if isinstance(feeds, dict) else []
    totals = {
        name: sum(int(feed.get(name, 0)) for feed in counted) for name in ("received", "dropped", "kernel_dropped")
    }
    return {
        "running": _runs(heard),
        **totals,
        "missed_files": (stored or {}).get("missed_files", 0),
        "stored": (stored or {}).get("rows", 0),
        "heard": heard,
        "storing": stored,
    }


def _runs(heard: dict[str, object] | None) -> bool:
    if heard is None:
        return False
    return recognised(int(str(heard.get("pid", 0))), float(str(heard.get("started", 0)))) is not None


def _read(path: Path) -> dict[str, object] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None
