"""What a delimited text is written in: its delimiter, and whether its first line names the columns."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence

_DELIMITERS = (",", "\t", ";", "|", "\x01")
_SNIFFED_LINES = 50
_VALUE = re.compile(r"[\d\s.,:/+*()Xx-]{3,}|.*\d{5,}.*|[^@\s]+@[^@\s]+\.[^@\s]+|\d+")
_LONGEST_NAME = 64


def delimiter_of(text: str) -> str:
    """The character that splits the most lines into the same number of cells; a comma where none does."""
    lines = [line for line in text.splitlines() if line.strip()][:_SNIFFED_LINES]
    scores = {delimiter: _steadiness(lines, delimiter) for delimiter in _DELIMITERS}
    best = max(scores, key=lambda delimiter: scores[delimiter])
    return best if scores[best] > 0 else ","


def has_header(rows: Sequence[Sequence[str]], is_name: Callable[[str], bool]) -> bool:
    """Whether the first row names the columns; `is_name` knows the names that columns of personal data have."""
    if not rows:
        return False
    first = [cell.strip() for cell in rows[0]]
    if any(_VALUE.fullmatch(cell) for cell in first):
        return False
    if any(is_name(cell) for cell in first):
        return True
    named = [cell for cell in first if cell]
    if len(set(named)) < len(named) or len(named) < len(first) / 2 or any(len(cell) > _LONGEST_NAME for cell in first):
        return False
    return len(rows) == 1 or _differs(first, rows[1:])


def column_names(first: Sequence[str], *, header: bool) -> list[str]:
    """The names of the columns, unique: those of the first row, or column_1, column_2, ..."""
    if not header:
        return [f"column_{at}" for at in range(1, len(first) + 1)]
    seen: Counter[str] = Counter()
    names = []
    for at, cell in enumerate(first, start=1):
        name = cell.strip() or f"column_{at}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return names


def _steadiness(lines: list[str], delimiter: str) -> float:
    try:
        widths = Counter(len(row) for row in csv.reader(lines, delimiter=delimiter, strict=False))
    except csv.Error:  # a cell beyond the reader's limit: nothing is known of this delimiter
        return 0
    if not widths:
        return 0
    width, times = widths.most_common(1)[0]
    return 0 if width < 2 else times / len(lines) + min(width, 50) / 1000


def _differs(first: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row looks unlike the values below it in at least one column."""
    for at, cell in enumerate(first):
        below = [row[at].strip() for row in rows if at < len(row) and row[at].strip()]
        if not below:
            continue
        if cell in below[: len(below)]:
            return False
        if _form(cell) not in {_form(value) for value in below}:
            return True
    return not any(_all_like(first[at], [row[at] for row in rows if at < len(row)]) for at in range(len(first)))


def _all_like(cell: str, below: list[str]) -> bool:
    return bool(below) and all(_form(value) == _form(cell) and abs(len(value) - len(cell)) <= 1 for value in below)


def _form(cell: str) -> str:
    kinds = (("9", str.isdigit), ("一", lambda character: "\u4e00" <= character <= "\u9fff"), ("a", str.isalpha))
    shape = "".join(next((sign for sign, test in kinds if test(character)), "-") for character in cell)
    return re.sub(r"(.)\1+", r"\1", shape)
