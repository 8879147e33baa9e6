"""Data that is kept although it should be gone: past its period, or after its destruction was recorded (R44).

PIPL articles 19 and 47, paraphrased: personal information is kept no longer than its purpose needs, and is erased when
its period is over.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dlp.uses import Breach, Use

KEPT_TOO_LONG = "kept_too_long"
NOT_DESTROYED = "found_after_destruction"
USED_AFTER = "used_after_destruction"


@dataclass(frozen=True)
class Holding:
    """A data set in which the newest scan found personal data, and what the catalogue says of its end.

    Attributes:
        found_first: when a scan first found personal data in it, UTC: it is kept at least since then.
        found_last: when the newest scan did, UTC.
        retention_days: how long it may be kept, None where nobody said so.
        destroyed_on: the day of its destruction, None where none is recorded.
    """

    dataset: str
    found_first: datetime
    found_last: datetime
    retention_days: int | None = None
    destroyed_on: date | None = None


def kept_beyond(holding: Holding, now: datetime) -> Breach | None:
    """What is to be told of a data set at a time (UTC); None where it may be there.

    A scan of the day of the destruction itself may have come before it, and a day of the record may begin earlier than
    in UTC: what is found on the next day (UTC) was not destroyed.
    """
    facts = {"dataset": holding.dataset}
    if holding.destroyed_on is not None:
        if holding.found_last.date() <= holding.destroyed_on:
            return None
        found = {"destroyed_on": holding.destroyed_on.isoformat(), "found_on": holding.found_last.date().isoformat()}
        return Breach(NOT_DESTROYED, (), facts={**facts, **found})
    if holding.retention_days is None or now - holding.found_first <= timedelta(days=holding.retention_days):
        return None
    days = {"days": str((now - holding.found_first).days), "allowed": str(holding.retention_days)}
    return Breach(KEPT_TOO_LONG, (), facts={**facts, **days})


def used_after_destruction(uses: Iterable[Use], destroyed: Mapping[str, date]) -> Iterator[Breach]:
    """A breach for each use of a data set on a later day (UTC) than its destruction, by the name it is used under."""
    for use in uses:
        day = destroyed.get(use.dataset.lower())
        if day is not None and use.last.date() > day:
            yield Breach(USED_AFTER, (use,), facts={"destroyed_on": day.isoformat()})


def earliest(days: Iterable[tuple[str, date]]) -> dict[str, date]:
    """The first recorded destruction by name."""
    found: dict[str, date] = {}
    for name, day in days:
        found[name] = min(day, found.get(name, day))
    return found
