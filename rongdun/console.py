"""What the terminal shows: tables and progress for people, JSON for scripts, nothing that a log line could hijack."""

import json
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import chain

from rich.console import Console, JustifyMethod
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

Row = Mapping[str, object]
Advance = Callable[[float | None, str], None]

_PIPED_WIDTH = 200


def out() -> Console:
    """The console for results; plain and wide when piped."""
    return Console(width=None if sys.stdout.isatty() else _PIPED_WIDTH)


def err() -> Console:
    """The console for progress and complaints, on standard error."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else _PIPED_WIDTH)


def harmless(value: object) -> str:
    """A value as text without control characters: terminal escapes from a log become visible, not active."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in _text(value)
    )


def print_json(value: object) -> None:
    """Write one JSON document to standard output: times in ISO 8601 UTC, NaN and infinity as null."""
    sys.stdout.write(_json(value) + "\n")


def print_json_rows(blocks: Iterator[Sequence[Row]]) -> None:
    """Write what `print_json` writes for all rows together, without ever holding more than a block of them.

    Nothing is written when the first block cannot be had; when a later one cannot, the document stays without its end.
    """
    first = next(blocks, ())
    sys.stdout.write("[")
    separator = ""
    for block in chain([first], blocks):
        if block:
            sys.stdout.write(separator + _json(block)[1:-1])
            separator = ", "
    sys.stdout.write("]\n")


def print_table(title: str, rows: Sequence[Row], *, right: frozenset[str] = frozenset()) -> None:
    """Show rows as a table with a heading; columns named in `right` are aligned for numbers."""
    table = Table(title=Text(harmless(title)), title_justify="left", header_style="bold")
    for name in rows[0] if rows else ():
        # An id that is folded cannot be copied.
        whole = name.endswith("_id")
        justify: JustifyMethod = "right" if name in right else "left"
        table.add_column(Text(harmless(name)), justify=justify, overflow="fold", no_wrap=whole)
    for row in rows:
        table.add_row(*(Text(harmless(value)) for value in row.values()))
    console = out()
    if rows:
        console.print(table)
    else:
        console.print(Text(harmless(f"{title}: nothing")))


@contextmanager
def progress(description: str, *, plainly: bool = False) -> Iterator[Advance]:
    """A progress bar on standard error for the time of the block; call what it gives with a share (0..1) and a word.

    Until a share is told, which may be None, it only moves. Piped, nothing is shown, or `plainly` one line.
    """
    shown = sys.stderr.isatty()
    if plainly and not shown:
        err().print(harmless(f"{description} …"), markup=False)
    bar = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[word]}", markup=False),
        TimeElapsedColumn(),
        console=err(),
        transient=True,
        disable=not shown,
    )
    with bar:
        task = bar.add_task(description, total=None, word="")
        yield lambda share, word: bar.update(
            task, total=None if share is None else 1.0, completed=share, word=harmless(word)[-60:]
        )


def _json(value: object) -> str:
    # JSON is UTF-8 (RFC 8259, 8.1): where the terminal's encoding is another, ASCII is what both have in common.
    return json.dumps(_plain(value), ensure_ascii=sys.stdout.encoding.lower() != "utf-8", allow_nan=False)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, datetime):
        # UTC goes without saying; another zone, which a question can ask for, does not.
        return value.strftime("%Y-%m-%d %H:%M:%S") + (str(value)[-6:] if value.utcoffset() else "")
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def _plain(value: object) -> object:
    match value:
        case None | bool() | int():
            return value
        case str():
            # A file name may hold bytes that are no text: no encoding of JSON could carry them.
            return value.encode(errors="backslashreplace").decode()
        case float():
            return value if math.isfinite(value) else None
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
        case date():
            return value.isoformat()
        case bytes():
            return value.decode(errors="backslashreplace")
        case Mapping():
            return {str(_plain(_text(key))): _plain(entry) for key, entry in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(entry) for entry in value]
        case _:
            return str(value)
