"""When scans came by which data set, and which they looked for and did not find (R37)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from pipelines.database_urls import is_database_url
from pipelines.scan_report import ScanReport
from pipelines.scan_sources import TABLE_PREFIX, container_of, target_name
from store.client import Store
from store.writes import append

THERE, UNREAD, GONE = "there", "unread", "gone"
_SIGNS = "/#!"


def looks_of(target: Path | str, reports: Sequence[ScanReport], known: Iterable[str]) -> dict[str, str]:
    """What a scan of a target came by: data sets that are there, that could not be read, that are not there now.

    A data set is gone when it was known before, the target holds its place and could be looked into, and it was not
    met.
    """
    found = {report.dataset: UNREAD if report.reason and not report.rows else THERE for report in reports}
    if not _could_look(target, reports):
        return found
    place = _place(target)
    return found | dict.fromkeys((name for name in known if name not in found and _lies_in(name, place)), GONE)


def missing_files(known: Iterable[str]) -> dict[str, str]:
    """The files among data sets scanned before that are gone, so that a scan of everything leaves them out.

    A folder that is not there may be a share that is not mounted: nothing is said of what lay in it.
    """
    files = [name for name in known if "://" not in name and ("/" in name or "\\" in name)]
    return {name: GONE for name in files if container_of(name) is None and _folder(name).is_dir()}


def write_looks(store: Store, found: dict[str, str], *, now: datetime | None = None) -> None:
    """Store what was found of data sets at a time (UTC)."""
    if not found:
        return
    moment = now or datetime.now(UTC)
    frame = pl.DataFrame({"dataset": list(found), "found": list(found.values())}).with_columns(
        pl.lit(moment).cast(pl.Datetime("ms", "UTC")).alias("looked_at")
    )
    names = "\0".join(sorted(f"{name}\0{state}" for name, state in found.items()))
    token = hashlib.sha256(f"{moment.isoformat()}\0{names}".encode("utf-8", "backslashreplace")).hexdigest()
    append(store, "dataset_looks", frame, token=f"looks:{token}")


def _could_look(target: Path | str, reports: Sequence[ScanReport]) -> bool:
    """Whether what is not met is not there: the target itself could be opened."""
    if isinstance(target, str) and target.startswith(TABLE_PREFIX):
        return False
    if isinstance(target, str) and is_database_url(target):
        place = target_name(target)
        return "#" not in target and bool(reports) and all(report.dataset != place for report in reports)
    path = Path(target)
    # A file that is damaged or locked says nothing of its tables.
    return path.is_dir() or (path.exists() and not any(report.reason for report in reports))


def _place(target: Path | str) -> str:
    if isinstance(target, str) and is_database_url(target):
        return target_name(target)
    return str(Path(target).resolve())


def _lies_in(name: str, place: str) -> bool:
    return name == place or (name.startswith(place) and name[len(place) : len(place) + 1] in _SIGNS)


def _folder(name: str) -> Path:
    """The folder of the file that a data set lay in."""
    ends = [at for at in (name.find("#"), name.find("!")) if at > 0]
    return Path(name[: min(ends)] if ends else name).parent
