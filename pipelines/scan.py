"""Scans for personal data: reads tables, asks `dlp`, and writes what it found, masked."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path

from assets.matching import AddressBook
from dlp.grading_policy import GradingPolicy, default_grading, grading_of
from dlp.mask_policy import ChecksPolicy, default_mask_policy
from dlp.policy import Policy, load_policy
from pipelines.dataset_grading import Grader
from pipelines.dataset_looks import looks_of, missing_files, write_looks
from pipelines.fingerprint_key import fingerprint_key
from pipelines.inventory import load_address_book
from pipelines.mask_sources import mask_policy_of
from pipelines.scan_report import ScanReport
from pipelines.scan_sampling import Sampling
from pipelines.scan_sources import TABLE_PREFIX, DataSet, container_of, data_sets, targets_of
from pipelines.scan_telemetry import TELEMETRY
from pipelines.scanner import Scanner
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
    fresh: timedelta = timedelta(0),
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
        fresh: a table of another database that was read to its end within that time is not read again.
    """
    report = progress or _silent
    scanner = Scanner(
        store,
        key,
        scope,
        policy,
        Grader.of(store, policy, grading or default_grading()),
        address_book or AddressBook(),
        sampling or Sampling(),
        checks or default_mask_policy().checks,
        again=again,
        fresh=fresh,
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


def scan_all(
    targets: Sequence[str],
    store: Store,
    settings: Settings,
    progress: Progress | None = None,
    *,
    sampling: Sampling | None = None,
    again: bool = False,
    fresh: timedelta = timedelta(0),
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
    known = _scanned_before(store)
    wanted = list(targets) or _lying_at(known, settings.inbox)
    looks = {} if targets else missing_files(known)
    reports: list[ScanReport] = []
    try:
        for at, target in enumerate(wanted):

            def within(share: float, name: str, done: int = at) -> None:
                (progress or _silent)((done + share) / len(wanted), name)

            found = scan(
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
                fresh=fresh,
            )
            looks |= looks_of(target, found, known)
            reports += found
    finally:
        write_looks(store, looks)
    return reports


def known_targets(store: Store, inbox: Path) -> list[str]:
    """The drop folder, the telemetry, and every data set scanned before that lies elsewhere and is still there.

    A database is none of them: its password is not kept. Name it among the daily targets.
    """
    return _lying_at(_scanned_before(store), inbox)


def _scanned_before(store: Store) -> list[str]:
    return [str(row["dataset"]) for row in store.rows(_SCANNED_BEFORE)]


def _lying_at(names: Sequence[str], inbox: Path) -> list[str]:
    tables = [name for name in names if "/" not in name and "\\" not in name and name not in TELEMETRY]
    files = dict.fromkeys(path for name in names if "://" not in name and (path := container_of(name)))
    elsewhere = [str(path) for path in files if not path.is_relative_to(inbox)]
    return [str(inbox), *(f"{TABLE_PREFIX}{name}" for name in (*TELEMETRY, *tables)), *elsewhere]


def _silent(_share: float, _name: str) -> None:
    return
