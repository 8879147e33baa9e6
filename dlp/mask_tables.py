"""The columns of a table for the masking checks, each in the light of the others."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import polars as pl

from dlp.attributes import attribute_verdicts
from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.mask_columns import ColumnFacts, column_facts
from dlp.mask_policy import ChecksPolicy
from dlp.neighbours import with_neighbours
from dlp.policy import Policy
from dlp.verdicts import verdicts

_SURE = 0.5  # confidence
_MOST_COLUMNS = 2000  # compared with one another
_AS_NAMED: Mapping[str, str] = MappingProxyType({})


def table_facts(
    evidence: Mapping[str, ColumnEvidence],
    sample: pl.DataFrame,
    *,
    dataset: str,
    policy: Policy,
    checks: ChecksPolicy,
    called: Mapping[str, str] = _AS_NAMED,
) -> list[ColumnFacts]:
    """The columns of a table, each in the light of the others, as the masking checks see them.

    Args:
        evidence: what was counted over all rows, by column, in the order of the table.
        sample: some rows, whole; it may have columns that nothing was counted of.
        dataset: what the house's declarations call the table.
        policy: types and names.
        checks: what columns are declared to hold.
        called: what the names say of columns that have others, by column.
    """
    sampled = {series.name: series for series in sample.get_columns()}
    nothing = pl.Series([None] * sample.height, dtype=pl.String)
    names = list(dict.fromkeys([*evidence, *sampled]))[:_MOST_COLUMNS]
    counted = {name: evidence.get(name, ColumnEvidence()) for name in names}
    hints = with_neighbours({name: name_hints(called.get(name, name), policy) for name in names}, counted, policy)
    found = []
    for name in names:
        rows = sampled.get(name, nothing)
        judged = verdicts(counted[name], hints[name], policy)
        facts = column_facts(
            name,
            counted[name],
            judged,
            rows,
            dataset=dataset,
            policy=policy,
            checks=checks,
            hints=hints[name],
            called=called.get(name, ""),
        )
        found.append(replace(facts, attributes=_attributes(facts, policy)))
    return found


def _attributes(column: ColumnFacts, policy: Policy) -> tuple[str, ...]:
    if column.evidence.valued:
        found = attribute_verdicts(column.evidence, column.hints, policy)
        return tuple(one.entity_type for one in found if not one.masked and one.confidence > _SURE)
    # Fractions, dates and pictures are not counted: there the name alone tells.
    return tuple(sorted(column.hints.attributes - column.hints.vaguely))
