"""Comma-separated records (RFC 4180): values in quotes may hold line breaks; a stray quote costs one line."""

import csv
from collections.abc import Collection, Iterator
from typing import BinaryIO

import polars as pl

from pipelines.sources.columns import rejects_of
from pipelines.sources.lines import line_blocks

_LINES_LIMIT = 2000
_TEXT_LIMIT = 1024 * 1024

Cells = tuple[int, str, bool, list[str]]


def csv_records(
    stream: BinaryIO, widths: Collection[int] = (), delimiter: str = ",", quote: str = '"'
) -> Iterator[tuple[list[Cells], pl.DataFrame]]:
    """The records, block by block, as (line number, text, decode error, cells), and what was no record.

    A quote that does not close within 2,000 lines or 1 MiB is taken for a stray one, and so is one whose record then
    has a width that no record has: its line alone is rejected, and the next is read for itself.

    Args:
        stream: the text.
        widths: how many cells a record may have; any number where none is given.
        delimiter: what stands between cells.
        quote: what stands around a cell, '' where nothing does.
    """
    waiting = list[tuple[int, str, bool]]()
    for block in line_blocks(stream):
        waiting += block.lines.iter_rows()
        records, stray, used = _records(waiting, (widths, delimiter, quote), whole=False)
        waiting = waiting[used:]
        yield records, pl.concat([block.rejects, rejects_of(stray)])
    if waiting:
        records, stray, _ = _records(waiting, (widths, delimiter, quote), whole=True)
        yield records, rejects_of(stray)


def _records(
    lines: list[tuple[int, str, bool]], form: tuple[Collection[int], str, str], *, whole: bool
) -> tuple[list[Cells], list[tuple[int, str, str]], int]:
    """The records among the lines, the rejects, and how many lines are used up."""
    widths, delimiter, quote = form
    records, stray, at = list[Cells](), list[tuple[int, str, str]](), 0
    while at < len(lines):
        offset, text, error = lines[at]
        end = at + 1
        if quote and text.count(quote) % 2:
            end = _end(lines, at, quote)
            if end == 0 and not whole and len(lines) - at < _LINES_LIMIT:
                break
            if end == 0:
                stray.append((offset, "a quotation mark that never closes", text))
                at += 1
                continue
            text = "\n".join(part for _, part, _ in lines[at:end])
        cells = _cells(text, delimiter, quote, strict=end > at + 1)
        if end > at + 1 and (cells is None or (widths and len(cells) not in widths)):
            stray.append((offset, "a quotation mark that never closes", lines[at][1]))
            end = at + 1
        elif cells is None:
            stray.append((offset, "no CSV record", text))
        else:
            records.append((offset, text, error, cells))
        at = end
    return records, stray, at


def _end(lines: list[tuple[int, str, bool]], start: int, quote: str) -> int:
    """The number of the line behind a record whose first line leaves a quote open, 0 where it is not to be seen."""
    size = len(lines[start][1])
    for at in range(start + 1, min(len(lines), start + _LINES_LIMIT)):
        size += len(lines[at][1])
        if size > _TEXT_LIMIT:
            return 0
        if lines[at][1].count(quote) % 2:
            return at + 1
    return 0


def _cells(text: str, delimiter: str, quote: str, *, strict: bool) -> list[str] | None:
    """The cells of a record; of one over several lines only where each quote stands at the edge of a cell."""
    if not quote or quote not in text:
        return text.split(delimiter)
    try:
        return next(csv.reader([text], delimiter=delimiter, quotechar=quote, strict=strict), None)
    except csv.Error:
        return None


def cell_columns(records: list[Cells], names: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records as columns (`offset`, `text`, `decode_error`, `@<name>`; null where empty), and the others."""
    fitting = [record for record in records if len(record[3]) == len(names)]
    other = [record for record in records if len(record[3]) != len(names)]
    columns = {
        "offset": pl.Series([record[0] for record in fitting], dtype=pl.UInt64),
        "text": pl.Series([record[1] for record in fitting], dtype=pl.String),
        "decode_error": pl.Series([record[2] for record in fitting], dtype=pl.Boolean),
    }
    cells = list(zip(*(record[3] for record in fitting), strict=True)) or [()] * len(names)
    for name, values in zip(names, cells, strict=True):
        columns[f"@{name}"] = pl.Series([value or None for value in values], dtype=pl.String)
    reason = f"the header names {len(names)} columns, the record has another number"
    return pl.DataFrame(columns), rejects_of([(record[0], reason, record[1]) for record in other])
