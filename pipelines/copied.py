"""What became of a masked copy, table by table."""

from dataclasses import dataclass

from dlp.column_names import shown_name
from dlp.mask_checks import ordered
from dlp.mask_findings import MaskFinding
from dlp.mask_plan import Treatment


@dataclass(frozen=True)
class CopiedTable:
    """What became of one table of a masked copy.

    Attributes:
        name: of the data set that it was made of.
        rows: that were read of it.
        treatments: how each column was masked.
        findings: what the checks found on the copy.
    """

    name: str
    rows: int
    treatments: tuple[Treatment, ...]
    findings: tuple[MaskFinding, ...]


@dataclass(frozen=True)
class Copied:
    """What became of a masked copy.

    Attributes:
        tables: one by one.
        rejected: records that could not be read and are not in the copy.
        holds: whether the copy passed, and so is in its place.
    """

    tables: tuple[CopiedTable, ...]
    rejected: int
    holds: bool

    @property
    def rows(self) -> int:
        """The rows of all tables."""
        return sum(table.rows for table in self.tables)

    @property
    def treatments(self) -> tuple[Treatment, ...]:
        """How each column of all tables was masked."""
        return tuple(treatment for table in self.tables for treatment in table.treatments)

    @property
    def findings(self) -> tuple[MaskFinding, ...]:
        """What the checks found, most severe first."""
        return tuple(ordered([finding for table in self.tables for finding in table.findings]))

    def as_json(self) -> dict[str, object]:
        """The outcome as values that `json.dumps` takes."""
        return {
            "rows": self.rows,
            "columns": [_column(one) for one in self.treatments],
            "findings": [finding.as_json() for finding in self.findings],
            "rejected": self.rejected,
            "holds": self.holds,
            "tables": [
                {
                    "dataset": table.name,
                    "rows": table.rows,
                    "columns": [_column(one) for one in table.treatments],
                    "findings": [finding.as_json() for finding in table.findings],
                }
                for table in self.tables
            ],
        }


def _column(one: Treatment) -> dict[str, str]:
    return {"column": shown_name(one.column), "type": one.entity_type, "operator": one.words}
