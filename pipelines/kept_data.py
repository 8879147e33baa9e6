"""Data that should be gone by the catalogue: what scans still find of it, and the names under which it may be used."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from dlp.kept_data import Holding, earliest, kept_beyond
from dlp.registrations import Registration, registration_of
from dlp.uses import Breach
from pipelines.alert_rows import utc
from pipelines.catalogue import registered_datasets
from pipelines.grades_in_use import names_in_use
from store.client import Store

_FOUND = """
SELECT found.dataset AS dataset, found.scanned_at AS found_last, found.scope AS scope, found.asset_id AS asset_id,
    first_scans.found_first AS found_first
FROM (SELECT * FROM data_catalogue WHERE findings > 0) AS found
INNER JOIN (SELECT dataset, min(finished_at) AS found_first FROM pii_scans WHERE findings > 0 GROUP BY dataset)
    AS first_scans ON found.dataset = first_scans.dataset
ORDER BY dataset
"""
_SCANNED = "SELECT DISTINCT dataset FROM pii_scans"


def kept_data(store: Store, now: datetime) -> Iterator[tuple[Breach, Mapping[str, object]]]:
    """Every data set that should be gone at a time (UTC), with where it lies and when a scan last found it."""
    catalogue = _Catalogue(registered_datasets(store))
    if not catalogue.speaks_of_ends:
        return
    for row in store.rows(_FOUND):
        entry = catalogue.entry_of(str(row["dataset"]))
        breach = kept_beyond(_holding(row, entry), now) if entry is not None else None
        if breach is not None:
            yield breach, {"scope": row["scope"], "asset_id": row["asset_id"], "arrived_at": row["found_last"]}


def destroyed_names(store: Store) -> dict[str, date]:
    """The day of destruction by the names, in small letters, under which statements may use a data set."""
    catalogue = _Catalogue(registered_datasets(store))
    if not catalogue.speaks_of_ends:
        return {}
    scanned = {str(row["dataset"]) for row in store.rows(_SCANNED)}
    entries = [(dataset, catalogue.entry_of(dataset)) for dataset in scanned | catalogue.exact.keys()]
    days = [(dataset, entry.destroyed_on) for dataset, entry in entries if entry is not None]
    return earliest([(name, day) for dataset, day in days if day is not None for name in names_in_use(dataset)])


class _Catalogue:
    """The entries, found by name at once; patterns are few and are tried one after the other."""

    def __init__(self, entries: tuple[Registration, ...]) -> None:
        self.exact = {entry.dataset: entry for entry in entries if not set("*?") & set(entry.dataset)}
        self._patterns = tuple(entry for entry in entries if entry.dataset not in self.exact)
        self.speaks_of_ends = any(entry.retention_days or entry.destroyed_on for entry in entries)

    def entry_of(self, dataset: str) -> Registration | None:
        """The entry that a data set falls under."""
        return self.exact.get(dataset) or registration_of(dataset, self._patterns)


def _holding(row: Mapping[str, object], entry: Registration) -> Holding:
    return Holding(
        dataset=str(row["dataset"]),
        found_first=utc(row["found_first"]),
        found_last=utc(row["found_last"]),
        retention_days=entry.retention_days,
        destroyed_on=entry.destroyed_on,
    )
