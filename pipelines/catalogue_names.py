"""Entries of the catalogue by the names under which statements and records use their data sets."""

from collections.abc import Iterable

from dlp.registrations import Registration, registration_of
from pipelines.catalogue import registered_datasets
from pipelines.grades_in_use import names_in_use
from store.client import Store

_SCANNED = "SELECT DISTINCT dataset FROM pii_scans ORDER BY dataset"


class EntriesByName:
    """The catalogue, asked with any name of a data set.

    A name is first looked for as it is. Else it may be the name in use of a data set that was scanned, or of an entry:
    `population.residents` of `*/copies/population.sqlite#residents`. Letter case does not count then.
    """

    def __init__(self, entries: tuple[Registration, ...], scanned: Iterable[str]) -> None:
        self.all_entries = entries
        self._exact = {entry.dataset: entry for entry in entries if not set("*?") & set(entry.dataset)}
        self._patterns = tuple(entry for entry in entries if entry.dataset not in self._exact)
        self._in_use: dict[str, Registration] = {}
        for entry in entries:
            for name in names_in_use(entry.dataset):
                if not set("*?") & set(name):
                    self._in_use.setdefault(name, entry)
        for dataset in scanned:
            found = self.entry_of_scanned(dataset)
            for name in names_in_use(dataset) if found is not None else ():
                self._in_use.setdefault(name, found)  # type: ignore[arg-type]  # the condition narrows it

    def entry_of(self, name: str) -> Registration | None:
        """The entry of a data set, by a name that a record or a statement uses; None where there is none."""
        known = self._exact.get(name) or self._in_use.get(name.lower())
        return known or registration_of(name, self._patterns)

    def entry_of_scanned(self, dataset: str) -> Registration | None:
        """The entry of a data set, by the name that scans have for it."""
        return self._exact.get(dataset) or registration_of(dataset, self._patterns)


def entries_by_name(store: Store) -> EntriesByName:
    """The catalogue as it stands."""
    scanned = [str(row["dataset"]) for row in store.rows(_SCANNED)]
    return EntriesByName(registered_datasets(store), scanned)
