"""What this tool itself did with data, put on record: scans, checks of masks, masked copies, downloads."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.copied import Copied
from pipelines.mask_checking import CheckReport
from pipelines.scan_report import ScanReport
from response.audit import record
from response.chain import AuditEvent, AuditStep, Detail, Role
from response.errors import StepRefused
from response.privacy import personal_data_in
from store.client import Store

_SHOWN = 20  # names of data sets in one step; all of them are in the hash
_LONGEST = 120
_AT_ONCE = 1024 * 1024


@dataclass(frozen=True)
class Doer:
    """Who did it, in what capacity, and on what ground.

    Raises:
        StepRefused: nobody, or on none: better said before anything is read.
    """

    actor: str
    role: Role
    basis: str

    def __post_init__(self) -> None:
        if not self.actor.strip() or not self.basis.strip():
            raise StepRefused("what is done with data goes on record: say who does it, and on what ground")


def record_scan(store: Store, reports: Sequence[ScanReport], by: Doer) -> AuditEvent:
    """The event that now stands for a scan: what was looked at, and how much of it holds what.

    Raises:
        StepRefused: there is no actor or ground, or the ground holds personal data.
    """
    findings = [finding for report in reports for finding in report.findings]
    details: dict[str, Detail] = {
        **_named(report.dataset for report in reports),
        "unchanged": sum(report.unchanged for report in reports),
        "sampled": sum(report.state.partial for report in reports),
        "unreadable": sum(bool(report.reason) for report in reports),
        "rows": sum(report.rows for report in reports),
        "findings": len(findings),
        "unmasked": sum(not finding.masked for finding in findings),
        "failing_masks": sum(len(report.masks) for report in reports),
    }
    return _recorded(store, by, "dlp.scan", "scan", details)


def record_check(store: Store, reports: Sequence[CheckReport], by: Doer) -> AuditEvent:
    """The event that now stands for a check of masks.

    Raises:
        StepRefused: as above.
    """
    details: dict[str, Detail] = {
        **_named(report.dataset for report in reports),
        "unreadable": sum(bool(report.reason) for report in reports),
        "rows": sum(report.rows for report in reports),
        "failing_masks": sum(len(report.findings) for report in reports),
    }
    return _recorded(store, by, "dlp.check", "check", details)


def record_masked(store: Store, dataset: str, out: Path, copied: Copied, purpose: str, by: Doer) -> AuditEvent:
    """The event that now stands for a masked copy, or for one that failed its checks and was not made.

    Raises:
        StepRefused: as above.
    """
    details: dict[str, Detail] = {
        **_named([dataset]),
        "purpose": purpose,
        "rows": copied.rows,
        "columns": len(copied.treatments),
        "left_as_it_is": sum(one.operator is not None and one.operator.operator == "keep" for one in copied.treatments),
        "holds": copied.holds,
        "failing_masks": len(copied.findings),
        "sha256": _content_hash(out) if copied.holds else "",
    }
    return _recorded(store, by, "dlp.mask", "masked copy", details)


def record_download(store: Store, table: str, rows: int, columns: int, sha256: str, by: Doer) -> AuditEvent:
    """The event that now stands for a table of the desk that somebody takes away as a file.

    Raises:
        StepRefused: as above.
    """
    details: dict[str, Detail] = {"table": table, "rows": rows, "columns": columns, "sha256": sha256}
    return _recorded(store, by, "desk.download", "download", details)


def _recorded(store: Store, by: Doer, action: str, kind: str, details: dict[str, Detail]) -> AuditEvent:
    step = AuditStep(by.actor, by.role, action, kind, str(uuid.uuid4()), by.basis, details=details)
    return record(store, step)


def _named(datasets: Iterable[str]) -> dict[str, Detail]:
    """The names of data sets, those out that hold personal data themselves, and a hash of all."""
    names = list(datasets)
    ends = [name[-_LONGEST:] for name in names if name.isprintable()]
    shown = [name for name in ends if not personal_data_in(name)]
    return {
        "datasets": len(names),
        "names": shown[:_SHOWN],
        "names_sha256": hashlib.sha256("\0".join(names).encode()).hexdigest(),
    }


def _content_hash(out: Path) -> str:
    """The hash of a file; of a folder, that of the hashes of its files in the order of their names."""
    files = sorted(out.rglob("*")) if out.is_dir() else [out]
    hashes = []
    for path in files:
        if path.is_file():
            with path.open("rb") as stream:
                hashes.append(hashlib.file_digest(stream, "sha256").hexdigest())
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()
