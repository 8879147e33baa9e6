"""One data set scanned: read unless it is as it was, judged, compared with the scan before, and stored."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from assets.matching import AddressBook
from dlp.mask_checks import WITHIN
from dlp.mask_policy import ChecksPolicy
from dlp.policy import Policy
from pipelines.dataset_grading import Grader
from pipelines.mask_history import StoredFinding, still_true, together
from pipelines.mask_reading import masks_that_fail
from pipelines.mask_writing import write_mask_findings
from pipelines.scan_changes import changes
from pipelines.scan_dataset import scanned_file, scanned_table
from pipelines.scan_history import LastScan, file_stamp, last_scan, scan_stamp, still_fresh, unchanged
from pipelines.scan_reading import Reading
from pipelines.scan_report import Owner, ScanReport, write_findings
from pipelines.scan_sampling import Sampling
from pipelines.scan_sources import DataSet
from pipelines.scan_telemetry import oldest_row
from store.client import Store

_FOREIGN = "behind a URL"  # nothing tells what such a table is like but reading it


@dataclass(frozen=True)
class Scanner:
    """Everything that scans of one run have in common.

    Attributes:
        fresh: a table of another database that was read to its end within that time is not read again.
    """

    store: Store
    key: bytes
    scope: str
    policy: Policy
    grader: Grader
    book: AddressBook
    sampling: Sampling
    checks: ChecksPolicy
    again: bool
    fresh: timedelta = timedelta(0)

    def scanned(self, found: DataSet, progress: Callable[[float], None]) -> ScanReport:
        """The report on a data set, stored unless nothing is known of it that was not known before."""
        if found.problem:
            return ScanReport(found.name, reason=found.problem)
        started = datetime.now(UTC)
        last = last_scan(self.store, found.name)
        result = self._read(found, last, progress)
        if result.reason and not result.rows:
            return result
        asset_id = self.book.asset_of_dataset(result.dataset)
        owner = Owner(asset_id, self.book.scope_of(pl.Series([asset_id]), self.scope)[0])
        result = self.grader.suggested(result, owner)
        if result.unchanged and (last is None or last.says_the_same(result)):
            return result
        if last is not None and not result.unchanged:
            whole = not result.reason and not result.state.partial
            result = replace(result, changes=changes(last.report.findings, result.findings, whole=whole))
        scan_id = write_findings(result, self.store, owner, started=started, policy=self.policy)
        if result.unchanged:
            return result  # and has the masks that it had
        earlier = self._earlier(result)
        write_mask_findings(
            result.dataset, result.masks, self.store, owner, scan_id=scan_id, ran=WITHIN, earlier=earlier
        )
        return replace(result, masks=together(result.masks, earlier))

    def _earlier(self, result: ScanReport) -> Sequence[StoredFinding]:
        """Of telemetry that was read in part, what the scans before said of the masks of rows that are still there."""
        if not result.state.goes_on:
            return ()
        return still_true(result.dataset, result.masks, self.store, oldest=oldest_row(self.store, result.dataset))

    def _with_masks(self, result: ScanReport, reading: Reading) -> ScanReport:
        if result.unchanged:
            return result
        return replace(result, masks=tuple(masks_that_fail(reading, result.dataset, self.checks)))

    def _stamp(self, file: Path) -> str:
        return scan_stamp(file_stamp(file), self.key, self.policy, self.sampling, self.checks)

    def _read(self, found: DataSet, last: LastScan | None, progress: Callable[[float], None]) -> ScanReport:
        known = None if self.again else last
        reading = Reading(self.key, self.policy)
        if found.read is None:
            return self._with_masks(
                scanned_table(found.name, self.store, reading, known, self.sampling, self.checks, progress), reading
            )
        if found.file:
            before = self._stamp(found.file)
            same = unchanged(known, before)
        else:
            before = scan_stamp(_FOREIGN, self.key, self.policy, self.sampling, self.checks)
            same = still_fresh(known, before, datetime.now(UTC) - self.fresh)
        if same is not None:
            return same
        result = self._with_masks(scanned_file(found, reading, self.sampling, progress), reading)
        if result.reason:
            return result
        if found.file and self._stamp(found.file) != before:
            told = "the file changed while it was read: some of it may have been seen as it was, some as it became"
            return replace(result, method=f"{result.method}; {told}")
        return replace(result, state=replace(result.state, stamp=before))
