"""What an ingestion says about itself: per file, in total, and while it runs."""

from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """How far the ingestion is.

    Attributes:
        files_done: files finished before this one, of `files` in all.
        bytes_done: of this file's `bytes`, as stored on disk.
        rows: rows of this file written so far.
    """

    path: Path
    files_done: int
    files: int
    bytes_done: int
    bytes: int
    rows: int


@dataclass(frozen=True)
class FileReport:
    """What became of one file.

    Attributes:
        format: the source that read it, '' where none did.
        rows: rows added by this run.
        rejected: lines or records that could not be read, counted by this run; 1 for a file nothing reads.
        already_ingested: its content was stored before, so this run added nothing.
        failed: it could not be read to its end now; running again goes on with it.
        reason: why it gave no row, or where it broke off; '' when all is well.
    """

    path: Path
    format: str = ""
    rows: int = 0
    rejected: int = 0
    bytes: int = 0
    seconds: float = 0.0
    already_ingested: bool = False
    failed: bool = False
    reason: str = ""


@dataclass(frozen=True)
class IngestReport:
    """What became of every file, in the order read."""

    files: tuple[FileReport, ...]

    @property
    def rows(self) -> int:
        """Rows added in all."""
        return sum(file.rows for file in self.files)

    @property
    def rejected(self) -> int:
        """Lines, records and files that could not be read in all."""
        return sum(file.rejected for file in self.files)

    def as_json(self) -> dict[str, object]:
        """The report as values that `json.dumps` takes."""
        return {
            "files": [_told(file) for file in self.files],
            "rows": self.rows,
            "rejected": self.rejected,
            "bytes": sum(file.bytes for file in self.files),
            "seconds": round(sum(file.seconds for file in self.files), 3),
            "already_ingested": sum(file.already_ingested for file in self.files),
        }


def _told(file: FileReport) -> dict[str, object]:
    told = {**asdict(file), "path": str(file.path), "seconds": round(file.seconds, 3)}
    del told["failed"]  # what scripts read says it by `reason`
    return told
