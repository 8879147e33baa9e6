"""Rejects read again: what can be read now becomes rows once, what cannot stays a reject."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from pipelines.batch import Batch
from pipelines.ingest import ingest
from pipelines.mending import read_rejects_again
from pipelines.sources import syslog
from pipelines.sources.registry import SOURCES, Source
from store.client import Store

_GOOD = "<38>Mar  1 10:00:{:02d} web-1 sshd[811]: Failed password for root from 192.0.2.7 port 40022 ssh2\n"


class Mended:
    """Syslog as a later version reads it: what begins with `later ` is a line too."""

    NAME = "syslog"

    def recognises(self, head: bytes) -> bool:
        return syslog.recognises(head)

    def read(self, stream: BinaryIO) -> Iterator[Batch]:
        return syslog.read(_Rewritten(stream))  # type: ignore[arg-type]  # as much of a stream as the source asks for


class _Rewritten:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size).replace(b"later ", b"<38>Mar  1 11:00:00 web-1 sshd[1]: ")

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()

    def seekable(self) -> bool:
        return self._stream.seekable()


MENDED: tuple[Source, ...] = (Mended(), *SOURCES)


@pytest.fixture
def path(store: Store, tmp_path: Path) -> Path:
    path = tmp_path / "auth.log"
    path.write_text(_GOOD.format(0) + "later one\n" + _GOOD.format(1) + "nonsense\n" + "later two\n" + _GOOD.format(2))
    ingest([path], store, scope="fuzhou")
    return path


def _offsets(store: Store) -> tuple[list[object], list[object]]:
    rows = store.rows("SELECT source_offset FROM log_events ORDER BY source_offset")
    rejects = store.rows("SELECT offset FROM rejects ORDER BY offset")
    return [row["source_offset"] for row in rows], [row["offset"] for row in rejects]


def test_what_can_be_read_now_becomes_rows_and_the_rest_stays_rejected(store: Store, path: Path) -> None:
    assert _offsets(store) == ([0, 2, 5], [1, 3, 4])
    (report,) = read_rejects_again([path], store, scope="fuzhou", sources=MENDED).files
    assert (report.format, report.rows, report.rejected) == ("syslog", 2, 1)
    assert _offsets(store) == ([0, 1, 2, 4, 5], [3])


def test_doing_it_again_changes_nothing(store: Store, path: Path) -> None:
    read_rejects_again([path], store, scope="fuzhou", sources=MENDED)
    (report,) = read_rejects_again([path], store, scope="fuzhou", sources=MENDED).files
    assert (report.rows, _offsets(store)) == (0, ([0, 1, 2, 4, 5], [3]))


def test_rows_that_were_added_are_in_the_ledger(store: Store, path: Path) -> None:
    read_rejects_again([path], store, scope="fuzhou", sources=MENDED)
    assert store.value("SELECT sum(rows) FROM ingested_batches") == store.value("SELECT count() FROM log_events") == 5


@pytest.mark.parametrize(
    ("content", "reason"),
    [("nothing of this was ever read\n", "not ingested as it is now: ingest it first"), ("", "not ingested")],
)
def test_a_file_that_is_not_stored_is_named(store: Store, tmp_path: Path, content: str, reason: str) -> None:
    path = tmp_path / "new.log"
    path.write_text(content)
    (report,) = read_rejects_again([path], store, scope="fuzhou").files
    assert report.reason.startswith(reason)


def test_a_file_without_rejects_is_left_alone(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "good.log"
    path.write_text(_GOOD.format(0))
    ingest([path], store, scope="fuzhou")
    (report,) = read_rejects_again([path], store, scope="fuzhou").files
    assert (report.rows, report.reason) == (0, "nothing of it is rejected")
