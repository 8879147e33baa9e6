"""A folder that dumpcap or tcpdump fills in turn: its files, oldest packet first, once nothing more comes to them."""

import stat
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from pipelines.capture import pcap, pcapng
from pipelines.capture.window import PacketWindow
from pipelines.sources import capture

QUIET_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 1.0
_HEAD_BYTES: Final = 64 * 1024
_MOST_FILES: Final = 10_000


# Inode, size, and time of modification in nanoseconds.
Version = tuple[int, int, int]


@dataclass(frozen=True)
class RingFile:
    """A file of a ring as it is now.

    Attributes:
        is_last: no other one has begun after it: it may grow.
    """

    path: Path
    version: Version
    is_last: bool


@dataclass
class RingFolder:
    """Says which captures of a folder are to be read next: when another one has begun, or when it is quiet.

    Attributes:
        missed: files that the ring took away before they were read.
    """

    folder: Path
    quiet_seconds: float = QUIET_SECONDS
    missed: int = 0
    _read: dict[Path, Version] = field(default_factory=dict)
    _begun: dict[Path, tuple[Version, int | None]] = field(default_factory=dict)
    _waiting: set[Path] = field(default_factory=set)
    _looked: float = -_LOOK_SECONDS

    def ready(self, *, ends: bool = False) -> list[RingFile]:
        """The files that can be read and were not, as they are now, in the order of their first packets.

        What is no capture, or a link, is left alone. A file that was quiet and has grown is given again. Where this
        `ends` the looking, nothing is waited for.
        """
        if time.monotonic() - self._looked < _LOOK_SECONDS and not ends:
            return []
        self._looked = time.monotonic()
        found = self._files()
        here = {path for _, path, _ in found}
        self.missed += len(self._waiting - here)
        self._read = {path: version for path, version in self._read.items() if path in here}
        fresh = [
            RingFile(path, version, is_last=number == len(found))
            for number, (_, path, version) in enumerate(found, 1)
            if self._read.get(path) != version
        ]
        self._waiting = {file.path for file in fresh}
        quiet_since = time.time_ns() - int(self.quiet_seconds * 1e9)
        return [file for file in fresh if ends or not file.is_last or file.version[-1] <= quiet_since]

    def done(self, file: RingFile) -> None:
        """This file is read as far as it went."""
        self._read[file.path] = file.version
        self._waiting.discard(file.path)

    def gone(self, file: RingFile) -> None:
        """The ring took this file away before it could be read."""
        self._waiting.discard(file.path)
        self.missed += 1

    def _files(self) -> list[tuple[int, Path, Version]]:
        """The captures: when their first packets came, where they lie, and which version of them."""
        if not self.folder.is_dir():
            return []
        known, self._begun = self._begun, {}
        for path in sorted(self.folder.iterdir())[:_MOST_FILES]:
            try:
                status = path.lstat()
                version = (status.st_ino, status.st_size, status.st_mtime_ns)
                before = known.get(path)
                if before is not None and before[0] == version:
                    self._begun[path] = before
                elif stat.S_ISREG(status.st_mode):
                    self._begun[path] = (version, first_packet_us(path))
            except OSError:
                continue
        return sorted((begun, path, version) for path, (version, begun) in self._begun.items() if begun is not None)


def first_packet_us(path: Path) -> int | None:
    """When the first packet of a capture came, microseconds since 1970; where it holds none yet, long after all others.

    None where the file is no capture.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD_BYTES)
        if not capture.recognises(head):
            return None
        stream.seek(0)
        read_windows = pcapng.read_windows if head[:4] == pcapng.MAGIC else pcap.read_windows
        first = next((found for found in read_windows(stream, window_bytes=_HEAD_BYTES) if _has_packets(found)), None)
    return int(first.time_us[0]) if isinstance(first, PacketWindow) else 1 << 62


def _has_packets(found: object) -> bool:
    return isinstance(found, PacketWindow) and len(found) > 0
