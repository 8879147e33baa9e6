"""Checks of one masked column by itself: raw values, coverage, residual candidates, partial masking, stand-ins."""

import re

import polars as pl

from dlp.mask_columns import ColumnFacts, shown_positions
from dlp.mask_findings import MaskCheck, MaskFinding, Severity, rate
from dlp.mask_policy import ChecksPolicy
from dlp.masking import masked
from dlp.policy import Masks
from dlp.registry import KINDS
from dlp.residual import candidates_left, whole_mask

_ADDRESS, _NETWORK = "LOCATION", "IP_ADDRESS"
# A street and a door of it, which lead to the house whatever is hidden before and behind them.
_DOOR = re.compile(r"(?:路|街|道|巷|弄|里|村|坊|大厦|小区)[^*]{0,8}?[0-9]+号")
_FEW_RAW = 0.01
_CHECKED_SHARE = 0.9  # of a column of stand-ins that passes the check: chance explains a tenth at most


def column_checks(column: ColumnFacts, checks: ChecksPolicy, masks: Masks) -> list[MaskFinding]:
    """Every finding on a column that its own values are enough for."""
    found = []
    for entity_type in column.counts:
        found += [
            _raw_value(column, entity_type),
            _partial(column, entity_type),
            _stand_in(column, entity_type),
            _residual(column, entity_type, checks, masks),
            _hidden_share(column, entity_type, checks),
        ]
    found.append(_coverage(column, checks))
    return [finding for finding in found if finding is not None]


def _raw_value(column: ColumnFacts, entity_type: str) -> MaskFinding | None:
    count = column.counts[entity_type]
    if not count.raw or column.holds == "token" or not (column.is_masked or column.holds):
        return None
    rows = column.evidence.rows
    evidence = {"raw_rows": count.raw, "rows": rows, **rate(count.raw, rows), "sample": _sample(column, entity_type)}
    severity: Severity = "critical" if count.raw >= rows * _FEW_RAW else "high"
    return MaskFinding(MaskCheck.raw_value, (column.name,), severity, entity_type, evidence)


def _partial(column: ColumnFacts, entity_type: str) -> MaskFinding | None:
    count = column.counts[entity_type]
    if not count.raw or not count.masked:
        return None
    total = count.raw + count.masked
    evidence = {
        "raw_rows": count.raw,
        "masked_rows": count.masked,
        **rate(count.raw, total),
        "sample": _sample(column, entity_type),
    }
    return MaskFinding(MaskCheck.partial, (column.name,), "high", entity_type, evidence)


def _stand_in(column: ColumnFacts, entity_type: str) -> MaskFinding | None:
    """Stand-ins that pass the check digit, or have the form where there is none, cannot be told from real values."""
    checked = [
        column.evidence.kinds[kind.name]
        for kind in KINDS
        if kind.entity_type == entity_type
        and (kind.check_chance < 1 or (column.holds == "token" and kind.alone is not None))
        and kind.name in column.evidence.kinds
    ]
    valid = sum(count.rows for count in checked)
    rows = column.evidence.rows
    if column.holds not in ("token", "mask") or valid < rows * _CHECKED_SHARE:
        return None
    evidence = {"valid_rows": valid, "rows": rows, **rate(valid, rows), "sample": _sample(column, entity_type)}
    severity: Severity = "medium" if column.holds == "token" else "high"
    return MaskFinding(MaskCheck.stand_in, (column.name,), severity, entity_type, evidence)


def _residual(column: ColumnFacts, entity_type: str, checks: ChecksPolicy, masks: Masks) -> MaskFinding | None:
    if not column.counts[entity_type].masked:
        return None
    counted = [
        (left, mask)
        for mask in column.masks(entity_type)
        if mask and (left := candidates_left(whole_mask(mask, entity_type), entity_type, masks)) is not None
    ]
    shown = column.evidence.masks.shown.get(entity_type)
    weakest = shown.weakest if shown is not None else None
    least = min([left for left, _ in counted] + ([weakest] if weakest is not None else []), default=None)
    wanted = checks.candidates_wanted(entity_type)
    if least is None or least >= wanted:
        return None
    weak = sum(left < wanted for left, _ in counted)
    evidence: dict[str, object] = {
        "candidates_least": least,
        "candidates_wanted": wanted,
        "weak_masks": weak,
        "masks": len(counted),
        **rate(weak, len(counted)),
    }
    if counted:
        evidence["shown_characters"] = shown_positions(whole_mask(min(counted)[1], entity_type))
    severity: Severity = "high" if least <= checks.candidates_broken(entity_type) else "medium"
    return MaskFinding(MaskCheck.residual, (column.name,), severity, entity_type, evidence)


def _hidden_share(column: ColumnFacts, entity_type: str, checks: ChecksPolicy) -> MaskFinding | None:
    masks = [_counted(mask, entity_type) for mask in column.masks(entity_type) if mask]
    wanted, given = checks.hidden_wanted(entity_type), len(masks)
    if entity_type == _ADDRESS:  # stars do not say how much of an address they hide: what is left does
        masks = [mask for mask in masks if _DOOR.search(mask)]
    # Of an address the part before the @ is what names somebody.
    named = [mask.rpartition("@")[0] or mask for mask in masks]
    shares = [mask.count("*") / len(mask) for mask in named]
    weak = sum(share < wanted for share in shares) if entity_type != _ADDRESS else len(masks)
    if not weak:
        return None
    evidence = {
        "hidden_share_least": round(min(shares), 3),
        "hidden_share_wanted": wanted,
        "weak_masks": weak,
        "masks": given,
        **rate(weak, given),
    }
    return MaskFinding(MaskCheck.coverage, (column.name,), "medium", entity_type, evidence, mend="coverage_characters")


def _counted(mask: str, entity_type: str) -> str:
    """A mask of which each character counts; of an address of the network each of the four numbers does."""
    if entity_type == _NETWORK and "." in mask:
        return "".join("*" if "*" in part else "0" for part in mask.split("."))
    return whole_mask(mask, entity_type)


def _coverage(column: ColumnFacts, checks: ChecksPolicy) -> MaskFinding | None:
    """Rows of a declared column that are neither masked nor a digest."""
    if column.holds != "mask" or not column.evidence.rows:
        return None
    masks = column.evidence.masks
    hidden = masks.opaque + sum(masks.claims.values()) + column.evidence.hashes
    rows = column.evidence.rows
    covered = min(rows, hidden)
    if covered >= rows * checks.least_coverage:
        return None
    evidence = {"masked_rows": covered, "rows": rows, "wanted": checks.least_coverage, **rate(covered, rows)}
    return MaskFinding(MaskCheck.coverage, (column.name,), "medium", column.entity_type, evidence)


def _sample(column: ColumnFacts, entity_type: str) -> str:
    for kind in KINDS:
        if kind.entity_type == entity_type and kind.name in column.evidence.kinds:
            return column.evidence.kinds[kind.name].sample
    values = column.sample.drop_nulls()
    return masked(str(values.min()), entity_type) if len(values) and values.dtype == pl.String else ""
