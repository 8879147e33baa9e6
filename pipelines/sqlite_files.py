"""SQLite files: opened to be read and not written, and whether pages are missing."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine

SQLITE_MAGIC = b"SQLite format 3\x00"
_PATIENCE = 5.0  # seconds to wait for a lock


def sqlite_engine(path: Path) -> "Engine":
    """An engine that reads a SQLite file and neither writes it nor waits long for who does."""
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    def opened() -> sqlite3.Connection:
        named = f"file:{quote(str(path.resolve()))}?mode=ro"
        # A database with a write-ahead log that nobody has open: reading it must not leave files of locks behind.
        still = _has_log(path) and not path.with_name(path.name + "-wal").exists()
        connection = sqlite3.connect(
            named + ("&immutable=1" if still else ""), uri=True, timeout=_PATIENCE, check_same_thread=False
        )
        connection.text_factory = lambda text: text.decode("utf-8", "replace")
        return connection

    return create_engine("sqlite://", creator=opened, poolclass=NullPool)


def is_cut_short(path: Path) -> bool:
    """Whether a SQLite file is shorter than its header says, so that SQLite would read the missing pages as zeros.

    Page size and number of pages: https://www.sqlite.org/fileformat2.html, 1.3.2 and 1.3.7; the number counts only
    where the change counter is that for which it was written.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
        length = path.stat().st_size
    except OSError:
        return False
    if len(header) < 100:
        return True
    stored = int.from_bytes(header[16:18], "big")
    size = 65_536 if stored == 1 else stored
    pages = int.from_bytes(header[28:32], "big") if header[24:28] == header[92:96] else 0
    return length < size * pages or (size > 0 and length % size != 0)


def _has_log(path: Path) -> bool:
    """Whether a SQLite file is kept with a write-ahead log (https://www.sqlite.org/fileformat2.html, 1.3.3)."""
    try:
        with path.open("rb") as file:
            return file.read(20)[18:20] == b"\x02\x02"
    except OSError:
        return False
