"""One way in: a `Store` over clickhouse-connect, wherever ClickHouse runs."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import clickhouse_connect
import polars as pl
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError

from store.errors import ConnectionFailed, QueryFailed

Parameters = Mapping[str, object]

_CODE = re.compile(r"Code: (\d+)\.")


class Store:
    """A connection to the database: reads give rows or frames, writes go through `store.writes`.

    A `Store` is not shared between threads; open one each.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @classmethod
    def connect(cls, dsn: str) -> Self:
        """A store at a clickhouse-connect DSN, such as `clickhouse://user:secret@127.0.0.1:8123/rongdun`.

        Raises:
            ConnectionFailed: nothing answers there, or it refuses the credentials.
        """
        try:
            return cls(clickhouse_connect.get_client(dsn=dsn))
        except ClickHouseError as error:
            where = re.sub(r"//[^@/]*@", "//", dsn)
            raise ConnectionFailed(f"no ClickHouse answers at {where}: {error}") from error

    def frame(self, sql: str, parameters: Parameters | None = None) -> pl.DataFrame:
        """The result of a query as a polars frame; `{name:Type}` in the SQL are bound on the server.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with _translated():
            frame = self._client.query_df_arrow(sql, parameters=dict(parameters or {}), dataframe_library="polars")
        if not isinstance(frame, pl.DataFrame):  # narrows the driver's union type
            raise TypeError(type(frame))
        return frame

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, object]]:
        """The result of a query as one dictionary a row.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with _translated():
            return list(self._client.query(sql, parameters=dict(parameters or {})).named_results())

    def value(self, sql: str, parameters: Parameters | None = None) -> object:
        """The first column of the first row, or None when there is no row.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        for row in self.rows(sql, parameters):
            return next(iter(row.values()))
        return None

    def execute(self, sql: str, parameters: Parameters | None = None, settings: Parameters | None = None) -> None:
        """Run a statement that gives nothing back.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with _translated():
            self._client.command(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))

    def insert(self, table: str, frame: pl.DataFrame, settings: Parameters | None = None) -> None:
        """Insert a frame as it is; `store.writes` is the only caller, since a bare insert is not safe to repeat.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with _translated():
            self._client.insert_df_arrow(table, frame, settings=dict(settings or {}))

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise ConnectionFailed(f"the database went away: {error}") from error
    except ClickHouseError as error:
        found = _CODE.search(str(error))
        raise QueryFailed(str(error), code=int(found.group(1)) if found else 0) from error
