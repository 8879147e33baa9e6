"""Workbooks written again with some of their columns masked: the sheets and their values, and nothing else.

Formulas become what they last gave; notes, pictures, macros, names and the properties of the file are left behind:
nothing here can prove what they hold.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.errors import SourceBroken
from pipelines.masked_rows import masked_rows
from pipelines.maskers import Masking
from pipelines.workbooks import SheetRows, sheet_rows, sheet_states

_LONGEST_CELL = 32_767  # characters, by the format
_LONGEST_TITLE = 31
_NOT_IN_TITLES = re.compile(r"[\\*?:/\[\]\x00-\x1f]")
_NOT_IN_CELLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0, 2.2
_BEGINS_LIKE_FORMULA = ("=", "+", "-", "@", "\t", "\r")

MaskingOf = Callable[[str], Masking]  # by the name of a sheet or table
IsName = Callable[[str], bool]


def write_masked_workbook(source: Path, made: Path, masking_of: MaskingOf, *, is_name: IsName) -> None:
    """Write the masked copy of a workbook: every sheet in its place, hidden ones hidden.

    Raises:
        SourceBroken: the source is damaged, or holds what no workbook may.
    """
    # A third of a second to import: only copies of workbooks pay for that.
    from openpyxl import Workbook  # noqa: PLC0415

    states = sheet_states(source)
    shown = any(state == "visible" for state in states.values())
    book = Workbook(write_only=True)
    for at, (name, state) in enumerate(states.items()):
        sheet = book.create_sheet(_NOT_IN_TITLES.sub("_", name)[:_LONGEST_TITLE])
        # A workbook needs a sheet that is seen.
        sheet.sheet_state = state if shown or at else "visible"
        for part in sheet_rows(source, name, is_name=is_name):
            for row in _rows(part, masking_of(name)):
                sheet.append([_cell(sheet, value) for value in row])
    try:
        book.save(made)
    except (ValueError, TypeError, OverflowError) as error:
        raise SourceBroken(f"it holds a value that cannot be written ({type(error).__name__})") from error


def _rows(part: SheetRows, masking: Masking) -> Iterator[Sequence[object]]:
    masked = masked_rows(part.rows, part.names, masking)
    yield from masked[: part.above]
    if part.header is not None:
        yield part.header
    yield from masked[part.above :]


def _cell(sheet: Any, value: object) -> object:
    """The value as it may stand in a cell: text is text, whatever it begins with, and nothing executes it."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, _NOT_IN_CELLS.sub("", value)[:_LONGEST_CELL])
    cell.data_type = "s"
    if value.startswith(_BEGINS_LIKE_FORMULA):
        cell.quotePrefix = True  # and stays text when somebody edits it
    return cell
