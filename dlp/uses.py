"""What is judged of uses of data, and what comes of it: uses of an hour, grades of columns, breaches."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True)
class Use:
    """What one account did with one data set within an hour, of one kind, under one ticket and purpose.

    Attributes:
        columns: columns used; `*` for all.
        hour: when the hour begins, UTC; `first`, `last`: the first and last of its events.
        rows: rows read or taken out, as far as the log says.
        exported: whether rows left the database; `written`: whether rows were changed.
        event_ids: some of its events.
        exchanged: whether it is an exchange between organisations, which is judged as such.
    """

    account: str
    dataset: str
    columns: frozenset[str]
    hour: datetime
    first: datetime
    last: datetime
    rows: int = 0
    exported: bool = False
    written: bool = False
    ticket: str = ""
    purpose: str = ""
    event_ids: tuple[str, ...] = ()
    exchanged: bool = False


@dataclass(frozen=True)
class GradedColumn:
    """The grade of a column as it stands, and whether its values are masked."""

    grade: str
    masked: bool = False


Grades = Mapping[str, Mapping[str, GradedColumn]]  # by data set, then by column


@dataclass(frozen=True)
class Breach:
    """A use that is to be told of.

    Attributes:
        check: the name of the check, a key of `detections/data_access.yml`.
        uses: what it is about, oldest first; none for a grant that lies unused, or data that is kept.
        grant_id: the grant that comes closest, '' for none.
        columns: the protected columns concerned.
        facts: what else to show, as text.
    """

    check: str
    uses: tuple[Use, ...]
    grant_id: str = ""
    columns: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def joined(self, other: "Breach") -> "Breach":
        """Two parts of one breach as one."""
        uses = tuple(sorted({*self.uses, *other.uses}, key=lambda use: (use.first, use.last, use.event_ids)))
        return replace(self, uses=uses, columns=tuple(sorted({*self.columns, *other.columns})))

    @property
    def identity(self) -> str:
        """The same for the same breach, however often it is looked for and whatever else arrives of its hour or day."""
        if not self.uses:
            return f"{self.check}\0{self.grant_id or self.facts.get('dataset', '')}"
        first = self.uses[0]
        if "receiver" in self.facts:
            ends = (first.dataset.lower(), self.facts["receiver"], self.facts.get("to_dataset", "").lower())
            return "\0".join((self.check, *ends, first.first.date().isoformat()))
        when = first.hour.date() if self.check == "over_budget" else first.hour
        return f"{self.check}\0{first.account}\0{first.dataset.lower()}\0{when.isoformat()}"
