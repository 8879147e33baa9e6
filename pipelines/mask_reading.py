"""What a scan read of a data set, handed to the masking checks."""

import polars as pl

from dlp.column_names import name_hints
from dlp.columns import ColumnEvidence
from dlp.mask_checks import Judging, dataset_checks
from dlp.mask_columns import ColumnFacts, column_facts
from dlp.mask_findings import MaskFinding
from dlp.mask_policy import ChecksPolicy
from dlp.verdicts import verdicts
from pipelines.scan_reading import Reading

_MOST_COLUMNS = 2000  # compared with one another


def facts_of(reading: Reading, dataset: str, checks: ChecksPolicy) -> list[ColumnFacts]:
    """The columns of what was read, as the masking checks see them."""
    sample = reading.sample.frame()
    names = dict.fromkeys([*reading.evidence, *sample.columns])
    found = []
    for name in list(names)[:_MOST_COLUMNS]:
        evidence = reading.evidence.get(name, ColumnEvidence())
        judged = verdicts(evidence, name_hints(name, reading.policy), reading.policy)
        rows = sample[name] if name in sample.columns else pl.Series([None] * sample.height, dtype=pl.String)
        found.append(column_facts(name, evidence, judged, rows, dataset=dataset, policy=reading.policy, checks=checks))
    return found


def masks_that_fail(reading: Reading, dataset: str, checks: ChecksPolicy) -> list[MaskFinding]:
    """The findings on the masks of a data set that a scan has read."""
    judging = Judging(reading.policy, checks, reading.key, checks.digests_in_scan)
    return dataset_checks(facts_of(reading, dataset, checks), judging)
