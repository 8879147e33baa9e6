"""How long the judgement took: from an event's arrival to its alert, against the plan's five minutes (R11)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files

from store.client import Store

PROMISED_SECONDS = 300
RECENT = timedelta(days=1)


@dataclass(frozen=True)
class DetectionDelay:
    """Seconds from the arrival of the event that completed an alert to the alert; zeros where there is no alert.

    Attributes:
        alerts: of events that arrived when their rule was already in use.
        found_later: alerts of older events, which a new or changed rule found when it judged them again.
        in_time: how many of `alerts` came within the five minutes.
    """

    alerts: int
    found_later: int
    in_time: int
    p50_seconds: float
    p95_seconds: float
    p99_seconds: float

    @property
    def is_kept(self) -> bool:
        """Whether nineteen of twenty alerts came within the five minutes."""
        return self.p95_seconds <= PROMISED_SECONDS


def detection_delay(store: Store, *, since: datetime | None = None) -> DetectionDelay:
    """The delay of the alerts detected since a moment (UTC), by default within the last day.

    Arrival counts, not the event's own time: a capture of last week could not have been judged before it came.
    """
    row = store.rows(
        files("pipelines").joinpath("sql", "detection_delay.sql").read_text("utf-8"),
        {"since": since or datetime.now(UTC) - RECENT, "promised_seconds": PROMISED_SECONDS},
    )[0]
    return DetectionDelay(
        alerts=int(str(row["alerts"])),
        found_later=int(str(row["found_later"])),
        in_time=int(str(row["in_time"])),
        p50_seconds=float(str(row["p50_seconds"])),
        p95_seconds=float(str(row["p95_seconds"])),
        p99_seconds=float(str(row["p99_seconds"])),
    )
