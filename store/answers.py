"""Running one request on the engine, and handing its rows over: from a file when it has ended, or as they come."""

import errno
import fcntl
import os
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from store.bodies import SpooledBody
from store.credentials import User
from store.engine import Counts, Engine, Session, quoted
from store.errors import QueryFailed
from store.requests import STATEMENT_LIMIT, Asked
from store.statements import Insert, inserting, reading

PIECE = 1 << 20

# Rows given as VALUES may use bind parameters, which only the statement itself can carry: small ones stay in it.
_INLINE_LIMIT = 1 << 20
_LEAST_ROOM = 1 << 16
_HEAD = 1 << 18
_SYNTAX_ERROR = 62


@dataclass(frozen=True)
class Statement:
    """What to run.

    Attributes:
        sql: the statement, or nothing where rows come along.
        insert: the statement's parts where rows come along in the body.
        gives_rows: it only reads.
    """

    sql: bytes
    insert: Insert | None
    gives_rows: bool = False


class Rows:
    """The rows of a query, or the text of a command.

    Attributes:
        format: the format they are in, or '' for a command without output.
        ended: gives the counts when the query has ended, and raises its failure.
    """

    def __init__(self, rows_format: str, descriptor: int, ended: Callable[[], Counts]) -> None:
        self.format = rows_format
        self.ended = ended
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._reading = threading.Lock()

    def read(self) -> bytes:
        """The next bytes, or none at the end."""
        with self._reading:
            return self._file.read(PIECE) or b""

    def close(self) -> None:
        """Stop reading, once a read under way has returned; a query that still writes is stopped by that."""
        with self._reading:
            self._file.close()


class Runner:
    """Runs requests on the engine, each in a thread of its own."""

    def __init__(self, engine: Engine, executor: Executor, spool: Path) -> None:
        self._engine = engine
        self._executor = executor
        self._spool = spool

    def statement(self, asked: Asked, body: SpooledBody) -> Statement:
        """The statement of a request, whether it stands in the address, in the body, or in front of the rows there.

        Raises:
            QueryFailed: it is too long, or more than one.
        """
        found = _statement(asked, body)
        if found.insert is not None:
            return found
        return replace(found, gives_rows=self._engine.gives_rows(found.sql))

    def whole(self, asked: Asked, user: User, wanted: Statement, body: SpooledBody) -> Rows:
        """The answer to a request once it has ended.

        Raises:
            QueryFailed: the engine refused it.
        """
        with self._session(asked, user, wanted) as session:
            if wanted.insert is not None:
                return _said(session.run(_from_file(wanted.insert, body.rows(wanted.insert.data_at))).counts, b"")
            if not wanted.gives_rows:
                outcome = session.run(wanted.sql, asked.parameters)
                return _said(outcome.counts, outcome.body)
            read = reading(wanted.sql, default_format=asked.default_format)
            with tempfile.NamedTemporaryFile(dir=self._spool, prefix="rows.") as file:
                counts = session.write_rows(read, Path(file.name), asked.parameters)
                # On a full disk the engine ends the file early and says nothing: that must not pass for an answer.
                if shutil.disk_usage(self._spool).free < _LEAST_ROOM:
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
                return Rows(read.format, os.open(file.name, os.O_RDONLY | os.O_CLOEXEC), lambda: counts)

    def streamed(self, asked: Asked, user: User, wanted: Statement) -> Rows:
        """The rows of a query as the engine makes them, through a pipe; a full pipe makes the engine wait."""
        read = reading(wanted.sql, default_format=asked.default_format)
        pipe = Path(tempfile.mktemp(dir=self._spool, prefix="pipe."))  # noqa: S306 - mkfifo fails if it exists
        os.mkfifo(pipe, 0o600)
        # Opened for reading without a writer, then for writing: so the reader meets no end before the query has ended.
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        writer = os.open(pipe, os.O_WRONLY | os.O_CLOEXEC)
        os.set_blocking(reader, True)
        _widen(writer)

        def run() -> Counts:
            try:
                with self._session(asked, user, wanted) as session:
                    return session.write_rows(read, pipe, asked.parameters)
            finally:
                os.close(writer)
                pipe.unlink()

        running: Future[Counts] = self._executor.submit(run)
        return Rows(read.format, reader, running.result)

    def kill(self, tag: str) -> None:
        """Stop a query whose client has gone."""
        with self._engine.session() as session:
            session.run(f"KILL QUERY WHERE Settings['log_comment'] = {quoted(tag)} ASYNC".encode())

    def kill_all(self) -> None:
        """Stop whatever still runs."""
        with self._engine.session() as session:
            session.run(b"KILL QUERY WHERE query NOT LIKE 'KILL %' ASYNC")

    @contextmanager
    def _session(self, asked: Asked, user: User, wanted: Statement) -> Iterator[Session]:
        with self._engine.session() as session:
            if asked.database:
                session.use(asked.database)
            # The tag, unlike the id, is not the client's choice: nobody can have another one's query stopped.
            session.set({**asked.settings, "log_comment": asked.tag})
            if user == "reader":
                session.restrict(wanted.sql, asked.parameters, asked.settings, gives_rows=wanted.gives_rows)
            yield session


def _statement(asked: Asked, body: SpooledBody) -> Statement:
    if asked.query:
        sql = asked.query.encode()
        insert = inserting(sql)
        if insert is not None and not sql[insert.data_at :].strip():
            return Statement(b"", replace(insert, data_at=0))
        return Statement(sql + b"\n" + _whole(body) if body.size else sql, None)
    insert = inserting(body.head(_HEAD))
    if insert is None or (insert.format == "Values" and body.size <= _INLINE_LIMIT):
        return Statement(_whole(body), None)
    return Statement(b"", insert)


def _said(counts: Counts, text: bytes) -> Rows:
    with tempfile.TemporaryFile() as file:
        file.write(text)
        file.seek(0)
        return Rows("TabSeparated" if text else "", os.dup(file.fileno()), lambda: counts)


def _from_file(insert: Insert, path: Path) -> bytes:
    source = f"\nFROM INFILE {quoted(str(path))}\n".encode()
    return insert.target + source + insert.settings + f"\nFORMAT {insert.format}".encode()


def _whole(body: SpooledBody) -> bytes:
    if body.size > STATEMENT_LIMIT:
        raise QueryFailed(
            f"Code: 62. DB::Exception: the statement is longer than {STATEMENT_LIMIT} bytes. (SYNTAX_ERROR)",
            code=_SYNTAX_ERROR,
        )
    return body.head(STATEMENT_LIMIT)


def _widen(pipe: int) -> None:
    """A larger pipe means fewer turns between engine and reader; only Linux has the call."""
    if sys.platform == "linux":
        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIECE)
