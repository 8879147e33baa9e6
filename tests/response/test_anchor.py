"""Heads kept in a file: they only ever become more, and a record that lost its end does not get a new one."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from response.anchor import keep_head, kept_head
from response.audit import record, verify_chain
from response.chain import AuditStep, ChainHead, Role
from response.errors import HeadsUnreadable, RecordCut
from store.client import Store

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def _record(store: Store, object_id: str) -> ChainHead:
    event = record(store, AuditStep("rongdun", Role.SYSTEM, "dlp.scan", "dataset", object_id, "daily scan"))
    return ChainHead(event.seq, event.hash)


def test_heads_are_added_when_there_is_a_new_one(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "audit" / "heads"
    keep_head(store, file, now=NOW)
    assert kept_head(file) is None
    heads = [_record(store, "d1")]
    keep_head(store, file, now=NOW)
    keep_head(store, file, now=NOW)
    heads.append(_record(store, "d2"))
    keep_head(store, file, now=NOW)
    assert file.read_text().splitlines() == [f"2026-03-01T08:00:00Z {head.seq}:{head.hash}" for head in heads]
    assert kept_head(file) == heads[-1]
    assert file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "cut",
    [
        pytest.param("DELETE FROM audit_events WHERE seq = 3", id="the-last-step"),
        pytest.param("TRUNCATE TABLE audit_events", id="all-of-it"),
        pytest.param("ALTER TABLE audit_events UPDATE hash = repeat('0', 64) WHERE seq = 3", id="another-last-step"),
    ],
)
def test_a_record_that_lost_its_end_is_refused_and_found(store: Store, tmp_path: Path, cut: str) -> None:
    file = tmp_path / "heads"
    for name in ("d1", "d2", "d3"):
        head = _record(store, name)
    keep_head(store, file)
    store.execute(cut, settings={"mutations_sync": 2})
    with pytest.raises(RecordCut, match=f"step 3:{head.hash}, which {file} kept"):
        keep_head(store, file)
    assert kept_head(file) == head
    assert "cut" in {problem.kind for problem in verify_chain(store, anchor=kept_head(file)).problems}


def test_the_highest_head_counts_whoever_wrote_last(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("".join(f"2026-03-01T08:00:00Z {seq}:{str(seq) * 64}\n" for seq in (1, 3, 2)))
    assert kept_head(file) == ChainHead(3, "3" * 64)


@pytest.mark.parametrize("text", ["", "x", "2026-03-01T08:00:00Z 1:abc\n", "\n", "\x00" * 80])
def test_a_damaged_file_is_no_reason_to_start_anew(store: Store, tmp_path: Path, text: str) -> None:
    file = tmp_path / "heads"
    file.write_text(text)
    _record(store, "d1")
    with pytest.raises(HeadsUnreadable, match=str(file)):
        keep_head(store, file)
    assert file.read_text() == text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("")
    file.chmod(0)
    with pytest.raises(HeadsUnreadable, match=str(file)):
        kept_head(file)
