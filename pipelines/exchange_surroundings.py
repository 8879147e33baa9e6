"""What exchanges are seen with: who is who, the catalogue, and the grades of data sets as they stand."""

from collections.abc import Iterable
from dataclasses import dataclass

from dlp.exchange_policy import ExchangePolicy
from dlp.exchanges import grade_of, went_masked
from dlp.levels import Organisations, Standing, Way, way
from dlp.policy import GRADES
from dlp.uses import GradedColumn
from pipelines.catalogue_names import EntriesByName, entries_by_name
from pipelines.exchange_parties import organisations
from pipelines.exchange_rows import Row
from pipelines.grades_in_use import ScannedColumns, columns_by_name, columns_of, names_in_use
from store.client import Store

_WHOLE = "SELECT dataset, toString(grade) AS grade FROM data_catalogue WHERE grade != ''"
_ASSETS = "SELECT asset_id, organisation FROM monitored_assets WHERE organisation != ''"


@dataclass(frozen=True)
class Surroundings:
    """One look at everything that an exchange is seen with.

    Attributes:
        whole: grades of data sets as a whole, by their names in use.
        owners: the organisation of each monitored asset.
        columns: graded columns of scanned data sets, by their names in use.
    """

    policy: ExchangePolicy
    organisations: Organisations
    entries: EntriesByName
    whole: dict[str, str]
    owners: dict[str, str]
    columns: ScannedColumns

    @classmethod
    def of(cls, store: Store, policy: ExchangePolicy) -> "Surroundings":
        """The surroundings as they stand.

        Raises:
            QueryFailed: ClickHouse refused a question.
        """
        whole: dict[str, str] = {}
        for row in store.rows(_WHOLE):
            for name in (str(row["dataset"]).lower(), *names_in_use(str(row["dataset"]))):
                whole[name] = max(whole.get(name, ""), str(row["grade"]), key=_strictness)
        owners = {str(row["asset_id"]): str(row["organisation"]) for row in store.rows(_ASSETS)}
        names, entries = organisations(store, policy), entries_by_name(store)
        return cls(policy, names, entries, whole, owners, columns_by_name(store))

    def direction(self, sender_level: str, receiver_level: str) -> Way:
        """Which way data goes between two levels."""
        return way(sender_level, receiver_level, self.policy.ranks)

    def sides(self, sender: Standing, receiver: Standing) -> Row:
        """Both sides of an exchange, and which way it went, as columns."""
        return {
            "sender": sender.name,
            "sender_level": sender.level,
            "sender_scope": sender.scope,
            "receiver": receiver.name,
            "receiver_level": receiver.level,
            "receiver_scope": receiver.scope,
            "direction": self.direction(sender.level, receiver.level),
        }

    def sender_of(self, named: str, stated_level: str, dataset: str, asset_id: str) -> Standing:
        """Who gave a data set: as the record says, else whose it is by the catalogue, else whose system wrote."""
        if named:
            return self.organisations.of(named, stated_level)
        entry = self.entries.entry_of(dataset)
        return self.organisations.of(entry.organisation if entry else self.owners.get(asset_id, ""), stated_level)

    def parties_between(self, source: str, target: str) -> tuple[Standing, Standing] | None:
        """The two organisations of a way between data sets; None where it is one, or the level of one is unknown."""
        entries = self.entries.entry_of(source), self.entries.entry_of(target)
        if entries[0] is None or entries[1] is None:
            return None
        sender, receiver = (self.organisations.of(entry.organisation) for entry in entries if entry is not None)
        if self.organisations.same(sender.name, receiver.name) or not (sender.level and receiver.level):
            return None
        return sender, receiver

    def grade(self, dataset: str, columns: Iterable[str]) -> str:
        """The grade of some columns of a data set as it stands, '' where no scan tells."""
        return grade_of(columns, self._graded(dataset), self._whole_grade(dataset))

    def masked(self, dataset: str, columns: Iterable[str]) -> bool | None:
        """Whether some columns of a data set are masked where it lies; None where no scan tells."""
        return went_masked(columns, self._graded(dataset))

    def _graded(self, dataset: str) -> dict[str, GradedColumn]:
        found = (columns_of(self.columns, name) for name in _names(dataset))
        return next(filter(None, found), {})

    def _whole_grade(self, dataset: str) -> str:
        return next((self.whole[name] for name in _names(dataset) if name in self.whole), "")


def _names(dataset: str) -> list[str]:
    """The names to look for, the fullest first; an entry that is a pattern is known by the name in use of its data."""
    known = dataset.lower()
    return list(dict.fromkeys([known, *sorted(names_in_use(dataset)), known.rsplit(".", 1)[-1]]))


def _strictness(grade: str) -> int:
    return GRADES.index(grade) if grade in GRADES else -1
