"""What is known of a path: which contents were stored from it, how far a run came that broke off, what it is now."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines.files import Fingerprint, fingerprint, source_of
from pipelines.ledger import Ledger, Version
from pipelines.report import FileReport


@dataclass
class KnownContents:
    """The ledger, asked by the path of a file; what earlier runs began and did not finish is asked once."""

    ledger: Ledger
    unfinished: dict[str, list[Version]] = field(init=False)

    def __post_init__(self) -> None:
        self.unfinished = self.ledger.unfinished()

    def mark(self, path: Path) -> Fingerprint:
        """What a file is now, beside what it was when it was stored or begun.

        Raises:
            OSError: it cannot be read.
        """
        return fingerprint(path, [version.bytes for version in self._of(path)])

    def marked(self, path: Path) -> tuple[Fingerprint, list[str]]:
        """The same, and the hashes of what the file was when it was shorter, and was stored or begun.

        Raises:
            OSError: it cannot be read.
        """
        known = self._of(path)
        mark = fingerprint(path, [version.bytes for version in known])
        shorter = [old for old in known if old.bytes < mark.size and mark.begins_with(old.bytes, old.file_hash)]
        return mark, [old.file_hash for old in shorter]

    def is_new(self, file_hash: str) -> bool:
        """Whether nothing has read this content."""
        stored = self.ledger.with_hash(file_hash)
        return stored is None or not stored.source_type

    def passed_over(self, path: Path, mark: Fingerprint) -> FileReport | None:
        """What is said of a file whose content is stored; None where it is to be read."""
        stored = self.ledger.with_hash(mark.file_hash)
        if stored is None or not stored.source_type:
            return None
        elsewhere = stored.source != source_of(path)
        reason = f"already ingested: the same content as {stored.source}" if elsewhere else "already ingested"
        return FileReport(path, format=stored.source_type, bytes=mark.size, already_ingested=True, reason=reason)

    def broken_off(self, path: Path, mark: Fingerprint) -> Iterator[Fingerprint]:
        """What the file was when a run over it broke off: to be finished as it was then, so that names are the same."""
        for version in self.unfinished.get(source_of(path), []):
            grown = version.bytes < mark.size and mark.begins_with(version.bytes, version.file_hash)
            if grown and self.ledger.with_hash(version.file_hash) is None:
                yield replace(mark, size=version.bytes, file_hash=version.file_hash)

    def earlier(self, path: Path, mark: Fingerprint) -> list[Version]:
        """The contents stored from this path that the file begins with, the longest first."""
        return [
            old
            for old in self.ledger.of_source(source_of(path))
            if old.source_type and old.bytes < mark.size and mark.begins_with(old.bytes, old.file_hash)
        ]

    def is_noted(self, path: Path, file_hash: str) -> bool:
        """Whether this content of this path is in the ledger, read or not."""
        return file_hash in {version.file_hash for version in self.ledger.of_source(source_of(path))}

    def _of(self, path: Path) -> list[Version]:
        source = source_of(path)
        return [*self.ledger.of_source(source), *self.unfinished.get(source, [])]
