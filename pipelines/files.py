"""Files on disk as the ingestion meets them: found in a settled order, fingerprinted, opened up to a known end."""

import hashlib
import io
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from pipelines.hash_trail import HashTrail

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Found:
    """A path to ingest, or the reason why it cannot be."""

    path: Path
    problem: str = ""


@dataclass(frozen=True)
class Fingerprint:
    """SHA-256 of a file's content, and of the beginnings that were asked for (length in bytes to hash).

    Attributes:
        trail: the same of other beginnings, so that who reads the file need not hash it once more.
    """

    size: int
    file_hash: str
    beginnings: dict[int, str]
    trail: HashTrail | None = field(default=None, compare=False, repr=False)

    def begins_with(self, size: int, file_hash: str) -> bool:
        """Whether the content begins with one of this length and hash."""
        return self.beginnings.get(size) == file_hash


def found_files(paths: Sequence[Path]) -> Iterator[Found]:
    """Every regular file at or below the paths, sorted within each folder.

    A symbolic link below a folder is followed only to a file that lies inside that folder.
    """
    for path in paths:
        if path.is_dir():
            yield from _below(path)
        else:
            yield _checked(path)


def source_of(path: Path) -> str:
    r"""The resolved path as tables and reports name it; bytes of a name that are no UTF-8 become `\xNN`."""
    return os.fsencode(path.resolve()).decode("utf-8", "backslashreplace")


def fingerprint(path: Path, beginnings: Iterable[int] = ()) -> Fingerprint:
    """The fingerprint of the file as long as it is now; what is appended meanwhile is left to the next run.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        size = os.fstat(stream.fileno()).st_size
        trail = HashTrail.of(stream)
        hasher, at, found = hashlib.sha256(), 0, dict[int, str]()
        for mark in [*sorted({mark for mark in beginnings if 0 < mark < size}), size]:
            while at < mark and (chunk := stream.read(min(_CHUNK - at % _CHUNK, mark - at))):
                hasher.update(chunk)
                at += len(chunk)
                trail.passed(at, hasher)
            found[mark] = hasher.copy().hexdigest()
    return Fingerprint(at, hasher.hexdigest(), found, trail)


class Part(io.RawIOBase):
    """The bytes `start` to `end` of a file behind some bytes put before them, counted and hashed as they are read.

    What was read so far gives `read_hash`: batches that are cut at the same places carry the same one, whatever the
    file has grown by since. With the trail of its fingerprint, a part that begins with the file hashes little itself.
    """

    def __init__(
        self,
        path: Path,
        start: int,
        end: int,
        *,
        before: bytes = b"",
        seed: str = "",
        trail: HashTrail | None = None,
    ) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._start = start
        self._before = before
        self._length = len(before) + end - start
        self._at = 0
        self._hasher = hashlib.sha256(seed.encode())
        self._hashed = 0
        self._trail = None if start or before or seed else trail
        self.bytes_read = 0

    @property
    def read_hash(self) -> str:
        """SHA-256 of the seed and everything read so far."""
        return self._hasher.hexdigest()

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The place in the part, the bytes put before it included."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """The new place in the part."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._length}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """How many bytes were read into the buffer."""
        wanted = memoryview(buffer)[: max(0, self._length - self._at)]
        size = self._fill(wanted)
        self._hash(wanted[:size])
        self._at += size
        self.bytes_read = max(self.bytes_read, self._at)
        return size

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()

    def _hash(self, piece: memoryview) -> None:
        """Hash what was read at this place, or take it from the trail, which goes straight ahead."""
        begin, end = self._at, self._at + len(piece)
        if self._trail is not None and (begin != self._hashed or not self._trail.holds(self._file)):
            self._trail = None
        if self._trail is not None and (known := self._trail.within(begin, end)):
            begin, self._hasher = known
        self._hasher.update(piece[begin - self._at :])
        self._hashed = end

    def _fill(self, wanted: memoryview) -> int:
        if self._at < len(self._before):
            piece = self._before[self._at : self._at + len(wanted)]
            wanted[: len(piece)] = piece
            return len(piece)
        self._file.seek(self._start + self._at - len(self._before))
        return self._file.readinto(wanted)


def buffered(part: Part) -> BinaryIO:
    """The part as a buffered binary stream."""
    return cast("BinaryIO", io.BufferedReader(part, _CHUNK))


def _below(folder: Path) -> Iterator[Found]:
    inside = folder.resolve()
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            path = Path(parent) / name
            problem = _link_problem(path, inside) if path.is_symlink() else ""
            yield Found(path, problem) if problem else _checked(path)


def _link_problem(path: Path, inside: Path) -> str:
    try:
        leads_out = not path.resolve().is_relative_to(inside)
    except (OSError, RuntimeError):  # RuntimeError until Python 3.12
        return "a symbolic link that leads to itself"
    return "a symbolic link that leaves the folder: not followed" if leads_out else ""


def _checked(path: Path) -> Found:
    try:
        if not path.exists():
            return Found(path, "no such file")
        return Found(path) if path.is_file() else Found(path, "not a regular file")
    except (OSError, RuntimeError, ValueError) as error:
        return Found(path, f"cannot be looked at: {getattr(error, 'strerror', None) or error}")
