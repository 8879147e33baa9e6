"""Personal data in the clear beside a masked column: in remarks, JSON, queries and messages of the same rows."""

import re
from collections.abc import Sequence
from functools import cache

import polars as pl

from dlp.mask_columns import ColumnFacts, raw_of
from dlp.mask_findings import MaskCheck, MaskFinding, Severity
from dlp.mask_windows import union
from dlp.masking import masked
from dlp.policy import Policy
from dlp.registry import KINDS
from dlp.residual import whole_mask

_HASHED = "hash"
_ADDRESS = "LOCATION"  # leads to a door
_MOST_COMPARED = 40
_BY_FORM = frozenset(kind.entity_type for kind in KINDS if kind.in_text and kind.in_text_alone)
_IN_TEXT = frozenset(kind.entity_type for kind in KINDS if kind.in_text)


def clear_beside(columns: Sequence[ColumnFacts]) -> list[MaskFinding]:
    """Columns that hold in text or in the clear what another column of the same data set masks or hides in a digest."""
    found = []
    hiding = [column for column in columns if column.masked_type or column.holds in (_HASHED, "token")]
    for column in hiding[:_MOST_COMPARED]:
        entity_type = column.masked_type or (column.entity_type if column.holds in (_HASHED, "token") else "")
        if entity_type not in _IN_TEXT:
            continue
        clear = [other for other in columns if _is_clear(other, column, entity_type)]
        names = {other.name for other in clear}
        for other in clear:
            # A cell and a field of it show the same; of its own cell the field tells more.
            of_own_cell = other.name == column.inside and (
                column.holds is not None or any(one.inside == other.name for one in clear)
            )
            if not of_own_cell and (other.inside not in names or other.inside == column.inside):
                found.append(_finding(column, other, entity_type, other.counts[entity_type].raw))
    return found


def clear_in_cells(columns: Sequence[ColumnFacts], policy: Policy) -> list[MaskFinding]:
    """Fields in the clear that identify somebody, of another type than the one that is masked in the same cells."""
    found = []
    hiding = {column.inside: column for column in columns if column.inside and column.masked_type}
    for other in columns:
        column = hiding.get(other.inside)
        if column is None or other.holds or other.masked_type:
            continue
        for entity_type, count in other.counts.items():
            door = entity_type == _ADDRESS and _has_door(other)
            tells = door or policy.entities[entity_type].direct_identifier
            if entity_type in _BY_FORM and count.raw and tells:
                evidence = {"rows": other.evidence.rows, "raw_rows": count.raw}
                names = (column.name, other.name)
                if entity_type != column.masked_type:
                    found.append(MaskFinding(MaskCheck.beside, names, "medium", entity_type, evidence))
    return found


def _has_door(column: ColumnFacts) -> bool:
    """Whether addresses of a column are told by their form, not by its name alone: a district is none."""
    forms = [kind.name for kind in KINDS if kind.entity_type == _ADDRESS and kind.in_text]
    return any(column.evidence.kinds[name].rows for name in forms if name in column.evidence.kinds)


def _is_clear(other: ColumnFacts, column: ColumnFacts, entity_type: str) -> bool:
    """Whether a column holds in the clear what another one hides."""
    count = other.counts.get(entity_type)
    # A masked column with raw values in it is partly masked, which is another finding.
    if column.name in (other.name, other.inside) or count is None or not count.raw or count.masked or other.holds:
        return False
    # A whole column in the clear beside its digests hides nothing: that it is there is a finding of the scan.
    return bool(column.masked_type) or other.whole_rows(entity_type) <= other.evidence.rows / 2


def spans(text: str, entity_type: str) -> list[str]:
    """Every value of a type inside a text, check digits and all."""
    return [
        match.group()
        for kind in KINDS
        if kind.entity_type == entity_type and kind.in_text
        for match in _compiled(kind.bounded).finditer(text)
        if kind.check is None or kind.holds(pl.Series([match.group()]))[0]
    ]


def _finding(column: ColumnFacts, other: ColumnFacts, entity_type: str, rows: int) -> MaskFinding:
    same, compared, shown = 0, 0, ""
    whole = raw_of(other.sample, entity_type)
    texts = other.sample.to_list()
    for mask, text, raw in zip(column.masks(entity_type), texts, whole, strict=True):
        if not mask or not text:
            continue
        values = [raw] if raw else spans(text, entity_type)
        if not values:
            continue
        compared += 1
        wanted = whole_mask(mask, entity_type)
        if any(union(wanted, whole_mask(value, entity_type)) is not None for value in values):
            same += 1
            shown = shown or masked(values[0], entity_type)
    severity: Severity = "critical" if same > compared / 2 else "high" if same else "medium"
    evidence = {
        "rows": other.evidence.rows,
        "raw_rows": rows,
        "rows_compared": compared,
        "rows_same_value": same,
        "whole_values": sum(value is not None for value in whole) > len(whole) / 2,
        "sample": shown,
    }
    return MaskFinding(MaskCheck.beside, (column.name, other.name), severity, entity_type, evidence)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
