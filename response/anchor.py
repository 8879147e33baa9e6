"""Heads of the audit chain kept in a file: what was cut off the end of the record shows against them."""

import re
from datetime import UTC, datetime
from pathlib import Path

from response.audit import chain_head, holds
from response.chain import EMPTY, ChainHead
from response.errors import HeadsUnreadable, RecordCut
from store.client import Store
from store.files import write_whole

# 2026-03-01T08:00:00Z 17:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
_LINE = re.compile(r"\S+ (?P<seq>\d{1,18}):(?P<hash>[0-9a-f]{64})")


def kept_head(path: Path) -> ChainHead | None:
    """The latest head that was kept in a file, None when there is no file yet.

    Raises:
        HeadsUnreadable: the file is there but does not hold what was written.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise HeadsUnreadable(f"{path}: the kept heads of the record cannot be read: {error}") from error
    heads = [_head(path, number, line) for number, line in enumerate(text.splitlines(), start=1)]
    if not heads:
        raise HeadsUnreadable(f"{path}: no head in it, though one was kept: bring it back from a copy")
    return max(heads, key=lambda head: head.seq)


def keep_head(store: Store, path: Path, *, now: datetime | None = None) -> ChainHead:
    """The head of the record, which the file now holds; nothing is ever removed from the file.

    Raises:
        RecordCut: the head kept last is not in the record any more; nothing is written.
        HeadsUnreadable: the file does not hold what was written.
    """
    kept, head = kept_head(path), chain_head(store)
    if kept is not None and not holds(store, kept):
        raise RecordCut(
            f"the record ends at step {head.seq} and does not hold step {kept.seq}:{kept.hash}, which {path} kept: "
            "its end was cut off, or this is another database; `rongdun audit verify` shows what is left"
        )
    if head != EMPTY and (kept is None or head.seq > kept.seq):
        before = path.read_text(encoding="utf-8") if kept else ""
        # As a whole, since a line half written at a power cut would be taken for damage.
        write_whole(path, f"{before}{now or datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {head.seq}:{head.hash}\n")
    return head


def _head(path: Path, number: int, line: str) -> ChainHead:
    found = _LINE.fullmatch(line)
    if found is None:
        raise HeadsUnreadable(f"{path}, line {number}: not a time and SEQ:HASH: bring the file back from a copy")
    return ChainHead(int(found["seq"]), found["hash"])
