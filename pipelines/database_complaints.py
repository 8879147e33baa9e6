"""Complaints of databases that are not ours, as one line each; their own words may quote values and passwords."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipelines.errors import SourceBroken


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """What the database or its driver raises inside, as one line that quotes nothing.

    Raises:
        SourceBroken: the database cannot be reached, refused something, is locked or damaged.
    """
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    try:
        yield
    except (SQLAlchemyError, sqlite3.Error, UnicodeError) as error:
        raise SourceBroken(_reason(error)) from None
    except OSError as error:
        raise SourceBroken(f"the database cannot be reached ({type(error).__name__})") from None


def _reason(error: Exception) -> str:
    cause: Any = getattr(error, "orig", None) or error
    words = str(cause).lower()
    known: tuple[tuple[str, str], ...] = (
        ("locked", "the database is locked by another program: scan it again when that is done"),
        ("lock wait timeout", "another program has locked the table: scan it again when that is done"),
        ("lock timeout", "another program has locked the table: scan it again when that is done"),
        ("definition has changed", "the table was altered while it was read: scan it again"),
        ("lost connection", "the connection broke off: scan it again"),
        ("gone away", "the connection broke off: scan it again"),
        ("terminating connection", "the server ended the connection: scan it again"),
        ("unknown database", "it does not exist (any more)"),
        ("malformed", "the database is damaged"),
        ("not a database", "not a SQLite database, or an encrypted one"),
        ("unable to open", "the database cannot be opened"),
        ("password", "the database refused the account: check user and password"),
        ("access denied", "the database refused the account: check user and password"),
        ("permission denied", "the account may not read it: grant it SELECT"),
        ("command denied", "the account may not read it: grant it SELECT"),
        ("does not exist", "it does not exist (any more)"),
        ("doesn't exist", "it does not exist (any more)"),
        ("no such table", "it does not exist (any more)"),
        ("connect", "the database cannot be reached: check host and port"),
    )
    name = type(cause).__name__
    return next((f"{told} ({name})" for sign, told in known if sign in words), f"the database refused it ({name})")
