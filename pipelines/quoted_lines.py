r"""Quotes of delimited text: a quoted cell may run over lines, a stray quote costs its own line and no other.

The rule, after RFC 4180, section 2:

- A quote opens a cell only as the first character of it; anywhere else it is a character like others.
- A cell that was opened ends at the next quote that is not doubled, with a delimiter or the end of the line behind it.
- It may hold line ends, up to 1 MiB, where the record then has as many cells as the table has columns.
- Where no such end comes, the quote is stray: the line in which it stands is left out and counted, and reading goes on
  with the next line. A cell that was closed and goes on (`"a"b`) is kept where the line has as many cells as columns.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

_LONGEST_RECORD = 1024 * 1024  # characters of a record with a quoted cell that runs over lines
_QUOTE, _LINE_END = ord('"'), ord("\n")


@dataclass
class Settled:
    """Whole records of a text, quoted so that any reader agrees on them.

    Attributes:
        text: the records that can be told.
        strays: the lines, counted from 0, that were left out for a quote that opens a cell and is not closed.
        lines: how many lines were looked at.
        rest: what may go on in the text that follows.
    """

    text: str
    strays: list[int] = field(default_factory=list)
    lines: int = 0
    rest: str = ""


def settled(text: str, delimiter: str, width: int, *, last: bool) -> Settled:
    """The records of some lines.

    Args:
        text: ends behind a line end, or with the last line.
        delimiter: one ASCII character.
        width: how many cells a record has.
        last: whether nothing follows; else a cell that is open at the end goes into `rest`, up to 1 MiB.
    """
    if '"' not in text or _is_plain(text, delimiter):
        return Settled(text, lines=text.count("\n"))
    found = Settled("")
    whole = text.replace("\r\n", "\n")
    found.text = "".join(_records(whole, delimiter, width, found, last=last))
    return found


def _is_plain(text: str, delimiter: str) -> bool:
    """Whether all quotes stand around whole cells within one line, or doubled in such a cell."""
    content = np.frombuffer(f"\n{text}\n".encode("utf-8", "surrogatepass"), dtype=np.uint8)
    quotes = np.flatnonzero(content == _QUOTE)
    if len(quotes) % 2:
        return False
    edges = np.zeros(256, dtype=np.bool_)
    edges[[_LINE_END, ord("\r"), ord(delimiter), _QUOTE]] = True
    if not (edges[content[quotes[::2] - 1]].all() and edges[content[quotes[1::2] + 1]].all()):
        return False
    before = np.cumsum(content == _LINE_END)
    return not (before[quotes[1::2]] != before[quotes[::2]]).any()


def _records(text: str, delimiter: str, width: int, found: Settled, *, last: bool) -> Iterator[str]:
    """The text in parts, less the lines with stray quotes and what may go on behind it."""
    forms = _forms(delimiter)
    at = kept = 0  # what lies between the two stays as it is
    while (quote := text.find('"', at)) >= 0:
        begin = max(at, text.rfind("\n", at, quote) + 1)
        found.lines += text.count("\n", at, begin)
        how, stop = _looked_at(text, begin, delimiter, width, forms)
        if how == "open" and not last and len(text) - begin < _LONGEST_RECORD:
            yield text[kept:begin]
            found.rest = text[begin:]
            return
        if how != "strict":
            yield text[kept:begin]
            if how == "loose" and (mended := _mended(text[begin:stop], delimiter)) is not None:
                yield mended
            else:
                found.strays.append(found.lines)
            kept = min(len(text), stop + 1)
        at = min(len(text), stop + 1)
        found.lines += text.count("\n", begin, at)
    found.lines += text.count("\n", at)
    yield text[kept:]


def _looked_at(text: str, begin: int, delimiter: str, width: int, forms: "_Forms") -> tuple[str, int]:
    """What the record that begins here is, and where it ends: before its line end.

    strict: as RFC 4180 has it; loose: it can be told what is meant; open: no end of a quoted cell follows; stray.
    """
    end = text.find("\n", begin)
    end = len(text) if end < 0 else end
    stop = forms.loose.match(text, begin, max(end, begin + _LONGEST_RECORD)).end()  # type: ignore[union-attr]  # always
    is_whole = stop == len(text) or text[stop] == "\n"
    if is_whole and (stop <= end or _cells(text[begin:stop], delimiter) == width):
        return ("strict" if forms.strict.fullmatch(text, begin, stop) else "loose"), stop
    if not is_whole and text[stop] == '"':
        return "open", end
    if is_whole or stop > end:
        return "stray", end
    return ("loose" if _cells(text[begin:end], delimiter) == width else "stray"), end


@dataclass(frozen=True)
class _Forms:
    """A record whose cells may hold quotes anywhere but at their beginning, and one as RFC 4180 has it."""

    loose: re.Pattern[str]
    strict: re.Pattern[str]


@lru_cache(maxsize=16)
def _forms(delimiter: str) -> _Forms:
    parted = re.escape(delimiter)
    quoted = r'"[^"]*+(?:""[^"]*+)*+"'

    def of(bare: str) -> re.Pattern[str]:
        cell = rf"(?:{quoted}|{bare})"
        return re.compile(rf"{cell}(?:{parted}{cell})*+")

    return _Forms(of(rf'(?:[^"{parted}\n][^{parted}\n]*+)?+'), of(rf'[^"{parted}\n]*+'))


def _cells(record: str, delimiter: str) -> int:
    row = _row(record, delimiter)
    return len(row) if row else 0


def _mended(record: str, delimiter: str) -> str | None:
    """The record with its quotes as every reader reads them; None for a cell beyond the reader's limit."""
    row = _row(record, delimiter)
    if row is None:
        return None
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\n").writerow(row)
    return line.getvalue()


def _row(record: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader(io.StringIO(record, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return None
