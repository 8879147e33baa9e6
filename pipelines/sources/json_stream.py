"""JSON objects of a stream however they stand: one a line, in an array, or spread over lines one after another."""

import json
from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.batch import no_rejects
from pipelines.sources.columns import CONTENT_LIMIT, rejects_of
from pipelines.sources.json_records import JsonObject, Record, parsed_or_reason, read_records, record_of
from pipelines.sources.lines import first_lines

_CHUNK = 1024 * 1024
_OBJECT_LIMIT = 8 * 1024 * 1024
_BATCH = 20_000
_HEAD = 64 * 1024
_BETWEEN = " \t\r\n,;[]\ufeff"


def first_objects(head: bytes, limit: int = 5) -> list[JsonObject]:
    """The first objects of a text; empty when it is no JSON."""
    lines = first_lines(head, limit)
    if lines and lines[0][0] not in "{[":
        return []
    parsed = (parsed_or_reason(line) for line in lines)
    objects = [content for content in parsed if isinstance(content, dict)]
    if objects or not lines:
        return objects
    text = head.decode("utf-8", "replace")
    return [content for _, _, content in _decoded_objects(text)][:limit]


def read_objects(stream: BinaryIO) -> Iterator[tuple[list[Record], pl.DataFrame]]:
    """The objects with what could not be read, block by block; offsets are line numbers, or places in an array."""
    head = stream.read(_HEAD)
    stream.seek(0)
    lines = first_lines(head, 2)
    if any(isinstance(parsed_or_reason(line), dict) for line in lines) or not first_objects(head):
        yield from read_records(stream)
    else:
        yield from _documents(stream)


def _documents(stream: BinaryIO) -> Iterator[tuple[list[Record], pl.DataFrame]]:
    place, text, records = 0, "", list[Record]()
    pending = b""
    while chunk := stream.read(_CHUNK):
        complete, pending = _whole_characters(pending + chunk)
        text += complete
        done = 0
        for start, end, content in _decoded_objects(text):
            records.append(record_of(place, text[start:end], content))
            place, done = place + 1, end
        text = text[done:]
        if len(records) >= _BATCH:
            yield records, no_rejects()
            records = []
        if len(text) > _OBJECT_LIMIT:
            break
    yield records, _rest(place, text)


def _decoded_objects(text: str) -> Iterator[tuple[int, int, JsonObject]]:
    """Each whole object with where it starts and ends; stops at the first that is cut off or no object."""
    decoder, at = json.JSONDecoder(), 0
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


def _rest(place: int, text: str) -> pl.DataFrame:
    left = text.strip(_BETWEEN)
    if not left:
        return no_rejects()
    return rejects_of([(place, "JSON breaks off or is malformed here", left[:CONTENT_LIMIT])])
