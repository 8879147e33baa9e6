"""Fields inside of cells as columns of their own, so that the masking checks judge them as they judge columns."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from dlp.columns import ColumnEvidence
from dlp.counting import counted
from dlp.documents import cell_fields
from dlp.mask_columns import ColumnFacts
from dlp.mask_policy import ChecksPolicy
from dlp.mask_tables import table_facts
from dlp.policy import Policy

_MOST_COLUMNS = 40  # whose cells are taken apart
_MOST_FIELDS = 256  # of a column
_MOST_ITEMS = 4  # of a list, each as a column of its own
# Keys that are values themselves, such as telephones, differ from cell to cell: a field is in many cells.
_FEWEST, _LEAST_SHARE = 3, 0.05


def field_columns(cells: pl.Series) -> dict[str, pl.Series]:
    """The values of every field of a column's cells, row by row; null where the cell has no such field.

    A field that a cell holds several times, such as a list, gives `name`, `name (2)` and so on.
    """
    rows = [_numbered(cell) if cell else {} for cell in cells.cast(pl.String).to_list()]
    seen = Counter(name for row in rows for name in row)
    least = max(_FEWEST, _LEAST_SHARE * sum(map(bool, rows)))
    names = [name for name, times in seen.items() if times >= least][:_MOST_FIELDS]
    return {name: pl.Series(name, [row.get(name) for row in rows], dtype=pl.String) for name in names}


def field_facts(
    evidence: Mapping[str, ColumnEvidence],
    sample: pl.DataFrame,
    *,
    dataset: str,
    policy: Policy,
    checks: ChecksPolicy,
    key: bytes,
) -> list[ColumnFacts]:
    """The fields inside of the cells of a table as the masking checks see columns, judged over the sample's rows.

    Args:
        evidence: what was counted of the table, by column.
        sample: some rows, whole.
        dataset: what the house's declarations call the table.
        policy: types and names.
        checks: what columns are declared to hold.
        key: behind fingerprints.
    """
    holding = [name for name in sample.columns if name in evidence and evidence[name].documents.rows]
    found = []
    for name in holding[:_MOST_COLUMNS]:
        fields = {f"{name}.{field}": values for field, values in field_columns(sample[name]).items()}
        within = {field: ColumnEvidence() for field in fields}
        for field, values in fields.items():
            within[field].observe(counted(values), key=key, policy=policy)
        called = {field: field[len(name) + 1 :] for field in fields}
        rows = pl.DataFrame([values.alias(field) for field, values in fields.items()])
        facts = table_facts(within, rows, dataset=dataset, policy=policy, checks=checks, called=called)
        found += [replace(one, inside=name) for one in facts]
    return found


def _numbered(cell: str) -> dict[str, str]:
    found: dict[str, str] = {}
    times: Counter[str] = Counter()
    for name, value in cell_fields(cell):
        times[name] += 1
        if times[name] <= _MOST_ITEMS:
            found[name if times[name] == 1 else f"{name} ({times[name]})"] = value
    return found
