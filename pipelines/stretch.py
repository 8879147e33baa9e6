"""What of a file is to be read: all of it, or only what was appended to a content that is stored already."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pipelines.files import Fingerprint, Part, buffered, source_of
from pipelines.ledger import Version
from pipelines.sources.compression import is_plain, plain
from pipelines.sources.registry import HEAD_BYTES, ReadsOn, Source, continuable

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class Stretch:
    """A file as long as it was when fingerprinted, and the contents stored from its path that it begins with.

    Attributes:
        earlier: those contents, the longest first; what else was stored from the path, before the file was replaced,
            is not among them.
    """

    path: Path
    mark: Fingerprint
    earlier: Sequence[Version] = ()

    @property
    def previous(self) -> Version | None:
        """The longest of the earlier contents."""
        return self.earlier[0] if self.earlier else None

    @property
    def source(self) -> str:
        """The resolved path, as the tables name it."""
        return source_of(self.path)


@dataclass(frozen=True)
class Reading:
    """A stretch opened for one source.

    Attributes:
        part: the file itself, counting and hashing what is read of it.
        shift: what is added to the line numbers that the source gives.
        continues: only what is new is read; else all of it, although some may be stored.
        beginning: the content that was stored first, where there is one: what was decided by it stays.
    """

    part: Part
    stream: BinaryIO
    shift: int = 0
    continues: bool = False
    beginning: BinaryIO | None = None


def head_of(stretch: Stretch) -> bytes:
    """The first 64 KiB of the content, unpacked.

    Raises:
        SourceBroken: it is compressed, and damaged from the start.
    """
    with Part(stretch.path, 0, stretch.mark.size) as part:
        return plain(buffered(part)).read(HEAD_BYTES)


def opened(stretch: Stretch, source: Source) -> Reading:
    """The stretch ready to be read by the source; a line that was cut off when it was stored is read anew."""
    previous = stretch.previous
    if previous is None or previous.source_type != source.NAME or not continuable(source):
        return _from_start(stretch, source)
    with stretch.path.open("rb") as file:
        if not is_plain(file.read(4)):
            return _from_start(stretch, source)
        header = _header(file, previous.bytes)
        lines, start = _lines_before(file, previous.bytes)
    part = Part(stretch.path, start, stretch.mark.size, before=header, seed=previous.file_hash)
    shift = lines - header.count(b"\n")
    return Reading(part, buffered(part), shift=shift, continues=True, beginning=_beginning(stretch, source))


def _from_start(stretch: Stretch, source: Source) -> Reading:
    part = Part(stretch.path, 0, stretch.mark.size, trail=stretch.mark.trail)
    return Reading(part, plain(buffered(part)), beginning=_beginning(stretch, source))


def _beginning(stretch: Stretch, source: Source) -> BinaryIO | None:
    if not stretch.earlier or not isinstance(source, ReadsOn):
        return None
    return plain(buffered(Part(stretch.path, 0, min(old.bytes for old in stretch.earlier))))


def _header(file: BinaryIO, end: int) -> bytes:
    """The `#` lines that a Zeek log begins with: without them its rows have no names."""
    file.seek(0)
    lines = file.read(min(end, HEAD_BYTES)).split(b"\n")[:-1]
    header = b""
    for line in lines:
        if not line.startswith(b"#"):
            break
        header += line + b"\n"
    return header


def _lines_before(file: BinaryIO, end: int) -> tuple[int, int]:
    """How many lines end before `end`, and where the line that `end` lies in begins."""
    file.seek(0)
    lines, start, at = 0, 0, 0
    while at < end and (chunk := file.read(min(_CHUNK, end - at))):
        lines += chunk.count(b"\n")
        last = chunk.rfind(b"\n")
        start = at + last + 1 if last >= 0 else start
        at += len(chunk)
    was_whole = file.read(2).startswith((b"\n", b"\r\n"))
    return lines, end if was_whole else start
