"""Scans for personal data: reads tables, asks `dlp`, and writes what it found, masked."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from assets.matching import AddressBook
from dlp.column_names import name_hints
from dlp.grading import highest
from dlp.grading_policy import GradingPolicy, default_grading, grading_of
from dlp.mask_checks import WITHIN
from dlp.mask_policy import ChecksPolicy, MaskPolicy, default_mask_policy, load_mask_policy
from dlp.policy import Policy, load_policy
from pipelines.dataset_grading import Grader
from pipelines.datasets import file_pieces, is_table
from pipelines.errors import SourceBroken
from pipelines.files import found_files, source_of
from pipelines.fingerprint_key import fingerprint_key
from pipelines.inventory import load_address_book
from pipelines.mask_reading import masks_that_fail
from pipelines.mask_writing import write_mask_findings
from pipelines.narrow_columns import narrow_frames
from pipelines.scan_reading import Reading
from pipelines.scan_report import Owner, ScanReport, write_findings
from pipelines.table_columns import counted_columns, table_rows
from pipelines.table_sample import sampled_rows
from rongdun.settings import Settings
from store.client import Store
from store.errors import QueryFailed

TABLE_PREFIX = "table:"

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
    checks: ChecksPolicy | None = None,
) -> list[ScanReport]:
    """A report on every table at a path, or on the ClickHouse table `table:NAME`; the findings are stored.

    A scan replaces what an earlier scan of the same data set found. What cannot be read is reported with its reason
    and does not stop the others.

    Args:
        target: what to scan.
        store: where the findings go, and where a `table:NAME` is.
        key: behind the fingerprints.
        scope: of findings in data sets that no asset claims.
        policy: categories, grades and thresholds.
        grading: how a data set as a whole is graded; what ships when not given.
        address_book: whose each data set is; without it no finding has an asset.
        progress: told the share done and the data set at hand.
        checks: how strong masks must be; what ships by default.
    """
    report, book = progress or _silent, address_book or AddressBook()
    grader = Grader.of(store, policy, grading or default_grading())
    names = list(datasets_of(target))
    reports = []
    for at, (dataset, problem) in enumerate(names):

        def within(share: float, name: str = dataset, done: int = at) -> None:
            report((done + share) / len(names), shown_dataset(name))

        if problem:
            reports.append(ScanReport(shown_dataset(dataset), reason=problem))
            continue
        started = datetime.now(UTC)
        result = _scanned(dataset, store, Reading(key, policy), checks or default_mask_policy().checks, within)
        if not result.reason or result.rows:
            asset_id = book.asset_of_dataset(result.dataset)
            owner = Owner(asset_id, book.scope_of(pl.Series([asset_id]), scope)[0])
            result = grader.suggested(result, owner)
            scan_id = write_findings(result, store, owner, started=started, policy=policy)
            write_mask_findings(result.dataset, result.masks, store, owner, scan_id=scan_id, ran=WITHIN)
        reports.append(result)
    report(1.0, "")
    return reports


def scan_all(
    targets: Sequence[str], store: Store, settings: Settings, progress: Progress | None = None
) -> list[ScanReport]:
    """Reports on these targets; when none is named, on the tables in the drop folder and all that was scanned before.

    Raises:
        PolicyError: a policy in the rules folder is wrong.
    """
    policy = load_policy(settings.rules_folder / "dlp" / "policy.yml")
    grading = grading_of(settings.rules_folder)
    checks = mask_policy_of(settings).checks
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
        )
    return reports


def mask_policy_of(settings: Settings) -> MaskPolicy:
    """The masking policy of the rules folder, or what ships where that has none.

    Raises:
        PolicyError: it is wrong.
    """
    path = settings.rules_folder / "dlp" / "masking.yml"
    return load_mask_policy(path) if path.exists() else default_mask_policy()


def known_targets(store: Store, inbox: Path) -> list[str]:
    """The drop folder, and every data set scanned before that lies elsewhere and is still there."""
    names = [str(row["dataset"]) for row in store.rows(_SCANNED_BEFORE)]
    tables = [f"{TABLE_PREFIX}{name}" for name in names if "/" not in name and "\\" not in name]
    elsewhere = [name for name in names if Path(name).is_file() and not Path(name).is_relative_to(inbox)]
    return [str(inbox), *tables, *elsewhere]


def _silent(_share: float, _name: str) -> None:
    return


def datasets_of(target: Path | str) -> Iterator[tuple[str, str]]:
    """The data sets of a target, each with the reason why it cannot be read, or ''."""
    if isinstance(target, str) and target.startswith(TABLE_PREFIX):
        yield target, ""
        return
    path = Path(target)
    if path.is_dir():
        # Captures and logs are ingested; in a folder only what is named like a table is a table.
        found = [entry for entry in found_files([path]) if is_table(entry.path)]
    else:
        found = list(found_files([path]))
    for entry in found:
        yield str(entry.path.resolve()), entry.problem


def _scanned(
    dataset: str, store: Store, reading: Reading, checks: ChecksPolicy, progress: Callable[[float], None]
) -> ScanReport:
    started = time.monotonic()
    reason = ""
    try:
        if dataset.startswith(TABLE_PREFIX):
            dataset = dataset.removeprefix(TABLE_PREFIX)
            read_table(dataset, store, reading, progress)
        else:
            read_file(Path(dataset), reading, progress)
            reason = reading.left_out()
    except (SourceBroken, QueryFailed) as error:
        reason = _without_values(error)
    findings = reading.findings(datetime.now(UTC))
    return ScanReport(
        dataset=shown_dataset(dataset),
        rows=reading.rows,
        columns=len(reading.evidence),
        findings=tuple(findings),
        # What could not be read has no grade: general-1 would say that it harms nobody.
        grade=highest(finding.grade for finding in findings) if reading.rows or not reason else "",
        rejected=reading.rejected,
        seconds=time.monotonic() - started,
        reason=reason,
        method=reading.method() + (f"; {reason}" if reason else ""),
        masks=tuple(masks_that_fail(reading, shown_dataset(dataset), checks)),
    )


def shown_dataset(dataset: str) -> str:
    """A data set as reports and tables name it."""
    return source_of(Path(dataset)) if "/" in dataset else dataset


def _without_values(error: SourceBroken | QueryFailed) -> str:
    # ClickHouse may quote values in its message; its code is enough to look the cause up.
    return f"ClickHouse refused to read it (code {error.code})" if isinstance(error, QueryFailed) else str(error)


def read_file(path: Path, reading: Reading, progress: Callable[[float], None]) -> None:
    """Read a file into the reading.

    Raises:
        SourceBroken: it cannot be read, or not to its end; what was read before stays in the reading.
    """

    def is_name(cell: str) -> bool:
        return bool(name_hints(cell, reading.policy).says)

    for piece, narrow in zip(file_pieces(path, is_name=is_name), narrow_frames(path), strict=False):
        reading.rows += piece.rows
        reading.rejected += piece.rejected
        reading.observe_table(piece.frame)
        reading.sample.add(piece.frame if narrow.is_empty() else piece.frame.hstack(narrow))
        progress(piece.share)


def read_table(table: str, store: Store, reading: Reading, progress: Callable[[float], None]) -> None:
    """Read a ClickHouse table into the reading.

    Raises:
        SourceBroken: there is no such table.
        QueryFailed: ClickHouse refused it.
    """
    reading.rows = table_rows(store, table)
    for counted in counted_columns(store, table):
        if counted.left_out:
            reading.sampled.add(counted.column)
        reading.observe(counted.column, counted.values)
        progress(counted.share)
    reading.sample.add(sampled_rows(store, table, total=reading.rows, wanted=reading.sample.rows))
