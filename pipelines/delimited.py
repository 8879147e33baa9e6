"""Delimited text, cut into pieces at line ends and parsed by columns: CSV and TSV of any size and many dialects."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO

import polars as pl

from pipelines.encodings import check_is_text, text_of
from pipelines.errors import SourceBroken
from pipelines.headers import column_names, delimiter_of, has_header

_SNIFFED = 256 * 1024
_BLOCK = 8 * 1024 * 1024
_LONGEST_LINE = 64 * 1024 * 1024
_HEADER_ROWS = 60
_MOST_BEYOND = 64  # cells of a row behind the last one that has a name


def delimited_frames(stream: BinaryIO, *, is_name: Callable[[str], bool]) -> Iterator[tuple[pl.DataFrame, int]]:
    """Frames of text columns, with the number of lines that could not be read; the names are the header's.

    Raises:
        SourceBroken: it is no text, or a line has no end.
    """
    beginning = stream.read(_SNIFFED)
    stream.seek(0)
    complete = len(beginning) < _SNIFFED
    check_is_text(beginning, whole=complete)
    # Old systems end lines by a carriage return alone.
    returns = b"\n" not in beginning and b"\r" in beginning
    text = text_of(beginning.replace(b"\r", b"\n") if returns else beginning)
    delimiter = delimiter_of(_whole_lines(text, complete=complete))
    rows = _parsed(text, delimiter, _HEADER_ROWS)
    if not rows:
        raise SourceBroken("the file holds no row")
    header = has_header(rows, is_name)
    names = column_names(rows[0], header=header)
    for number, block in enumerate(_blocks(stream, returns=returns)):
        yield _frame(block, names, delimiter, skip_first=header and number == 0)


def _whole_lines(text: str, *, complete: bool) -> str:
    return text if complete else text[: text.rfind("\n") + 1] or text


def _blocks(stream: BinaryIO, *, returns: bool) -> Iterator[str]:
    rest, torn = "", b""
    while chunk := stream.read(_BLOCK):
        # No encoding has a line end inside of a character: what is behind the last one waits.
        whole, torn = _at_line_end(torn + (chunk.replace(b"\r", b"\n") if returns else chunk))
        rest += text_of(whole)
        cut = _cut(rest)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
        if len(torn) > _LONGEST_LINE or len(rest) > _LONGEST_LINE:
            raise SourceBroken("a line of more than 64 MiB: no table is written so")
    rest += text_of(torn)
    if rest.strip():
        yield rest


def _at_line_end(content: bytes) -> tuple[bytes, bytes]:
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def _cut(text: str) -> int:
    """Behind the last line end that lies outside of quotes; 0 where there is none."""
    end = text.rfind("\n") + 1
    if text.count('"', 0, end) % 2 == 0:
        return end
    # An odd number of quotes: a quoted cell runs over the cut, or a stray quote is part of a value.
    at = text.rfind('"', 0, end)
    before = text.rfind("\n", 0, at) + 1
    return before if before and text.count('"', 0, before) % 2 == 0 else (end if len(text) > _BLOCK * 2 else 0)


def _frame(block: str, names: list[str], delimiter: str, *, skip_first: bool) -> tuple[pl.DataFrame, int]:
    """The rows of a block; cells beyond the last name are columns of their own, where there are any."""
    content = block.encode("utf-8", "replace")
    try:
        frame = _read(content, names, delimiter, cut=False)
    except pl.exceptions.PolarsError:
        wider = [*names, *_names_beyond(block, names, delimiter)]
        try:
            frame = _read(content, wider, delimiter, cut=True)
        except pl.exceptions.PolarsError:
            frame, left_out = _slow_frame(block, wider, delimiter, skip_first=skip_first)
            return _without_empty(frame, names), left_out
    return _without_empty(frame.slice(1) if skip_first else frame, names), 0


def _read(content: bytes, names: list[str], delimiter: str, *, cut: bool) -> pl.DataFrame:
    return pl.read_csv(
        io.BytesIO(content),
        has_header=False,
        skip_rows=0,
        separator=delimiter,
        schema=dict.fromkeys(names, pl.String),
        truncate_ragged_lines=cut,
        infer_schema=False,
        raise_if_empty=False,
        eol_char="\n",
    )


def _names_beyond(block: str, names: list[str], delimiter: str) -> list[str]:
    widest = max((line.count(delimiter) + 1 for line in block.split("\n")), default=0)
    count = min(widest - len(names), _MOST_BEYOND)
    return [name for at in range(count) if (name := f"column_{len(names) + at + 1}") not in names]


def _without_empty(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The frame less the columns beyond the names that hold nothing: most rows that are too long end in delimiters."""
    named = set(names)
    return frame.select(
        series
        for series in frame.get_columns()
        if series.name in named or series.str.strip_chars().str.len_chars().max()
    )


def _slow_frame(block: str, names: list[str], delimiter: str, *, skip_first: bool) -> tuple[pl.DataFrame, int]:
    """The same, row by row, for what the fast reader refuses: stray quotes."""
    rows = _parsed(block, delimiter)[1 if skip_first else 0 :]
    width = len(names)
    columns = {name: [row[at] if at < len(row) else None for row in rows] for at, name in enumerate(names)}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)), sum(len(row) > width for row in rows)


def _parsed(text: str, delimiter: str, limit: int | None = None) -> list[list[str]]:
    rows: list[list[str]] = []
    lines = io.StringIO(re.sub(r"\r\n?", "\n", text), newline="")
    reader = csv.reader(lines, delimiter=delimiter)
    try:
        for row in reader:
            if row:
                rows.append(row)
            if limit is not None and len(rows) >= limit:
                break
    except csv.Error:  # a cell beyond the reader's limit: what came before is kept
        return rows
    return rows
