"""systemd's journal in its export format (`journalctl -o export`), read as the syslog that its messages are.

systemd, Journal Export Formats: one field a line, a blank line behind each entry; a value that is no plain text stands
as its length in eight bytes, and its bytes. Offsets count entries.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from pipelines.batch import Batch
from pipelines.errors import SourceBroken
from pipelines.sources.columns import rejects_of
from pipelines.sources.journal_json import entry_batches
from pipelines.sources.json_records import JsonObject, Record, record_of
from pipelines.sources.lines import LINE_LIMIT

NAME = "journal_export"

_BEGINS = (b"__CURSOR=", b"__REALTIME_TIMESTAMP=")
_NAME = re.compile(rb"^[A-Z_][A-Z0-9_]{0,63}$")
_LENGTH = 8
_FIELDS_LIMIT = 1000
_ENTRY_BYTES = 4 * LINE_LIMIT
_ENTRIES, _TOGETHER_BYTES = 5000, 16 * LINE_LIMIT


def recognises(head: bytes) -> bool:
    """Whether it begins with the cursor or the time of an entry."""
    return head.startswith(_BEGINS) and _BEGINS[1] in head


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The entries, batch by batch, by what they say. Raises `SourceBroken` where nothing more can be read."""
    reading = _Reading()
    try:
        while line := stream.readline(LINE_LIMIT):
            reading.take(line, stream)
            if reading.enough:
                yield from reading.taken()
    except SourceBroken:
        yield from reading.taken()
        raise
    reading.end()
    yield from reading.taken()


@dataclass
class _Reading:
    """The entry at hand, and what was found and not yet handed on."""

    content: JsonObject = field(default_factory=dict)
    problem: str = ""
    began: str = ""
    place: int = 0
    records: list[Record] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)
    size: int = 0
    size_found: int = 0

    @property
    def enough(self) -> bool:
        """Whether what was found is as much as should be in memory at once."""
        return len(self.records) + len(self.rejects) >= _ENTRIES or self.size_found >= _TOGETHER_BYTES

    def take(self, line: bytes, stream: BinaryIO) -> None:
        """One line, with the bytes that it announces."""
        bare = line.rstrip(b"\r\n")
        if not bare:
            self.end()
            return
        self.began = self.began or _text(bare)
        name, mark, value = bare.partition(b"=")
        if not _NAME.match(name):
            self.problem = self.problem or "no field of a journal's entry"
        elif len(self.content) >= _FIELDS_LIMIT:
            self.problem = self.problem or f"more than {_FIELDS_LIMIT} fields"
        elif mark:
            self._put(name.decode(), value)
        else:
            self._binary(name.decode(), stream)

    def end(self) -> None:
        """The entry at hand is whole."""
        if self.problem or (self.content and not {"MESSAGE", "__REALTIME_TIMESTAMP"} <= self.content.keys()):
            reason = self.problem or "an entry of a journal without a message or a time"
            self.rejects.append((self.place, reason, self.began))
        elif self.content:
            self.records.append(record_of(self.place, str(self.content["MESSAGE"]), self.content))
        self.place += bool(self.content or self.problem)
        self.size_found += self.size
        self.content, self.problem, self.began, self.size = {}, "", "", 0

    def taken(self) -> Iterator[Batch]:
        """What was found, handed on."""
        records, rejects = self.records, rejects_of(self.rejects)
        self.records, self.rejects, self.size_found = [], [], 0
        yield from entry_batches(records, rejects)

    def _binary(self, name: str, stream: BinaryIO) -> None:
        size = int.from_bytes(stream.read(_LENGTH), "little")
        if size > LINE_LIMIT:
            self.problem = self.problem or f"a value longer than {LINE_LIMIT // 1024} KiB, or cut off"
            return
        self._put(name, stream.read(size))
        stream.read(1)

    def _put(self, name: str, value: bytes) -> None:
        self.size += len(name) + len(value)
        if self.size > _ENTRY_BYTES:
            self.problem = self.problem or f"an entry longer than {_ENTRY_BYTES // 1024} KiB"
        else:
            self.content[name] = _text(value)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
