"""Where a masked copy is written: beside its place, readable by its owner alone, and renamed when it is proven."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

from pipelines.errors import PipelineError


def refuse_place(out: Path) -> None:
    """Nothing, where a copy may be written.

    Raises:
        PipelineError: it is a folder, or in none.
    """
    if out.is_dir():
        raise PipelineError(f"{out}: a folder: name the file that is to hold the copy")
    if not out.parent.is_dir():
        raise PipelineError(f"{out.parent}: no such folder")


@contextmanager
def beside(out: Path) -> Iterator[Path]:
    """A file beside the one that is wanted, readable by its owner alone, gone afterwards unless it was renamed.

    Raises:
        PipelineError: it cannot be written.
    """
    fresh = out.with_name(f".{os.getpid()}.{out.name}")
    try:
        os.close(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield fresh
    except OSError as error:
        raise PipelineError(f"{out}: cannot be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def put_in_place(fresh: Path, out: Path) -> None:
    """Rename what was written, once all of it is on the disk."""
    with fresh.open("rb") as written:
        os.fsync(written.fileno())
    fresh.replace(out)


@contextmanager
def packed(path: Path) -> Iterator[BinaryIO]:
    """The file to write to, compressed where its name says so."""
    with path.open("wb") as raw:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=raw, mode="wb") as stream:
                yield cast("BinaryIO", stream)
        elif path.name.lower().endswith(".zst"):
            with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as stream:
                yield cast("BinaryIO", stream)
        else:
            yield raw
