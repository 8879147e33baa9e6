"""A drop folder: files that lie there untouched are ingested, as if they had been named to `rongdun ingest`."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_LOOK_SECONDS: Final = 5.0
_SETTLED_SECONDS: Final = 3.0
_TOGETHER: Final = 64


@dataclass
class DropFolder:
    """Says which files of a folder are new or changed, and complete."""

    folder: Path
    _seen: dict[Path, int] = field(default_factory=dict)
    _looked: float = -_LOOK_SECONDS

    def settled(self) -> list[Path]:
        """Files that changed since they were given last and were not touched for three seconds; links are left alone.

        By the time of change, not of modification: a file that is moved in keeps the latter.
        """
        if time.monotonic() - self._looked < _LOOK_SECONDS or not self.folder.is_dir():
            return []
        self._looked = time.monotonic()
        before = time.time_ns() - int(_SETTLED_SECONDS * 1e9)
        found = list[Path]()
        for path in sorted(self.folder.rglob("*")):
            try:
                changed = path.lstat().st_ctime_ns
                fresh = path.is_file() and not path.is_symlink() and self._seen.get(path) != changed
            except OSError:
                continue
            if fresh and changed <= before and len(found) < _TOGETHER:
                self._seen[path] = changed
                found.append(path)
        return found
