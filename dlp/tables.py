"""The verdicts on all columns of a table, each in the light of the others."""

from collections.abc import Mapping

from dlp.attributes import attribute_verdicts
from dlp.column_names import NameHints
from dlp.columns import ColumnEvidence
from dlp.neighbours import with_neighbours
from dlp.policy import Policy
from dlp.verdicts import Verdict, verdicts


def table_verdicts(
    evidence: Mapping[str, ColumnEvidence], hints: Mapping[str, NameHints], policy: Policy
) -> dict[str, list[Verdict]]:
    """What each column holds; the columns in the order of the table, since neighbours speak for each other."""
    informed = with_neighbours(hints, evidence, policy)
    return {
        column: [
            *verdicts(evidence[column], informed[column], policy),
            *attribute_verdicts(evidence[column], informed[column], policy),
        ]
        for column in evidence
    }
