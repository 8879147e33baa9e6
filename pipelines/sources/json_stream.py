"""JSON objects of a stream however they stand: one a line, in an array, or spread over lines one after another."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from pipelines.sources.columns import CONTENT_LIMIT, rejects_of
from pipelines.sources.json_records import JsonObject, Record, parsed_or_reason, read_records, record_of
from pipelines.sources.lines import first_lines

_CHUNK = 1024 * 1024
_OBJECT_LIMIT = 8 * 1024 * 1024
_BATCH = 20_000
_KEPT = 4096
_DAMAGED_LIMIT = 1000
_DAMAGED = "JSON breaks off or is malformed here"
_HEAD = 64 * 1024
# {"Records": [ | {"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": [
# {"messageType":"DATA_MESSAGE","owner":"1","logGroup":"a","logStream":"b","subscriptionFilters":["c"],"logEvents":[
_WRAPPER = re.compile(
    r'[\s\ufeff]*\{(?:\s*"(?:kind|apiVersion|metadata|count|total|nextToken|NextToken|RequestId|request_id'
    r'|messageType|owner|logGroup|logStream|subscriptionFilters|policyLevel)"\s*:\s*'
    r'(?:"[^"\\]{0,512}"|\{[^{}]{0,256}\}|\[[^\[\]{}]{0,512}\]|[\w.\-]{1,32})\s*,){0,8}'
    r'\s*"(?:[Rr]ecords|[Ee]vents|traces|items|logEvents)"\s*:\s*\[(?=\s*\{)'
)
_BETWEEN_WRAPPERS = re.compile(
    r'\s*\](?:\s*,\s*"\w{1,64}"\s*:\s*(?:"[^"\\]{0,4096}"|[\w.\-]{1,32}|\[\s*\])){0,8}\s*\}[\s,]{0,64}'
)
_WRAPPER_AFTER = re.compile(_BETWEEN_WRAPPERS.pattern + _WRAPPER.pattern)
_FIRST_KEY = re.compile(r'[\s,;\[\]\ufeff]*(\{\s*"(?:[^"\\]|\\.)*"\s*:)')
_BETWEEN = " \t\r\n,;[]\ufeff"


def first_objects(head: bytes, limit: int = 5) -> list[JsonObject]:
    """The first objects of a text; empty when it is no JSON."""
    lines = first_lines(head, limit)
    if lines and lines[0][0] not in "{[":
        return []
    text = head.decode("utf-8", "replace")
    if wrapper := _WRAPPER.match(text):
        return [content for _, _, content in _decoded_objects(text[wrapper.end() :])][:limit]
    parsed = (parsed_or_reason(line) for line in lines)
    objects = [content for content in parsed if isinstance(content, dict)]
    if objects or not lines:
        return objects
    return [content for _, _, content in _decoded_objects(text)][:limit]


def read_objects(stream: BinaryIO) -> Iterator[tuple[list[Record], pl.DataFrame]]:
    """The objects with what could not be read, block by block; offsets are line numbers, or places in an array."""
    head = stream.read(_HEAD)
    stream.seek(0)
    lines = first_lines(head, 2)
    if _WRAPPER.match(head.decode("utf-8", "replace")):
        yield from _documents(stream)
    elif any(isinstance(parsed_or_reason(line), dict) for line in lines) or not first_objects(head):
        yield from read_records(stream)
    else:
        yield from _documents(stream)


def _documents(stream: BinaryIO) -> Iterator[tuple[list[Record], pl.DataFrame]]:
    """The objects one after another; what is damaged is rejected up to where the next object of the kind begins."""
    reading = _Reading()
    pending, ended = b"", False
    while not ended and not reading.given_up:
        chunk = stream.read(_CHUNK)
        ended = not chunk
        complete, pending = _whole_characters(pending + chunk)
        reading.text = reading.text[reading.at :] + complete
        reading.at = 0
        reading.decode(whole=ended)
        if len(reading.records) + len(reading.rejects) >= _BATCH:
            yield reading.taken()
    reading.end()
    yield reading.taken()


@dataclass
class _Reading:
    """The part of a text that is in memory, how far it is decoded, and what was found and not yet handed on."""

    text: str = ""
    at: int = 0
    place: int = 0
    key: str = ""
    damaged: int = 0
    records: list[Record] = field(default_factory=list)
    rejects: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def given_up(self) -> bool:
        """Whether so much is damaged that nothing more is looked for."""
        return self.damaged > _DAMAGED_LIMIT

    def decode(self, *, whole: bool) -> None:
        """Take every whole object; step over a damaged one where it cannot be one that is only cut off."""
        while not self.given_up:
            if wrapper := _wrapper_at(self.text, self.at):
                self.at = wrapper.end()
            self.key = self.key or _first_key(self.text, self.at)
            for start, end, content in _decoded_objects(self.text, self.at):
                self.records.append(record_of(self.place, self.text[start:end], content))
                self.place, self.at = self.place + 1, end
            if _wrapper_at(self.text, self.at):
                continue
            if not whole and len(self.text) - self.at <= _OBJECT_LIMIT:
                return
            resumed = self.text.find(self.key, self.at + len(self.key)) if self.key else -1
            if resumed < 0 and whole:
                return
            self._reject(resumed if resumed >= 0 else len(self.text) - _KEPT)

    def end(self) -> None:
        """Reject what is left at the end of the text."""
        closed = _BETWEEN_WRAPPERS.fullmatch(self.text, self.at) is not None
        if not closed and self.text[self.at :].strip(_BETWEEN):
            self._reject(len(self.text))

    def taken(self) -> tuple[list[Record], pl.DataFrame]:
        """What was found, handed on."""
        found = self.records, rejects_of(self.rejects)
        self.records, self.rejects = [], []
        return found

    def _reject(self, until: int) -> None:
        content = self.text[self.at : min(until, self.at + 2 * CONTENT_LIMIT)].strip(_BETWEEN)[:CONTENT_LIMIT]
        self.rejects.append((self.place, _DAMAGED, content))
        self.place, self.at, self.damaged = self.place + 1, until, self.damaged + 1


def _wrapper_at(text: str, at: int) -> re.Match[str] | None:
    """The beginning of an array that other members stand around, behind the end of the one before."""
    return _WRAPPER.match(text, at) or _WRAPPER_AFTER.match(text, at)


def _first_key(text: str, at: int) -> str:
    found = _FIRST_KEY.match(text, at)
    return found[1] if found else ""


def _decoded_objects(text: str, at: int = 0) -> Iterator[tuple[int, int, JsonObject]]:
    """Each whole object with where it starts and ends; stops at the first that is cut off or no object."""
    decoder = json.JSONDecoder()
    while True:
        while at < len(text) and text[at] in _BETWEEN:
            at += 1
        try:
            start, (content, at) = at, decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return
        if not isinstance(content, dict):
            return
        yield start, at, content


def _whole_characters(raw: bytes) -> tuple[str, bytes]:
    """The text of some bytes, and the bytes of a character that is not finished yet."""
    try:
        return raw.decode("utf-8"), b""
    except UnicodeDecodeError as error:
        if error.end == len(raw) and len(raw) - error.start < 4:
            return raw[: error.start].decode("utf-8", "backslashreplace"), raw[error.start :]
        return raw.decode("utf-8", "backslashreplace"), b""
