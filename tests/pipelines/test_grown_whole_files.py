"""Formats that are read from their start when a file has grown: a run that dies meanwhile loses and doubles nothing."""

import contextlib
import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines import batch_groups
from pipelines.ingest import ingest
from store.client import Store
from tests.pipelines.dying import Stopped, die_after

_HEAD = (
    "#Software: Microsoft Internet Information Services 10.0\n#Fields: date time c-ip cs-method cs-uri-stem sc-status\n"
)
_LINE = "2026-03-01 10:00:{:02d} 192.0.2.{} GET /a{} 200\n"


def log(places: range) -> str:
    """Every fourth line is damaged."""
    lines = (_LINE.format(place, place, place) if place % 4 else "2026-03-01 nonsense\n" for place in places)
    return "".join(lines)


@pytest.mark.parametrize("lives", [1, 2])
@pytest.mark.parametrize("inserts", range(1, 9))
def test_a_run_over_the_grown_file_that_dies_anywhere_loses_and_doubles_nothing(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inserts: int, lives: int
) -> None:
    monkeypatch.setattr(batch_groups, "_ROWS_FIRST", 4)
    monkeypatch.setattr(batch_groups, "_ROWS_TOGETHER", 4)
    monkeypatch.setattr("pipelines.sources.lines.line_blocks.__defaults__", (150,))
    monkeypatch.setattr("pipelines.ledger._COMMIT_SECONDS", 0.0)
    path = tmp_path / "u_ex.log"
    path.write_text(_HEAD + log(range(1, 8)))
    ingest([path], store, scope="fuzhou")
    path.write_text(_HEAD + log(range(1, 30)))
    for _ in range(lives):
        with monkeypatch.context() as patch, contextlib.suppress(Stopped):
            die_after(inserts, store, patch)
            ingest([path], store, scope="fuzhou")
    ingest([path], store, scope="fuzhou")
    offsets = [row["source_offset"] for row in store.rows("SELECT source_offset FROM log_events ORDER BY 1")]
    rejected = [row["offset"] for row in store.rows("SELECT offset FROM rejects ORDER BY 1")]
    assert offsets == [place + 1 for place in range(1, 30) if place % 4]
    assert rejected == [place + 1 for place in range(1, 30) if not place % 4]
    ledger = store.rows("SELECT sum(rows) AS rows, sum(rejected) AS rejected FROM ingested_batches")[0]
    assert (ledger["rows"], ledger["rejected"]) == (len(offsets), len(rejected))


@pytest.mark.parametrize(
    ("first", "rows", "rejected"),
    [
        pytest.param(range(4, 5), [6, 7, 8], [5, 9], id="a reject and no row"),
        pytest.param(range(3, 5), [4, 6, 7, 8], [5, 9], id="a reject behind the last row"),
        pytest.param(range(3, 4), [4, 6, 7, 8], [5, 9], id="a row and no reject"),
    ],
)
def test_what_was_seen_of_a_file_is_not_told_again_when_it_has_grown(
    store: Store, tmp_path: Path, first: range, rows: list[int], rejected: list[int]
) -> None:
    path = tmp_path / "u_ex.log"
    for end in (first.stop, 9):
        path.write_text(_HEAD + "\n" * (first.start - 1) + log(range(first.start, end)))
        ingest([path], store, scope="fuzhou")
    assert [row["source_offset"] for row in store.rows("SELECT source_offset FROM log_events ORDER BY 1")] == rows
    assert [row["offset"] for row in store.rows("SELECT offset FROM rejects ORDER BY 1")] == rejected


def test_a_line_that_was_cut_off_is_a_row_when_the_file_goes_on(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "u_ex.log"
    path.write_text(_HEAD + log(range(1, 3))[:-20])
    ingest([path], store, scope="fuzhou")
    path.write_text(_HEAD + log(range(1, 4)))
    ingest([path], store, scope="fuzhou")
    found = store.rows("SELECT source_offset, message FROM log_events ORDER BY source_offset")
    assert [row["source_offset"] for row in found if str(row["message"]).endswith(" 200")] == [2, 3, 4]


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_a_file_that_was_replaced_is_read_on_from_where_its_own_content_ended(
    store: Store, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "u_ex.log"
    replaced, first, more = _HEAD + log(range(1, 40)), _HEAD + log(range(41, 46)), log(range(46, 53))
    for content in (pack(replaced.encode()), pack(first.encode()), pack(first.encode()) + pack(more.encode())):
        path.write_bytes(content)
        ingest([path], store, scope="fuzhou")
    places = [*range(1, 40), *range(41, 53)]
    assert store.value("SELECT count() FROM log_events") == sum(place % 4 > 0 for place in places)
    assert store.value("SELECT count() FROM rejects") == sum(place % 4 == 0 for place in places)
