"""Log files read on as they grow, through rotation; where reading stands outlives the listener.

What was read lies in a segment on disk before the place is noted, and the segment is stored only after: a listener
that dies in between finds in the segments it left how far it had read.
"""

import glob
import hashlib
import json
import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from pipelines.errors import SourceBroken
from pipelines.listening.segments import Feed, feed_of, messages
from pipelines.listening.spool import OPEN, Spool
from store.files import write_whole

MOST_FILES: Final = 1_000
# A segment's message, with a header before it, is no longer than 1 MiB.
_CHUNK: Final = 512 * 1024
_CHUNKS_AT_ONCE: Final = 8
_HEAD: Final = 256
_LONGEST_HEADER: Final = 64 * 1024
_MARK = struct.Struct(">QQQ")


@dataclass
class Mark:
    """Where reading stands: the file by device and inode, how far, and a hash of how it begins."""

    device: int = 0
    inode: int = 0
    offset: int = 0
    head: str = ""

    def is_of(self, status: os.stat_result) -> bool:
        """Whether this is the same file."""
        return (status.st_dev, status.st_ino) == (self.device, self.inode)


@dataclass
class _Open:
    file: BinaryIO
    header: bytes = b""


@dataclass
class Follower:
    """Reads what is appended to files into the spool, whole lines only; what does not fit yet stays in its file.

    Attributes:
        patterns: paths, or patterns of them as a shell has them.
        notes: the file in which the places are noted.
        header_of: the lines that a file begins with and without which the others have no names, by its beginning.
    """

    patterns: Sequence[str]
    notes: Path
    spool: Spool
    header_of: Callable[[bytes], bytes] = field(default_factory=lambda: header_lines)
    _marks: dict[str, Mark] = field(default_factory=dict)
    _open: dict[str, _Open] = field(default_factory=dict)
    _changed: bool = False

    def start(self, left: Sequence[tuple[str, Mark]]) -> None:
        """Take up where an earlier listener stopped, by its notes and by the segments it left, oldest first."""
        self._marks = _noted(self.notes)
        for path, mark in left:
            noted = self._marks.get(path, Mark())
            same = (noted.device, noted.inode) == (mark.device, mark.inode)
            if not (same and noted.offset >= mark.offset):
                self._marks[path] = mark

    def poll(self) -> None:
        """Read what is new, put it on disk, then note how far."""
        for path in self._paths():
            try:
                self._follow(path)
            except OSError:
                self._leave(path)
        if self.spool.write_out("lines") and self._changed:
            # On a full disk the place is noted later: until then the segments tell it.
            with suppress(OSError):
                write_whole(self.notes, json.dumps({path: vars(mark) for path, mark in self._marks.items()}))
                self._changed = False

    def close(self) -> None:
        """Let go of the files."""
        for path in list(self._open):
            self._leave(path)

    def _paths(self) -> list[str]:
        # A Path globs below itself only, and these patterns begin at the root.
        found = {os.path.realpath(path) for pattern in self.patterns for path in glob.iglob(pattern)}  # noqa: PTH207
        return sorted(path for path in found if Path(path).is_file())[:MOST_FILES]

    def _follow(self, path: str) -> None:
        """Read the open file to its end, and then the one that has come in its place."""
        self._take_up(path)
        if not self._read(path):
            return
        if not self._marks[path].is_of(Path(path).stat()):
            self._leave(path)
            self._open_at(path, Path(path), Mark())
            self._read(path)

    def _take_up(self, path: str) -> None:
        if path in self._open:
            return
        mark = self._marks.get(path, Mark())
        if mark.inode and not mark.is_of(Path(path).stat()):
            # Rotated while nobody looked: what is left of it lies beside, under another name.
            renamed = next((other for other in Path(path).parent.iterdir() if mark.is_of(other.lstat())), None)
            if renamed is not None:
                self._open_at(path, renamed, mark)
                return
            mark = Mark()
        self._open_at(path, Path(path), mark)

    def _open_at(self, path: str, place: Path, mark: Mark) -> None:
        file = place.open("rb")
        status = os.fstat(file.fileno())
        beginning = file.read(_LONGEST_HEADER)
        # A place that a segment told, not the notes, has no hash.
        known = mark.head in ("", _hash(beginning, mark.offset)) and mark.offset <= status.st_size
        offset = mark.offset if known else 0
        self._marks[path] = Mark(status.st_dev, status.st_ino, offset, _hash(beginning, offset))
        self._open[path] = _Open(file, self.header_of(beginning))

    def _read(self, path: str) -> bool:
        """Whether all whole lines are read."""
        mark, opened = self._marks[path], self._open[path]
        size = os.fstat(opened.file.fileno()).st_size
        if size < mark.offset:
            mark.offset, mark.head = 0, ""  # emptied in place
        feed = Feed(f"file://{path}", "lines")
        for _ in range(_CHUNKS_AT_ONCE):
            opened.file.seek(mark.offset)
            content = opened.file.read(_CHUNK)
            end = content.rfind(b"\n") + 1
            # A line longer than a chunk is handed on in pieces: it must not hold up what follows.
            end = end or (len(content) if len(content) == _CHUNK else 0)
            if not end:
                return True
            if self.spool.is_full:
                return False
            place = _MARK.pack(mark.device, mark.inode, mark.offset + end)
            header = opened.header if mark.offset else b""
            if not self.spool.append(feed, header + content[:end], peer=place):
                return False
            if mark.offset < _HEAD:
                opened.file.seek(0)
                mark.head = _hash(opened.file.read(_HEAD), mark.offset + end)
            mark.offset += end
            self._changed = True
        return False

    def _leave(self, path: str) -> None:
        opened = self._open.pop(path, None)
        if opened is not None:
            opened.file.close()


def _hash(beginning: bytes, offset: int) -> str:
    return hashlib.sha256(beginning[: min(_HEAD, offset)]).hexdigest() if offset else ""


def header_lines(beginning: bytes) -> bytes:
    """The `#` lines that a Zeek log begins with: without them its lines have no names."""
    header = b""
    for line in beginning.splitlines(keepends=True):
        if not line.startswith(b"#") or not line.endswith(b"\n"):
            break
        header += line
    return header


def _noted(notes: Path) -> dict[str, Mark]:
    try:
        told = json.loads(notes.read_text(encoding="utf-8"))
        return {
            str(path): Mark(int(mark["device"]), int(mark["inode"]), int(mark["offset"]), str(mark["head"]))
            for path, mark in told.items()
        }
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def marks_left(folder: Path) -> list[tuple[str, Mark]]:
    """How far each file is read by the segments that a listener which died had not closed, oldest first."""
    return [mark for segment in sorted(folder.glob(f"*{OPEN}")) for mark in _marked(segment)]


def _marked(segment: Path) -> list[tuple[str, Mark]]:
    found = list[tuple[str, Mark]]()
    try:
        with segment.open("rb") as stream:
            feed = feed_of(stream)
            if feed.kind == "lines":
                found.extend(
                    (feed.name.removeprefix("file://"), Mark(*_MARK.unpack(heard.peer))) for heard in messages(stream)
                )
    except (FileNotFoundError, SourceBroken, struct.error):
        pass  # the end that was not written out any more, or all of it was stored meanwhile
    return found
