"""Whether an entry of the catalogue still says what is so: overdue, never met, gone, drifted (R37).

Decided here and nowhere else; what is known of entries and data sets is handed in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from dlp.freshness_policy import DriftKind, FreshnessPolicy


@dataclass(frozen=True)
class ColumnChange:
    """What is other in a column: `new`, `gone`, `masked`, `unmasked` or `regraded`.

    A change of `number` says how many columns there are. `before` and `after` are grades or numbers.
    """

    change: str
    column: str = ""
    entity_type: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        if self.change == "number":
            return f"columns: {self.before} → {self.after}"
        if self.change == "regraded":
            return f"{self.column} ({self.entity_type}): {self.before} → {self.after}"
        return f"{self.column} ({self.entity_type}): {self.change}"


@dataclass(frozen=True)
class Standing:
    """An entry with one of the data sets that fall under it; an entry without one; or a data set without an entry.

    Attributes:
        entry: the name or pattern of the entry, '' where there is none.
        dataset: as scans name it, '' where none has been met.
        grade: as it stands. `grade_found`, `grade_then`: as scans suggest it now, and did when the entry was confirmed.
        changed_at: when the entry was changed last, UTC; `confirmed_at`: when a person last stood by it.
        looked_at: when a scan last came by, UTC; `used_at`: when a use or an exchange was last logged.
        is_gone: whether the last scan to look for the data set did not find it.
        is_destroyed: whether its destruction is on record.
        columns_changed: what is other in its columns since the entry was confirmed.
        persons_declared: None where nobody said; `persons_counted`: 0 where nothing could be counted.
        is_counted_whole: whether all of the data set was looked at.
    """

    entry: str
    dataset: str = ""
    organisation: str = ""
    owner: str = ""
    scope: str = ""
    grade: str = ""
    grade_found: str = ""
    grade_then: str = ""
    changed_at: datetime | None = None
    confirmed_at: datetime | None = None
    looked_at: datetime | None = None
    used_at: datetime | None = None
    is_gone: bool = False
    is_destroyed: bool = False
    columns_changed: tuple[ColumnChange, ...] = ()
    persons_declared: int | None = None
    persons_counted: int = 0
    is_counted_whole: bool = True

    @property
    def name(self) -> str:
        """The data set, or where none is known the entry."""
        return self.dataset or self.entry


@dataclass(frozen=True)
class Drift:
    """Something that is not, or no longer, as the catalogue says; `about` are days, columns, grades or numbers."""

    kind: DriftKind
    about: str = ""


def drifts(standing: Standing, policy: FreshnessPolicy, now: datetime) -> tuple[Drift, ...]:
    """Everything that is to be told at a time (UTC), in the order of the policy."""
    if not standing.entry:
        return () if standing.is_gone else (Drift("no_entry"),)
    if standing.is_destroyed:
        return ()
    if not standing.dataset:
        return tuple(_of_entry(standing, policy, now))
    return (*_presence(standing, policy, now), *_of_entry(standing, policy, now), *_content(standing, policy))


def _presence(standing: Standing, policy: FreshnessPolicy, now: datetime) -> Iterator[Drift]:
    if standing.is_gone:
        yield Drift("gone")
    elif standing.looked_at is not None and _days(standing.looked_at, now) > policy.period(standing.grade).scan_days:
        yield Drift("scan_overdue", str(_days(standing.looked_at, now)))


def _of_entry(standing: Standing, policy: FreshnessPolicy, now: datetime) -> Iterator[Drift]:
    if not standing.dataset and standing.used_at is None:
        yield Drift("never_met")
    since = standing.confirmed_at or standing.changed_at
    if since is not None and _days(since, now) > policy.period(standing.grade).entry_days:
        yield Drift("entry_overdue", str(_days(since, now)))


def _content(standing: Standing, policy: FreshnessPolicy) -> Iterator[Drift]:
    if standing.is_gone:
        return
    if standing.columns_changed:
        yield Drift("columns_changed", "; ".join(map(str, standing.columns_changed)))
    if standing.grade_then != standing.grade_found:
        yield Drift("regraded", f"{standing.grade_then or '-'} → {standing.grade_found or '-'}")
    declared, counted = standing.persons_declared, standing.persons_counted
    if declared is None or not counted:
        return
    # A sample counts fewer than there are: that says nothing.
    fewer = standing.is_counted_whole and counted * policy.persons_factor < declared
    if fewer or counted > declared * policy.persons_factor:
        yield Drift("persons_differ", f"{declared} → {counted}")


def _days(since: datetime, now: datetime) -> int:
    return (now - since) // timedelta(days=1)
