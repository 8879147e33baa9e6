"""ClickHouse inside this process: one engine, and a fresh session of it for every request."""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from store.errors import QueryFailed
from store.statements import Read, separate

# The extension module itself, which has no types: only here is the engine's statement classifier within reach.
_chdb: Any = import_module("chdb._chdb")

_CODE = re.compile(r"Code: (\d+)\. ")
_SETTING = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")

# The function `file` reads any file of the machine and asks for no grant. These are the places in a syntax tree where
# it shows, or where the tree would not show it: behind APPLY, and in the WHERE of a SHOW.
_OUTSIDE = re.compile(r"^\s*(?:Function (?:file|catboostEvaluate|[Pp]ython)\b|ColumnsApplyTransformer)", re.MULTILINE)
_HIDDEN = re.compile(rb"\bWHERE\b", re.IGNORECASE)

# What a reader may set for a request: the shape of an answer and the limits of its cost. Other settings can carry
# expressions (additional_table_filters) or change how a statement is read (dialect).
_HARMLESS = re.compile(
    r"(?:output_format|input_format|format|max|min|date_time|cast|join|group_by|distinct|timeout|optimize)_\w+"
    r"|limit|offset|extremes|session_timezone|log_comment"
)

_READONLY_CODE = 164
_BAD_ARGUMENTS_CODE = 36
_SYNTAX_ERROR_CODE = 62


@dataclass(frozen=True)
class Counts:
    """How much a statement read and wrote, materialized views included."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    """What a statement left: its text output, if any, and its counts."""

    body: bytes
    counts: Counts


class Session:
    """A connection of one request: its settings and database end with it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def use(self, database: str) -> None:
        """Make a database the one that bare table names mean."""
        self.run(b"USE {name:Identifier}", {"name": database})

    def set(self, settings: Mapping[str, str]) -> None:
        """Apply settings to what follows.

        Raises:
            QueryFailed: a name is not a setting's, or the engine refuses a value.
        """
        for name in settings:
            if _SETTING.fullmatch(name) is None:
                raise QueryFailed(
                    f"Code: 36. DB::Exception: {name!r} is no name of a setting. (BAD_ARGUMENTS)",
                    code=_BAD_ARGUMENTS_CODE,
                )
        if settings:
            pairs = ", ".join(f"{name} = {quoted(value)}" for name, value in settings.items())
            self.run(f"SET {pairs}".encode())

    def restrict(self, sql: bytes, parameters: Mapping[str, str], settings: Iterable[str], *, gives_rows: bool) -> None:
        """Make the session read-only, and refuse a statement or a setting that would look outside the database.

        The engine itself then refuses writes, changed settings and every table function that is a source.

        Raises:
            QueryFailed: the statement does more than read the database.
        """
        if not gives_rows or not all(_HARMLESS.fullmatch(name) for name in settings):
            raise _readonly()
        tree = self.run(b"EXPLAIN AST " + sql, parameters).body.decode(errors="replace")
        if _OUTSIDE.search(tree) or (tree.startswith("Show") and _HIDDEN.search(sql)):
            raise _readonly()
        self.run(b"SET ROLE reading")
        self.run(b"SET readonly = 1")

    def run(self, sql: bytes, parameters: Mapping[str, str] | None = None) -> Outcome:
        """Execute a statement whose output is small.

        Raises:
            QueryFailed: the engine refused it.
        """
        try:
            result = self._connection.query(_text(sql), "TabSeparated", params=dict(parameters or {}))
        except RuntimeError as error:
            raise _failure(error) from error
        return Outcome(bytes(result.bytes()), _counts(result))

    def write_rows(self, read: Read, path: Path, parameters: Mapping[str, str]) -> Counts:
        """Write the rows of a statement to a file or a named pipe, in the format it asks for, in constant memory.

        Raises:
            QueryFailed: the engine refused it, or failed on the way.
        """
        clause = f"\nINTO OUTFILE {quoted(str(path))} TRUNCATE\nFORMAT {read.format}"
        return self.run(read.head + clause.encode() + read.tail, parameters).counts


class Engine:
    """The database of a folder, open as long as this object is; both paths are relative and plain."""

    def __init__(self, folder: str, configuration: str) -> None:
        self._address = f"{folder}?config-file={configuration}"
        # Handlers of the engine would take SIGTERM away from the server that has to close it.
        _chdb.set_signal_handlers_enabled(0)
        # The engine stops with its last connection: this one keeps it running between requests.
        self._keeper = _chdb.connect(self._address)
        self._classifying = threading.Lock()

    def gives_rows(self, sql: bytes) -> bool:
        """Whether a statement only reads, as the engine's own parser sees it; several at once are refused.

        Raises:
            QueryFailed: more than one statement.
        """
        with self._classifying:
            kind = self._keeper.classify_query(_text(sql))
        if kind["statement_count"] > 1:
            raise _syntax_error("Multi-statements are not allowed")
        if kind["statement_count"] == 0 and not separate(_text(sql)):
            raise _syntax_error("Empty query")
        return bool(kind["query_class"] == _chdb.query_class.READ_ONLY)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A session for the calling thread, forgotten afterwards."""
        connection = _chdb.connect(self._address)
        try:
            yield Session(connection)
        finally:
            connection.close()

    def close(self) -> None:
        """Flush and stop the engine."""
        self._keeper.close()


def quoted(text: str) -> str:
    """A ClickHouse string literal."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _text(sql: bytes) -> str:
    try:
        return sql.decode()
    except UnicodeDecodeError as error:
        raise _syntax_error(f"the statement is not UTF-8: {error.reason}") from error


def _failure(error: RuntimeError) -> QueryFailed:
    message = str(error)
    at = message.find("Code: ")
    found = _CODE.search(message)
    return QueryFailed(message[max(at, 0) :], code=int(found.group(1)) if found else 0)


def _syntax_error(problem: str) -> QueryFailed:
    return QueryFailed(f"Code: 62. DB::Exception: {problem}. (SYNTAX_ERROR)", code=_SYNTAX_ERROR_CODE)


def _readonly() -> QueryFailed:
    return QueryFailed("Code: 164. DB::Exception: this user only reads the database. (READONLY)", code=_READONLY_CODE)


def _counts(result: Any) -> Counts:
    # What was read from tables, as ClickHouse's own summary has it; `rows_read` counts the rows of the answer.
    read = result.storage_rows_read(), result.storage_bytes_read()
    return Counts(*read, result.rows_written(), result.bytes_written(), result.elapsed())
