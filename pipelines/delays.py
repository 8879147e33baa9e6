"""How long the judgement took: from an event's arrival to its alert, against the plan's five minutes (R11)."""

from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files

from store.client import Store


@dataclass(frozen=True)
class DetectionDelay:
    """Seconds from the arrival of the event that completed an alert to the alert; zeros where there is no alert."""

    alerts: int
    within_five_minutes: int
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float


def detection_delay(store: Store, *, since: datetime) -> DetectionDelay:
    """The delay of the alerts detected since a moment (UTC).

    Arrival counts, not the event's own time: a capture of last week could not have been judged before it came.
    """
    row = store.rows(files("pipelines").joinpath("sql", "detection_delay.sql").read_text("utf-8"), {"since": since})[0]
    return DetectionDelay(
        alerts=int(str(row["alerts"])),
        within_five_minutes=int(str(row["within_five_minutes"])),
        p50_seconds=float(str(row["p50_seconds"])),
        p95_seconds=float(str(row["p95_seconds"])),
        p99_seconds=float(str(row["p99_seconds"])),
    )
