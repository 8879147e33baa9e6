"""What a masked copy leaves in the clear inside of its cells: fields of JSON, of labelled text, of queries."""

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from dlp.mask_columns import ColumnFacts
from dlp.mask_findings import MaskCheck, MaskFinding
from dlp.mask_marks import is_masked
from dlp.mask_operators import KEYED, STILL_LOOKS_LIKE
from dlp.mask_plan import Treatment
from dlp.registry import KINDS

_FEWEST_LETTERS = 2  # a value of one character is the same as many others


def left_in_fields(
    before: Sequence[ColumnFacts],
    after: Sequence[ColumnFacts],
    treated: Mapping[str, Treatment],
    wanted: Collection[str],
) -> list[MaskFinding]:
    """The fields of a copy that hold personal data in the clear, or values that did not change.

    Args:
        before: the fields as they were, over some rows.
        after: the fields of the copy, over the same rows.
        treated: how each column was masked.
        wanted: the types that must not be left.
    """
    were = {field.name: field for field in before}
    found = []
    for field in after:
        treatment = treated.get(field.inside)
        for entity_type in _types(field) & set(wanted):
            rows = _raw_rows(field, entity_type)
            same = _same(were.get(field.name), field, entity_type)
            if rows and (same or not _explains(treatment, entity_type)):
                found.append(_finding(field, entity_type, max(rows, same)))
    told = {(finding.columns[0], finding.entity_type) for finding in found}
    return found + _unchanged(before, after, treated, wanted, told)


def _unchanged(
    before: Sequence[ColumnFacts],
    after: Sequence[ColumnFacts],
    treated: Mapping[str, Treatment],
    wanted: Collection[str],
    told: Collection[tuple[str, str]],
) -> list[MaskFinding]:
    """Fields of which the copy shows some values as they were, whatever the others have become."""
    now = {field.name: field for field in after}
    found = []
    for field in before:
        copy = now.get(field.name)
        for entity_type in _types(field) & set(wanted) if copy is not None else ():
            if (field.name, entity_type) in told or _looks_alike(treated.get(field.inside), entity_type):
                continue
            if copy is not None and (same := _same(field, copy, entity_type)):
                found.append(_finding(field, entity_type, same))
    return found


def _types(field: ColumnFacts) -> set[str]:
    return {name for name, count in field.counts.items() if count.raw} | set(field.attributes)


def _raw_rows(field: ColumnFacts, entity_type: str) -> int:
    count = field.counts.get(entity_type)
    return count.raw if count is not None else int((field.sample.str.len_chars() > 0).sum())


def _explains(treatment: Treatment | None, entity_type: str) -> bool:
    """Whether the column was masked by what may look like a value of the type: stand-ins, coarser values."""
    if treatment is None:
        return False
    operator = _operator(treatment, entity_type)
    return operator in KEYED or _looks_alike(treatment, entity_type) or operator == "replace"


def _looks_alike(treatment: Treatment | None, entity_type: str) -> bool:
    operator = _operator(treatment, entity_type) if treatment is not None else ""
    return entity_type in STILL_LOOKS_LIKE.get(operator, frozenset())


def _operator(treatment: Treatment, entity_type: str) -> str:
    if treatment.operator is not None:
        return treatment.operator.operator
    return next((operator.operator for name, operator in treatment.spans if name == entity_type), "")


def _same(before: ColumnFacts | None, after: ColumnFacts, entity_type: str) -> int:
    """Rows whose value of the type is in the copy what it was."""
    if before is None or len(before.sample) != len(after.sample):
        return 0
    old, new = before.sample, after.sample
    same = (old == new) & ~is_masked(old) & (old.str.len_chars() >= _FEWEST_LETTERS)
    forms = [kind.whole for kind in KINDS if kind.entity_type == entity_type]
    if forms:
        same &= _of_forms(old, forms)
    return int(same.fill_null(value=False).sum())


def _of_forms(values: pl.Series, forms: Sequence[str]) -> pl.Series:
    return values.str.contains("|".join(f"(?:{form})" for form in forms))


def _finding(field: ColumnFacts, entity_type: str, rows: int) -> MaskFinding:
    evidence = {"raw_rows": rows, "rows": int(field.sample.count())}
    return MaskFinding(MaskCheck.raw_value, (field.name,), "high", entity_type, evidence)
