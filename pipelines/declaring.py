"""Entries of a file become what counts: those that are new or other are written, and one step says so on record."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Generic, TypeVar

from response.audit import record
from response.chain import AuditStep, Detail, Role
from store.client import Store

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class ImportReport:
    """What an import changed; `noun` is what the entries are called."""

    path: Path
    noun: str
    entries: int
    added: int
    updated: int
    removed: int

    @property
    def counts(self) -> dict[str, int]:
        """The numbers by name, that of the entries by what they are called."""
        return {self.noun: self.entries, "added": self.added, "updated": self.updated, "removed": self.removed}

    def as_json(self) -> dict[str, object]:
        """The report as plain values."""
        return {"path": str(self.path), **self.counts}

    def __str__(self) -> str:
        return f"{self.entries} {self.noun}: {self.added} added, {self.updated} changed, {self.removed} removed"


@dataclass(frozen=True)
class Declared(Generic[Entry]):
    """A kind of thing that files declare.

    Attributes:
        noun: what its entries are called, in the plural.
        step: what an import is on record: action, type and id of the object, basis.
        name: by what two entries are the same.
        write: stores entries, as removed or not, at a time (UTC).
    """

    noun: str
    step: tuple[str, str, str, str]
    name: Callable[[Entry], str]
    write: Callable[[Store, Sequence[Entry], bool, datetime], None]


@dataclass(frozen=True)
class Importer:
    """Who imports, in what capacity; `now` is the time to record, UTC, the present when not given."""

    actor: str
    role: Role
    now: datetime | None = None


def declare(
    store: Store,
    path: Path,
    kind: Declared[Entry],
    read: Sequence[Entry],
    stored: Sequence[Entry],
    *,
    remove_missing: bool,
    by: Importer,
) -> ImportReport:
    """What changed when the entries read from a file replaced those stored; doing it again changes nothing.

    Entries that the file does not name stay, unless `remove_missing`.

    Raises:
        StepRefused: the importer is nobody.
    """
    moment = by.now or datetime.now(UTC)
    before, named = {kind.name(entry): entry for entry in stored}, {kind.name(entry) for entry in read}
    changed = [entry for entry in read if before.get(kind.name(entry)) != entry]
    gone = [entry for name, entry in before.items() if name not in named] if remove_missing else []
    added = sum(kind.name(entry) not in before for entry in changed)
    report = ImportReport(path, kind.noun, len(read), added, len(changed) - added, len(gone))
    if changed or gone:
        kind.write(store, changed, False, moment)
        kind.write(store, gone, True, moment)
        action, object_type, object_id, basis = kind.step
        details: dict[str, Detail] = {**report.counts, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
        record(store, AuditStep(by.actor, by.role, action, object_type, object_id, basis, details=details), now=moment)
    return report
