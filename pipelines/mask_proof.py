"""What is wrong with a masked copy: failed checks, personal data in the clear, values that did not change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from dlp.column_names import name_hints
from dlp.mask_beside import spans as spans_in
from dlp.mask_checks import Judging, dataset_checks
from dlp.mask_columns import ColumnFacts
from dlp.mask_field_proof import left_in_fields
from dlp.mask_findings import SEVERITIES, MaskCheck, MaskFinding
from dlp.mask_operators import KEYED, STILL_LOOKS_LIKE
from dlp.mask_plan import Treatment, declarations, fields_declared
from dlp.mask_policy import MaskPolicy, Purpose
from dlp.policy import Policy
from dlp.registry import ENTITY_TYPES, is_unchecked
from dlp.tables import table_verdicts
from dlp.verdicts import Verdict
from pipelines.mask_reading import facts_of, facts_within
from pipelines.scan_reading import Reading

_FAILS_FROM = "medium"
_FEW, _ACCIDENTS = 3, 0.01  # rows, and a share of them, in which a stand-in may pass for a value of another type
_SURE = 0.5  # confidence from which something left in the clear is a finding


@dataclass(frozen=True)
class Planned:
    """How one table is masked.

    Attributes:
        name: of the data set.
        rows: that were read.
        before: some of its rows, whole, as they were.
        fields: inside of its cells, as they were in those rows.
        treatments: how each column is masked; columns that hold nothing are not in it.
    """

    name: str
    rows: int
    before: pl.DataFrame
    treatments: tuple[Treatment, ...]
    fields: tuple[ColumnFacts, ...] = ()


def wanted_types(policy: MaskPolicy, entities: Policy, purpose: Purpose) -> frozenset[str]:
    """The types that the policy does not keep."""
    return frozenset(name for name in entities.entities if policy.masking.operator(name, purpose).operator != "keep")


def judging_copy(judging: Judging, treatments: Sequence[Treatment]) -> Judging:
    """What the checks of a copy go by: what it was made to hold counts as declared."""
    declared = (*declarations(treatments), *fields_declared(treatments), *judging.checks.declared)
    return replace(judging, checks=judging.checks.model_copy(update={"declared": declared}))


def proof(
    plan: Planned, after: Reading, judging: Judging, wanted: frozenset[str]
) -> tuple[list[ColumnFacts], list[MaskFinding]]:
    """The columns of the copy of a table, and what is wrong with it."""
    of_copy = judging_copy(judging, plan.treatments)
    facts = facts_of(after, "", of_copy.checks)
    fields = facts_within(after, "", of_copy.checks)
    found = dataset_checks([*facts, *fields], of_copy)
    treated = {treatment.column: treatment for treatment in plan.treatments}
    found += _left_over(plan, after, treated, wanted, judging.policy)
    for treatment in plan.treatments:
        found += _unchanged(plan.before, after.sample.frame(), treatment)
    found += left_in_fields(plan.fields, fields, treated, wanted)
    # A stand-in that no check digit refutes is what was asked for: the key is the evidence.
    return facts, [one for one in found if not _intended(one, treated, wanted)]


def holds(findings: Sequence[MaskFinding]) -> bool:
    """Whether a copy with these findings may be handed on."""
    least = SEVERITIES.index(_FAILS_FROM)
    return not any(SEVERITIES.index(one.severity) >= least for one in findings)


def _left_over(
    plan: Planned, after: Reading, treated: Mapping[str, Treatment], wanted: frozenset[str], policy: Policy
) -> list[MaskFinding]:
    """Personal data in the clear in the copy, of the types that the policy wants masked."""
    hints = {column: name_hints(column, policy) for column in after.evidence}
    return [
        MaskFinding(
            MaskCheck.raw_value,
            (column,),
            "high",
            one.entity_type,
            {"raw_rows": one.hits, "rows": one.rows, "sample": one.masked_sample},
        )
        for column, found in table_verdicts(after.evidence, hints, policy).items()
        for one in found
        if not one.masked
        and one.entity_type in wanted
        and one.confidence > _SURE
        and not _explains(treated.get(column), one.entity_type)
        and not _stands_in(plan, after, treated.get(column), one)
    ]


def _stands_in(plan: Planned, after: Reading, treatment: Treatment | None, found: Verdict) -> bool:
    """Whether what a text seems to hold in the clear are stand-ins, none of which was there before.

    They are of a type without a check, or so few that the stand-ins of another type, such as 18 digits for an identity
    card, have its check by accident.
    """
    entity_type = found.entity_type
    few = found.hits <= max(_FEW, found.rows * _ACCIDENTS)
    if treatment is None or treatment.operator is not None or not (few or is_unchecked(entity_type)):
        return False
    keyed = any(few or name == entity_type for name, one in treatment.spans if one.operator in KEYED)
    name, rows = treatment.column, after.sample.frame()
    if not keyed or name not in plan.before.columns or name not in rows.columns or len(rows) != len(plan.before):
        return False
    both = zip(plan.before[name].cast(pl.String).to_list(), rows[name].cast(pl.String).to_list(), strict=True)
    return not any(
        set(spans_in(old, entity_type)) & set(spans_in(new, entity_type)) for old, new in both if old and new
    )


def _explains(treatment: Treatment | None, entity_type: str) -> bool:
    """Whether a column was made to look so: by stand-ins, or by values that are less precise."""
    if treatment is None or treatment.operator is None:
        return False
    # What has no form is told by the name of its column, which stays.
    if treatment.declares == "token" or entity_type not in ENTITY_TYPES:
        return True
    return entity_type in STILL_LOOKS_LIKE.get(treatment.operator.operator, frozenset())


def _unchanged(before: pl.DataFrame, after: pl.DataFrame, treatment: Treatment) -> list[MaskFinding]:
    name = treatment.column
    if treatment.declares is None or name not in before.columns or name not in after.columns:
        return []
    old, new = before[name].cast(pl.String), after[name].cast(pl.String)
    if len(old) != len(new):
        return []
    same = int(((old == new) & ~old.str.contains(r"^[*\s-]*$")).fill_null(value=False).sum())
    if not same:
        return []
    evidence = {"raw_rows": same, "rows": len(old)}
    return [MaskFinding(MaskCheck.raw_value, (name,), "high", treatment.entity_type, evidence)]


def _intended(finding: MaskFinding, treated: Mapping[str, Treatment], wanted: frozenset[str]) -> bool:
    if finding.check is MaskCheck.beside and finding.entity_type not in wanted:
        return True  # the policy keeps it
    treatment = treated.get(finding.columns[0])
    keyed = treatment is not None and treatment.declares == "token"
    return keyed and finding.check in (MaskCheck.digest, MaskCheck.raw_value, MaskCheck.partial)
