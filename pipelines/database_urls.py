"""Databases named by a URL: the password stays out of every name, and may stand in the environment."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import SourceBroken
from pipelines.sql_tables import SqlTable, database_tables
from pipelines.sqlite_files import sqlite_engine

if TYPE_CHECKING:
    from sqlalchemy.engine import URL, Engine

_URL = re.compile(r"[a-z][a-z0-9_]*(?:\+[a-z0-9_]+)?://", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)\}|(?P<bare>[A-Za-z_]\w*))")
_PASSWORD = re.compile(r"://[^/@]*?:(?!\$)[^/]*@")
# Drivers that come along, in place of those that SQLAlchemy assumes.
_DRIVERS = {
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
_WAIT = {"pymysql": {"connect_timeout": 10}, "psycopg": {"connect_timeout": 10}}


def is_database_url(target: str) -> bool:
    """Whether a target names a database, such as `postgresql://reader@db.example.org/civil`."""
    return bool(_URL.match(target))


def shows_password(target: str) -> bool:
    """Whether the password itself stands in a URL, where the list of processes shows it."""
    return is_database_url(target) and bool(_PASSWORD.search(target))


@dataclass(frozen=True)
class Database:
    """A database to scan.

    Attributes:
        place: dialect, host, port and database, without user and password, such as `mysql://db.example.org`.
        schemas: to look into; none: all that are not the system's.
        only: the one table that was asked for, as `schema.table` or `table`, or ''.
    """

    engine: "Engine"
    place: str
    schemas: tuple[str, ...] = ()
    only: str = ""

    def name_of(self, table: SqlTable) -> str:
        """What reports call a table; its part behind the last `/` is `schema.table`."""
        return f"{self.place}/{table.schema or 'main'}.{table.name}"

    def wants(self, table: SqlTable) -> bool:
        """Whether a table was asked for."""
        return self.only in ("", table.name, f"{table.schema}.{table.name}")


def opened_database(target: str, environment: Mapping[str, str] | None = None) -> Database:
    """The database of a URL; `#schema.table` behind it asks for one table. Nothing is connected yet.

    `$NAME` or `${NAME}` in place of user or password stands for a variable of the environment.

    Raises:
        SourceBroken: no such URL, driver or variable; the message holds no part of the password.
    """
    from sqlalchemy import create_engine  # noqa: PLC0415
    from sqlalchemy.engine import make_url  # noqa: PLC0415
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    address, _, only = target.partition("#")
    try:
        url = _with_secrets(make_url(address), os.environ if environment is None else environment)
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        if url.get_backend_name() == "sqlite":
            return _sqlite(url, only)
        engine = create_engine(
            url, poolclass=NullPool, hide_parameters=True, connect_args=_WAIT.get(url.get_driver_name(), {})
        )
        if url.get_driver_name() == "pymysql":
            from pipelines.mysql_cursors import stream_quietly  # noqa: PLC0415

            stream_quietly(engine)
    except ModuleNotFoundError as error:
        raise SourceBroken(f"the driver of this database is not installed: pip install {error.name}") from None
    except (SQLAlchemyError, ValueError) as error:
        raise SourceBroken(f"not the URL of a database that can be read ({type(error).__name__})") from None
    schema_is_database = url.get_backend_name() in ("mysql", "mariadb")
    return Database(engine, _place(url), (url.database,) if schema_is_database and url.database else (), only)


def wanted_tables(database: Database) -> list[SqlTable]:
    """The tables of a database that its URL asks for.

    Raises:
        SourceBroken: it cannot be reached, or holds none.
    """
    tables = [table for table in database_tables(database.engine, database.schemas) if database.wants(table)]
    if not tables:
        raise SourceBroken("it holds no table that this account may see")
    return tables


def place_of(target: str) -> str:
    """What a report calls a database that could not be opened: no user, no password, no query."""
    address = re.sub(r"[?#].*", "", target)
    dialect, _, rest = address.partition("://")
    return f"{dialect}://{rest.rpartition('@')[2]}"


def _place(url: "URL") -> str:
    host = url.host or "localhost"
    shown = f"[{host}]" if ":" in host else host
    place = f"{url.get_backend_name()}://{shown}" + (f":{url.port}" if url.port else "")
    # Where a schema lies in a database, the database is part of the place.
    apart = url.database and url.get_backend_name() not in ("mysql", "mariadb")
    return f"{place}/{url.database}" if apart else place


def _sqlite(url: "URL", only: str) -> Database:
    path = Path(url.database or "")
    if not path.is_file():
        raise SourceBroken("no such file")
    return Database(sqlite_engine(path), f"sqlite://{path.resolve()}", (), only)


def _with_secrets(url: "URL", environment: Mapping[str, str]) -> "URL":
    def known(text: str) -> str:
        found = _VARIABLE.fullmatch(text)
        if found is None:
            return text
        name = found["braced"] or found["bare"]
        if name not in environment:
            raise SourceBroken(f"the URL takes its password from ${name}, which is not set")
        return environment[name]

    user, password = url.username, url.password
    return url.set(username=known(str(user)) if user else user, password=known(str(password)) if password else password)
