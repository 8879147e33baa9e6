"""What a scan finds otherwise than the scan before it of the same data set."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum

import polars as pl

from dlp.belief import CONTAMINATION
from dlp.findings import PiiFinding
from store.client import Store
from store.writes import append

_MOST = 0.5


class ChangeKind(StrEnum):
    """In what two findings differ."""

    NEW = "new"
    GONE = "gone"
    UNMASKED = "unmasked"
    MASKED = "masked"
    SHARE = "share"
    REGRADED = "regraded"


@dataclass(frozen=True)
class Change:
    """One difference; `before` and `after` are grades, or how many rows hold it: mistake, part or most."""

    column: str
    entity_type: str
    change: ChangeKind
    before: str = ""
    after: str = ""


def changes(before: Sequence[PiiFinding], after: Sequence[PiiFinding], *, whole: bool) -> tuple[Change, ...]:
    """The differences, in the order of columns and types.

    Args:
        before: what the last scan found.
        after: what this one found.
        whole: all of the data was looked at; if not, nothing is told to be gone.
    """
    old = {(finding.column, finding.entity_type): finding for finding in before}
    new = {(finding.column, finding.entity_type): finding for finding in after}
    return tuple(change for key in sorted({*old, *new}) for change in _of(key, old.get(key), new.get(key), whole=whole))


def share_tier(finding: PiiFinding) -> str:
    """How many of the rows hold it: `mistake`, `part` or `most`."""
    share = finding.hits / finding.rows if finding.rows else 0.0
    return "mistake" if share < CONTAMINATION else "part" if share < _MOST else "most"


def write_changes(store: Store, scan_id: str, dataset: str, found: Sequence[Change]) -> None:
    """Store what a scan found otherwise; it counts once the scan's own row is there.

    Raises:
        QueryFailed: the rows do not fit the table.
    """
    if found:
        rows = [{"scan_id": scan_id, "dataset": dataset, **asdict(change)} for change in found]
        append(store, "pii_changes", pl.DataFrame(rows), token=scan_id)


def _of(key: tuple[str, str], old: PiiFinding | None, new: PiiFinding | None, *, whole: bool) -> Iterator[Change]:
    if old is None or new is None:
        if new is not None:
            yield Change(*key, ChangeKind.NEW, after=new.grade)
        elif old is not None and whole:
            yield Change(*key, ChangeKind.GONE, before=old.grade)
        return
    if old.masked != new.masked:
        yield Change(*key, ChangeKind.MASKED if new.masked else ChangeKind.UNMASKED)
    if share_tier(old) != share_tier(new):
        yield Change(*key, ChangeKind.SHARE, share_tier(old), share_tier(new))
    if old.grade != new.grade:
        yield Change(*key, ChangeKind.REGRADED, old.grade, new.grade)
