"""What a scan read of a data set, handed to the masking checks."""

from dlp.cell_columns import field_facts
from dlp.mask_checks import Judging, dataset_checks
from dlp.mask_columns import ColumnFacts
from dlp.mask_findings import MaskFinding
from dlp.mask_policy import ChecksPolicy
from dlp.mask_tables import table_facts
from pipelines.scan_reading import Reading


def facts_of(reading: Reading, dataset: str, checks: ChecksPolicy) -> list[ColumnFacts]:
    """The columns of what was read, as the masking checks see them."""
    return table_facts(reading.evidence, reading.sample.frame(), dataset=dataset, policy=reading.policy, checks=checks)


def facts_within(reading: Reading, dataset: str, checks: ChecksPolicy) -> list[ColumnFacts]:
    """The fields inside of the cells of what was read, as columns."""
    return field_facts(
        reading.evidence,
        reading.sample.frame(),
        dataset=dataset,
        policy=reading.policy,
        checks=checks,
        key=reading.key,
    )


def masks_that_fail(reading: Reading, dataset: str, checks: ChecksPolicy) -> list[MaskFinding]:
    """The findings on the masks of a data set that a scan has read."""
    judging = Judging(reading.policy, checks, reading.key, checks.digests_in_scan)
    columns = [*facts_of(reading, dataset, checks), *facts_within(reading, dataset, checks)]
    return dataset_checks(columns, judging)
