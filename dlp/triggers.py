"""What asks for a new look at a grade that somebody confirmed: GB/T 43697-2024 annex J."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dlp.grading_policy import GradingPolicy


@dataclass(frozen=True)
class DatasetState:
    """What is known of a data set at one moment.

    Attributes:
        rows: rows it had.
        unmasked: types of personal data that stood there unmasked.
        masked: types whose every value was masked.
        purpose: what it is for and who gets it, in one text.
        derived_from: the data sets that it was made from.
    """

    rows: int
    unmasked: frozenset[str]
    masked: frozenset[str]
    purpose: str = ""
    derived_from: tuple[str, ...] = ()


def triggers(
    confirmed: DatasetState,
    now: DatasetState,
    *,
    confirmed_at: datetime,
    at: datetime,
    incidents: int,
    grading: GradingPolicy,
) -> tuple[str, ...]:
    """The triggers, by their names in the grading policy, that fired since a grade was confirmed.

    Args:
        confirmed: the data set as it was when the grade was confirmed.
        now: as it is.
        confirmed_at: when that was; UTC.
        at: the present; UTC.
        incidents: confirmed incidents on its system since then.
        grading: the thresholds.
    """
    fired = {
        "size_change": _resized(confirmed.rows, now.rows, grading.resize_factor),
        "content_change": bool((now.unmasked | now.masked) - (confirmed.unmasked | confirmed.masked)),
        "protection_change": bool((now.unmasked & confirmed.masked) | (now.masked & confirmed.unmasked)),
        "scenario_change": now.purpose != confirmed.purpose,
        "merge": bool(set(now.derived_from) - set(confirmed.derived_from)),
        "incident": incidents > 0,
        "staleness": at - confirmed_at > timedelta(days=grading.stale_days),
    }
    return tuple(_in_order(fired, grading))


def _in_order(fired: dict[str, bool], grading: GradingPolicy) -> Iterator[str]:
    return (name for name in grading.triggers if fired.get(name))


def _resized(before: int, now: int, factor: float) -> bool:
    return max(before, now) >= factor * max(1, min(before, now)) and before != now
