"""Excel workbooks (ECMA-376, `.xlsx` and `.xlsm`) as text: every sheet a table, read row by row."""

import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.cell_texts import cell_text, narrow_frame, text_frame
from pipelines.errors import SourceBroken
from pipelines.headers import column_names, has_header
from pipelines.pieces import Piece
from pipelines.zip_limits import checked_members

_BATCH_CELLS = 500_000
_BATCH_CHARACTERS = 32 * 1024 * 1024
_HEADER_ROWS = 60
_MOST_ROWS = 1_048_576  # of a sheet, by its format
_TITLE_ROWS = 10
_MOST_STRINGS = 1024 * 1024 * 1024  # bytes of the list of strings, which is held in memory
_STRINGS = "xl/sharedStrings.xml"

# A damaged workbook surfaces as whatever its reader trips over.
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, OSError, EOFError, SyntaxError, NotImplementedError, RecursionError),
    *(LookupError, ValueError, TypeError, AttributeError, ArithmeticError, AssertionError),
)


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook, hidden ones too; charts are none.

    Raises:
        SourceBroken: it is damaged, encrypted or a bomb.
    """
    return list(sheet_states(path))


def sheet_states(path: Path) -> dict[str, str]:
    """By the name of each sheet whether it is `visible`, `hidden` or `veryHidden`.

    Raises:
        SourceBroken: it is damaged, encrypted or a bomb.
    """
    book = _opened(path)
    try:
        return {sheet.title: str(sheet.sheet_state) for sheet in book.worksheets}
    finally:
        book.close()


@dataclass(frozen=True)
class SheetRows:
    """Some rows of a sheet as they stand in it, those that hold nothing left out.

    Attributes:
        rows: of any width; the header is none of them.
        names: of the columns, for as many as the widest row has.
        header: the row that names the columns, None where there is none or it came before.
        above: how many of the rows stand above the header: lines of a title.
    """

    rows: Sequence[Sequence[object]]
    names: Sequence[str]
    header: Sequence[object] | None = None
    above: int = 0


def sheet_pieces(path: Path, sheet: str, *, is_name: Callable[[str], bool]) -> Iterator[Piece]:
    """The rows of one sheet as text; lines of a title above the header count as rows.

    Raises:
        SourceBroken: it is damaged; what was yielded before stays good.
    """
    for part in sheet_rows(path, sheet, is_name=is_name):
        texts = text_frame(part.rows, part.names)
        yield Piece(texts, len(part.rows), 0.5, narrow=narrow_frame(part.rows, texts))


def sheet_rows(path: Path, sheet: str, *, is_name: Callable[[str], bool]) -> Iterator[SheetRows]:
    """The rows of one sheet as the workbook holds them, formulas as what they last gave.

    Raises:
        SourceBroken: it is damaged; what was yielded before stays good.
    """
    book = _opened(path)
    try:
        yield from _parts(book[sheet], is_name)
    except _DAMAGE as error:
        # The library may quote what it read; its name for the trouble is enough.
        raise SourceBroken(f"the sheet is damaged ({type(error).__name__})") from error
    finally:
        book.close()


def _opened(path: Path) -> Any:
    # A third of a second to import: only a scan of workbooks pays for that.
    from openpyxl import load_workbook  # noqa: PLC0415

    with zipfile.ZipFile(path) as archive:
        for member in checked_members(archive, path.stat().st_size):
            if member.filename == _STRINGS and member.file_size > _MOST_STRINGS:
                raise SourceBroken("more than 1 GiB of different strings: save the sheets as CSV")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and validations that it does not keep
            return load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except _DAMAGE as error:
        raise SourceBroken(f"a damaged Excel workbook ({type(error).__name__})") from error


def _parts(sheet: Any, is_name: Callable[[str], bool]) -> Iterator[SheetRows]:
    sheet.reset_dimensions()  # what a file claims of its size may be wrong
    rows = _rows(sheet)
    first = list(islice(rows, _HEADER_ROWS))
    if not first:
        yield SheetRows([], [])
        return
    at = _title_rows(first)
    texts = [[cell_text(cell) or "" for cell in _trimmed(row)] for row in first[at:]]
    header = all(cell is None or isinstance(cell, str) for cell in first[at]) and has_header(texts, is_name)
    names = column_names(texts[0], header=header)
    yield _part([*first[:at], *first[at + 1 if header else at :]], names, first[at] if header else None, at)
    batch: list[Sequence[object]] = []
    cells = characters = 0
    for row in rows:
        batch.append(_trimmed(row))
        cells += max(len(batch[-1]), len(names))
        characters += sum(len(cell) for cell in batch[-1] if isinstance(cell, str))
        if cells >= _BATCH_CELLS or characters >= _BATCH_CHARACTERS:
            yield _part(batch, names)
            batch, cells, characters = [], 0, 0
    if batch:
        yield _part(batch, names)


def _rows(sheet: Any) -> Iterator[Sequence[object]]:
    """The rows that hold anything; the reader makes up all those that a file leaves out."""
    for number, row in enumerate(sheet.iter_rows(values_only=True)):
        if number >= _MOST_ROWS:
            raise SourceBroken(f"rows beyond {_MOST_ROWS}, more than a sheet can have")
        if any(cell is not None for cell in row):
            yield row


def _part(
    rows: Sequence[Sequence[object]], names: list[str], header: Sequence[object] | None = None, above: int = 0
) -> SheetRows:
    # A sheet knows no width: rows that are wider than the header have columns without a name.
    width = max((len(row) for row in rows), default=0)
    wider = [*names, *(f"column_{at}" for at in range(len(names) + 1, width + 1))]
    return SheetRows(rows, _unique(wider), header, above)


def _unique(names: list[str]) -> list[str]:
    return names if len(set(names)) == len(names) else column_names(names, header=True)


def _title_rows(rows: Sequence[Sequence[object]]) -> int:
    """How many rows with a single cell stand above the first row of a wider table."""
    filled = [sum(cell is not None for cell in row) for row in rows[: _TITLE_ROWS + 1]]
    return next((at for at, cells in enumerate(filled) if cells > 1), 0)


def _trimmed(row: Sequence[object]) -> Sequence[object]:
    end = len(row)
    while end and row[end - 1] is None:
        end -= 1
    return row[:end]
