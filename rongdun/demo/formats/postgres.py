"""PostgreSQL's csvlog with pgAudit's records, as release 16 with `pgaudit.log_rows` writes it."""

import csv
import io
from dataclasses import dataclass

from rongdun.demo.moments import SECOND, as_datetime

_AFTER_MESSAGE = 8  # detail, hint, internal query and its place, context, query and its place, location


@dataclass(frozen=True)
class Session:
    """A connection: who, to which database, from where, since when."""

    user: str
    database: str
    client: str
    port: int
    process: int
    began: int
    application: str = ""

    @property
    def name(self) -> str:
        """The session's id: its start and its process, hexadecimal."""
        return f"{self.began // SECOND:x}.{self.process:x}"


def audited(at: int, session: Session, line: int, statement: str, rows: int, *, relation: str = "") -> str:
    """A record of pgAudit of one statement; `relation` is named as with `pgaudit.log_relation`."""
    command = statement.split(" ", 1)[0].upper()
    kind = "READ" if command in ("SELECT", "COPY") else "MISC"
    record = ["SESSION", line, 1, kind, command, "TABLE" if relation else "", relation, statement, "<not logged>", rows]
    return logged(at, session, line, command, f"AUDIT: {_csv(record)}")


def logged(
    at: int, session: Session, line: int, tag: str, message: str, *, severity: str = "LOG", state: str = "00000"
) -> str:
    """One message of a session; of the server itself where the session has no user."""
    of_client = "client backend" if session.user else "checkpointer"
    return _csv(
        [
            _time(at),
            session.user,
            session.database,
            session.process,
            f"{session.client}:{session.port}" if session.client else "",
            session.name,
            line,
            tag,
            f"{as_datetime(session.began):%Y-%m-%d %H:%M:%S} UTC",
            "",
            0,
            severity,
            state,
            message,
            *[""] * _AFTER_MESSAGE,
            session.application,
            of_client,
            "",
            0,
        ]
    )


def _time(at: int) -> str:
    moment = as_datetime(at)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"


def _csv(cells: list[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(cells)
    return text.getvalue()
