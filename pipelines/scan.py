"""Scans for personal data: reads tables, asks `dlp`, and writes what it found, masked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from assets.matching import AddressBook
from dlp.grading_policy import GradingPolicy, default_grading, grading_of
from dlp.mask_checks import WITHIN
from dlp.mask_policy import ChecksPolicy, default_mask_policy
from dlp.policy import Policy, load_policy
from pipelines.dataset_grading import Grader
from pipelines.fingerprint_key import fingerprint_key
from pipelines.inventory import load_address_book
from pipelines.mask_reading import masks_that_fail
from pipelines.mask_sources import mask_policy_of
from pipelines.mask_writing import write_mask_findings
from pipelines.scan_changes import changes
from pipelines.scan_dataset import scanned_file, scanned_table
from pipelines.scan_history import LastScan, file_stamp, last_scan, scan_stamp, unchanged
from pipelines.scan_reading import Reading
from pipelines.scan_report import Owner, ScanReport, write_findings
from pipelines.scan_sampling import Sampling
from pipelines.scan_sources import TABLE_PREFIX, DataSet, container_of, data_sets, targets_of
from pipelines.scan_telemetry import TELEMETRY
from rongdun.settings import Settings
from store.client import Store

_SCANNED_BEFORE = "SELECT DISTINCT dataset FROM pii_scans ORDER BY dataset"

Progress = Callable[[float, str], None]  # how much of everything is done, 0 to 1, and the data set at hand


def scan(
    target: Path | str,
    store: Store,
    *,
    key: bytes,
    scope: str,
    policy: Policy,
    grading: GradingPolicy | None = None,
    address_book: AddressBook | None = None,
    progress: Progress | None = None,
    sampling: Sampling | None = None,
    checks: ChecksPolicy | None = None,
    again: bool = False,
) -> list[ScanReport]:
    """A report on every table at a path, on the ClickHouse table `table:NAME`, or in the database of a URL.

    The findings are stored. A scan replaces what an earlier scan of the same data set found, and tells what changed; of
    telemetry only what arrived since is read and counted in addition. A data set that is as it was is not read again:
    a scan that broke off goes on where it stopped. What cannot be read is reported with its reason and does not stop
    the others.

    Args:
        target: what to scan.
        store: where the findings go, and where a `table:NAME` is.
        key: behind the fingerprints.
        scope: of findings in data sets that no asset claims.
        policy: categories, grades and thresholds.
        grading: how a data set as a whole is graded; what ships when not given.
        address_book: whose each data set is; without it no finding has an asset.
        progress: told the share done and the data set at hand.
        sampling: how much of each data set is looked at; all of it when not given.
        checks: how strong masks must be; what ships by default.
        again: read everything, whether it changed or not.
    """
    report = progress or _silent
    scanner = _Scanner(
        store,
        key,
        scope,
        policy,
        Grader.of(store, policy, grading or default_grading()),
        address_book or AddressBook(),
        sampling or Sampling(),
        checks or default_mask_policy().checks,
        again=again,
    )
    targets = targets_of(target)
    reports = []
    for at, each in enumerate(targets):
        for found in data_sets(each):

            def within(share: float, of: DataSet = found, done: int = at) -> None:
                report((done + of.begin + (of.end - of.begin) * share) / len(targets), of.name)

            within(0.0)
            reports.append(scanner.scanned(found, within))
    report(1.0, "")
    return reports


@dataclass(frozen=True)
class _Scanner:
    """Everything that scans of one run have in common."""

    store: Store
    key: bytes
    scope: str
    policy: Policy
    grader: Grader
    book: AddressBook
    sampling: Sampling
    checks: ChecksPolicy
    again: bool

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
        if not result.unchanged:
            # What was not read again has the masks that it had.
            write_mask_findings(result.dataset, result.masks, self.store, owner, scan_id=scan_id, ran=WITHIN)
        return result

    def _with_masks(self, result: ScanReport, reading: Reading) -> ScanReport:
        if result.unchanged:
            return result
        return replace(result, masks=tuple(masks_that_fail(reading, result.dataset, self.checks)))

    def _stamp(self, file: Path) -> str:
        return scan_stamp(file_stamp(file), self.key, self.policy, self.sampling)

    def _read(self, found: DataSet, last: LastScan | None, progress: Callable[[float], None]) -> ScanReport:
        known = None if self.again else last
        reading = Reading(self.key, self.policy)
        if found.read is None:
            return self._with_masks(
                scanned_table(found.name, self.store, reading, known, self.sampling, progress), reading
            )
        before = self._stamp(found.file) if found.file else ""
        same = unchanged(known, before)
        if same is not None:
            return same
        result = self._with_masks(scanned_file(found, reading, self.sampling, progress), reading)
        if result.reason or not found.file:
            return result
        if self._stamp(found.file) != before:
            told = "the file changed while it was read: some of it may have been seen as it was, some as it became"
            return replace(result, method=f"{result.method}; {told}")
        return replace(result, state=replace(result.state, stamp=before))


def scan_all(
    targets: Sequence[str],
    store: Store,
    settings: Settings,
    progress: Progress | None = None,
    *,
    sampling: Sampling | None = None,
    again: bool = False,
) -> list[ScanReport]:
    """Reports on these targets.

    When none is named: on the tables in the drop folder, on the telemetry, and on all that was scanned before.

    Raises:
        PolicyError: a policy in the rules folder is wrong.
    """
    policy = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    grading = grading_of(settings.rules_folder)
    checks = mask_policy_of(settings, policy).checks
    key = fingerprint_key(settings.key_file)
    book = load_address_book(store)
    wanted = list(targets) or known_targets(store, settings.inbox)
    reports: list[ScanReport] = []
    for at, target in enumerate(wanted):

        def within(share: float, name: str, done: int = at) -> None:
            (progress or _silent)((done + share) / len(wanted), name)

        reports += scan(
            target,
            store,
            key=key,
            scope=settings.scope,
            policy=policy,
            grading=grading,
            address_book=book,
            progress=within,
            checks=checks,
            sampling=sampling,
            again=again,
        )
    return reports


def known_targets(store: Store, inbox: Path) -> list[str]:
    """The drop folder, the telemetry, and every data set scanned before that lies elsewhere and is still there.

    A database is none of them: its password is not kept. Name it among the daily targets.
    """
    names = [str(row["dataset"]) for row in store.rows(_SCANNED_BEFORE)]
    tables = [name for name in names if "/" not in name and "\\" not in name and name not in TELEMETRY]
    files = dict.fromkeys(path for name in names if "://" not in name and (path := container_of(name)))
    elsewhere = [str(path) for path in files if not path.is_relative_to(inbox)]
    return [str(inbox), *(f"{TABLE_PREFIX}{name}" for name in (*TELEMETRY, *tables)), *elsewhere]


def _silent(_share: float, _name: str) -> None:
    return
