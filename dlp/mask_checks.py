"""The masking checks of one data set, from what a scan reads of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dlp.column_names import shown_name
from dlp.mask_beside import clear_beside, clear_in_cells
from dlp.mask_columns import ColumnFacts
from dlp.mask_derived import derived_leaks
from dlp.mask_digests import digest_finding
from dlp.mask_encodings import encoding_finding
from dlp.mask_findings import SEVERITIES, MaskCheck, MaskFinding
from dlp.mask_pieces import pieces_beside
from dlp.mask_policy import ChecksPolicy
from dlp.mask_rows import shown_beside
from dlp.mask_strength import column_checks
from dlp.mask_windows import windows_within
from dlp.policy import Policy

_TRIED = 100  # columns whose values are digested

# What a scan can do; classes of equivalence need columns that a person chooses.
WITHIN = tuple(check for check in MaskCheck if check is not MaskCheck.equivalence)


@dataclass(frozen=True)
class Judging:
    """What the checks go by.

    Attributes:
        key: behind fingerprints.
        digests: how many digests the dictionary test may compute.
    """

    policy: Policy
    checks: ChecksPolicy
    key: bytes
    digests: int


def dataset_checks(
    columns: Sequence[ColumnFacts], judging: Judging, known: Callable[[], Iterable[str]] = tuple
) -> list[MaskFinding]:
    """Every finding on the masks of one data set, most severe first.

    Args:
        columns: all of its columns.
        judging: what the checks go by.
        known: gives values of other data sets, for the dictionary test; asked only where there are digests.
    """
    masks = judging.policy.masks
    found = [finding for column in columns for finding in column_checks(column, judging.checks, masks)]
    found += windows_within(columns, judging.checks, masks)
    found += pieces_beside(columns, judging.checks, masks)
    found += clear_beside(columns) + clear_in_cells(columns, judging.policy)
    found += shown_beside(columns, found)
    found += derived_leaks(columns, judging.checks, masks)
    budget = judging.digests
    for column in columns:
        digest = digest_finding(column, columns[:_TRIED], known, budget=budget, policy=judging.policy)
        if digest is not None:
            # Of a table of digests each column gets half of what is left: all get some, and the whole has an end.
            budget //= 2
        encoding = None if digest else encoding_finding(column, judging.policy, key=judging.key)
        found += [finding for finding in (digest, encoding) if finding is not None]
    return ordered(found)


def ordered(findings: Sequence[MaskFinding]) -> list[MaskFinding]:
    """The findings, most severe first, under names of columns that are fit to be shown."""
    shown = [replace(finding, columns=tuple(map(shown_name, finding.columns))) for finding in findings]
    order = list(MaskCheck)
    return sorted(
        shown, key=lambda one: (-SEVERITIES.index(one.severity), order.index(one.check), one.columns, one.entity_type)
    )
