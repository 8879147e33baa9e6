"""Small files that other processes read: whole or not there, and for the owner's eyes only."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str, *, keep_existing: bool = False) -> None:
    """Put a text in a file of mode 0600 so that a reader sees all of it or nothing.

    Args:
        path: where it goes; missing folders are made.
        text: what it holds, written as UTF-8.
        keep_existing: leave a file that is there already, even one made by another process meanwhile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if keep_existing:
            _link_unless_there(name, path)
        else:
            Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _link_unless_there(name: str, path: Path) -> None:
    try:
        os.link(name, path)
    except FileExistsError:
        return
