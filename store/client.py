"""One way in: a `Store` over clickhouse-connect, wherever ClickHouse runs."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Self, cast

import polars as pl
import pyarrow as pa
from clickhouse_connect.driver.binding import quote_identifier
from clickhouse_connect.driver.client import Client

from store.arrow_stream import ARROW_CODECS, Source, frames_of, stream_of, table_of, write_stream
from store.connecting import client_at
from store.errors import FULL_DISK, QueryFailed
from store.refusals import DISK_FULL, full, translated

Parameters = Mapping[str, object]

_NO_FILE = 76
_HANDED_ROWS = 5_000  # of fewer, a file costs as much as it saves


class Store:
    """A connection to the database: reads give rows or frames, writes go through `store.writes`.

    Times come back without a zone and are UTC, in rows and in frames. A `Store` is not shared between threads; open one
    each.
    """

    def __init__(self, client: Client, dsn: str, spool: Path | None = None) -> None:
        self._client = client
        self._dsn = dsn
        self._spool = spool
        # Where nothing is packed on the wire, Arrow's own packing is no gain either.
        packed = {} if client.compression else {"output_format_arrow_compression_method": "none"}
        self._arrow_settings = {"output_format_arrow_low_cardinality_as_dictionary": 1, **packed}

    @classmethod
    def connect(cls, dsn: str, *, create_database: bool = False, spool: Path | None = None) -> Self:
        """A store at a clickhouse-connect DSN, such as `clickhouse://user:secret@127.0.0.1:8123/rongdun`.

        Args:
            dsn: the address; its path names the database.
            create_database: make that database if the server does not have it yet.
            spool: the embedded server's folder for rows on their way, `spool` below its own: large inserts are handed
                over there.

        Raises:
            ConnectionFailed: nothing answers there, it refuses the credentials, or there is no such database.
        """
        return cls(client_at(dsn, create_database=create_database), dsn, spool)

    def beside(self) -> Self | None:
        """Another connection to the same database, for another thread; None for an engine inside of this process.

        Raises:
            ConnectionFailed: nothing answers there any more.
        """
        return None if self._dsn.startswith("chdb:") else type(self).connect(self._dsn, spool=self._spool)

    def frame(self, sql: str, parameters: Parameters | None = None) -> pl.DataFrame:
        """The result of a query as a polars frame; `{name:Type}` in the SQL are bound on the server.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with translated():
            frame = self._client.query_df_arrow(sql, parameters=dict(parameters or {}), dataframe_library="polars")
        if not isinstance(frame, pl.DataFrame):  # narrows the driver's union type
            raise TypeError(type(frame))
        return frame

    def stream(
        self, sql: str, parameters: Parameters | None = None, settings: Parameters | None = None
    ) -> Iterator[pl.DataFrame]:
        """The result of a query block by block, however large it is; the store does nothing else meanwhile.

        Raises:
            QueryFailed: ClickHouse refused it, or it failed on the way.
        """
        with translated():
            answer = self._client.raw_stream(
                sql, parameters=dict(parameters or {}), settings=dict(settings or {}), fmt="ArrowStream"
            )
            source = cast("Source", answer)
            try:
                yield from frames_of(source)
            finally:
                source.close()

    def arrow(self, sql: str) -> pa.Table:
        """The result of a query as Arrow has it: a LowCardinality column is a dictionary of its texts, and numbers.

        Raises:
            QueryFailed: ClickHouse refused it, or it failed on the way.
        """
        with translated():
            source = cast(
                "Source", self._client.raw_stream(sql, settings=dict(self._arrow_settings), fmt="ArrowStream")
            )
            try:
                return table_of(source)
            finally:
                source.close()

    def rows(self, sql: str, parameters: Parameters | None = None) -> list[dict[str, object]]:
        """The result of a query as one dictionary a row.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with translated():
            return list(self._client.query(sql, parameters=dict(parameters or {})).named_results())

    def row_blocks(self, sql: str, parameters: Parameters | None = None) -> Iterator[list[dict[str, object]]]:
        """What `rows` gives, block by block, however large it is; the store does nothing else meanwhile.

        Raises:
            QueryFailed: ClickHouse refused it, or it failed on the way.
        """
        with translated():
            context = self._client.create_query_context(sql, parameters=dict(parameters or {}))
            if context.is_command:
                # SHOW and its like give a few lines, which the driver reads in another way.
                yield self.rows(sql, parameters)
                return
            with self._client.query_row_block_stream(context=context) as stream:
                names = stream.source.column_names
                for block in stream:
                    yield [dict(zip(names, row, strict=True)) for row in block]

    def measured(
        self, sql: str, parameters: Parameters | None = None
    ) -> tuple[list[dict[str, object]], dict[str, object]]:
        """The result of a query, and ClickHouse's summary of it: `read_rows`, `read_bytes`, `elapsed_ns`.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        with translated():
            result = self._client.query(sql, parameters=dict(parameters or {}))
            return list(result.named_results()), dict(result.summary)

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
        with translated():
            self._client.command(sql, parameters=dict(parameters or {}), settings=dict(settings or {}))

    def insert(self, table: str, frame: pl.DataFrame, settings: Parameters | None = None) -> None:
        """Insert a frame as it is; `store.writes` is the only caller, since a bare insert is not safe to repeat.

        Raises:
            QueryFailed: ClickHouse refused it.
        """
        if self._spool is not None and frame.height >= _HANDED_ROWS:
            self._hand_over(self._spool, table, frame, settings or {})
            return
        compression = self._client.write_compression if self._client.write_compression in ARROW_CODECS else None
        with translated():
            # The driver sends whatever is a buffer, and only says bytes.
            content = cast("bytes", stream_of(frame, compression))
            self._client.raw_insert(table, frame.columns, content, dict(settings or {}), fmt="ArrowStream")

    def _hand_over(self, spool: Path, table: str, frame: pl.DataFrame, settings: Parameters) -> None:
        """Insert a frame by a file: through a socket every byte would be copied four times more."""
        try:
            with tempfile.NamedTemporaryFile(dir=spool, prefix="handed.") as file:
                write_stream(frame, Path(file.name))
                # The server works in its folder; a relative path holds no mark that the engine takes for a pattern.
                source = f"{spool.name}/{Path(file.name).name}"
                target = f"{quote_identifier(table)} ({', '.join(map(quote_identifier, frame.columns))})"
                self.execute(f"INSERT INTO {target} FROM INFILE '{source}' FORMAT ArrowStream", settings=settings)
        except OSError as error:
            if error.errno in FULL_DISK or DISK_FULL in str(error):
                raise full(f" ({spool})") from error
            raise QueryFailed(f"{spool}: {error.strerror or error}", code=_NO_FILE) from error

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
