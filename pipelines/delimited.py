"""Delimited text, cut into pieces at line ends and parsed by columns: CSV and TSV of any size and many dialects."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

import polars as pl

from pipelines.encodings import check_is_text, text_of
from pipelines.errors import SourceBroken
from pipelines.headers import column_names, delimiter_of, has_header
from pipelines.quoted_lines import settled

_SNIFFED = 256 * 1024
_LONGEST_HEADER = 4 * 1024 * 1024
_BLOCK = 8 * 1024 * 1024
_LONGEST_LINE = 64 * 1024 * 1024
_HEADER_ROWS = 60
_MOST_BEYOND = 64  # cells of a row behind the last one that has a name


@dataclass(frozen=True)
class Lines:
    """Some lines of delimited text.

    Attributes:
        frame: their cells, columns of text.
        rejected: how many of them could not be read.
        note: why, for the first such line of the whole text, or ''.
    """

    frame: pl.DataFrame
    rejected: int = 0
    note: str = ""


def delimited_frames(stream: BinaryIO, *, is_name: Callable[[str], bool]) -> Iterator[Lines]:
    """The lines of a stream, block by block; the names of the columns are the header's.

    Raises:
        SourceBroken: it is no text, or a line has no end.
    """
    beginning, complete = _beginning(stream)
    stream.seek(0)
    check_is_text(beginning, whole=complete)
    # Old systems end lines by a carriage return alone.
    returns = b"\n" not in beginning and b"\r" in beginning
    text = text_of(beginning.replace(b"\r", b"\n") if returns else beginning)
    lines = _whole_lines(text, complete=complete)
    delimiter = delimiter_of(lines)
    rows = first_rows(lines, delimiter)
    if not rows:
        raise SourceBroken(
            "the file holds no row" if complete else "no line of cells in its first 4 MiB: no table is written so"
        )
    header = has_header(rows, is_name)
    names = column_names(rows[0], header=header)
    note = ""  # of the first stray quote alone: they may be many
    for number, (block, strays) in enumerate(_blocks(stream, delimiter, _usual_width(rows), returns=returns)):
        read = _frame(block, names, delimiter, skip_first=header and number == 0)
        fresh = "" if note or not strays else _stray_note(strays)
        note = note or fresh
        yield replace(read, rejected=read.rejected + len(strays), note=fresh)


def _beginning(stream: BinaryIO) -> tuple[bytes, bool]:
    """Some lines at least, and whether that is all: ten thousand names are a line longer than many a file."""
    beginning = stream.read(_SNIFFED)
    while len(beginning) < _LONGEST_HEADER and b"\n" not in beginning and b"\r" not in beginning:
        further = stream.read(_SNIFFED)
        if not further:
            return beginning, True
        beginning += further
    return beginning, len(beginning) < _SNIFFED


def first_rows(lines: str, delimiter: str) -> list[list[str]]:
    """The cells of the first lines of a text, by which its header is told; none of lines with stray quotes."""
    width = _usual_width(_parsed(lines, delimiter, _HEADER_ROWS))
    return _parsed(settled(lines, delimiter, width, last=True).text, delimiter, _HEADER_ROWS)


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    """How many cells most of the rows have; of as many, those that come first."""
    counts = Counter(map(len, rows))
    return counts.most_common(1)[0][0] if counts else 0


def _stray_note(strays: Sequence[int]) -> str:
    return f"lines left out for a quote that is never closed (first in line {strays[0] + 1})"


def _whole_lines(text: str, *, complete: bool) -> str:
    return text if complete else text[: text.rfind("\n") + 1] or text


def _blocks(stream: BinaryIO, delimiter: str, width: int, *, returns: bool) -> Iterator[tuple[str, list[int]]]:
    """Whole records, and the lines (from 0) between them that were left out for a stray quote."""
    rest, torn, before = "", b"", 0
    while chunk := stream.read(_BLOCK):
        # No encoding has a line end inside of a character: what is behind the last one waits.
        whole, torn = _at_line_end(torn + (chunk.replace(b"\r", b"\n") if returns else chunk))
        found = settled(rest + text_of(whole), delimiter, width, last=False)
        if found.text or found.strays:
            yield found.text, [before + line for line in found.strays]
        rest, before = found.rest, before + found.lines
        if len(torn) > _LONGEST_LINE or len(rest) > _LONGEST_LINE:
            raise SourceBroken("a line of more than 64 MiB: no table is written so")
    found = settled(rest + text_of(torn), delimiter, width, last=True)
    if found.text.strip() or found.strays:
        yield found.text, [before + line for line in found.strays]


def _at_line_end(content: bytes) -> tuple[bytes, bytes]:
    end = content.rfind(b"\n") + 1
    return content[:end], content[end:]


def _frame(block: str, names: list[str], delimiter: str, *, skip_first: bool) -> Lines:
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
            return Lines(_without_empty(frame, names), left_out)
    return Lines(_without_empty(frame.slice(1) if skip_first else frame, names))


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
