"""An Arrow stream as ClickHouse sends it: frames, or the failure that it ends in."""

import re
from collections.abc import Callable, Iterator
from http.client import IncompleteRead
from pathlib import Path
from typing import Protocol

import polars as pl
import polars.selectors as cs
import pyarrow as pa
from urllib3.exceptions import HTTPError

from store.errors import QueryFailed
from store.lying_texts import lying

_TAIL = 64 << 10

_MANY_ROWS = 1000  # of fewer rows a dictionary gains nothing
_SAMPLE = 1000
_FEW = 50  # texts among these
_OFTEN = 20  # times that each has to be there, on average

# __exception__\r\n0123456789abcdef\r\nCode: 395. DB::Exception: ...\n<length> 0123456789abcdef\r\n__exception__\r\n
_FAILURE = re.compile(
    rb"__exception__\r\n(?P<tag>\w{16})\r\n(?P<message>.*?)\n?\d+ (?P=tag)\r\n__exception__\r\n\Z", re.DOTALL
)
_CODE = re.compile(r"Code: (\d+)")


# What ClickHouse unpacks inside of an Arrow stream.
ARROW_CODECS = frozenset({"lz4", "zstd"})


class Source(Protocol):
    """Where the bytes come from."""

    def close(self) -> None:
        """Give up the rest."""

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, none at the end."""


def frames_of(source: Source) -> Iterator[pl.DataFrame]:
    """The frames of an Arrow stream, one a block.

    Raises:
        QueryFailed: the query failed after its first rows had been sent.
    """
    watched = _Watched(source)
    try:
        with pa.ipc.open_stream(watched) as reader:
            for batch in reader:
                frame = pl.from_arrow(batch)
                if not isinstance(frame, pl.DataFrame):  # narrows the union: a batch is never a series
                    raise TypeError(type(frame))
                yield frame.with_columns(cs.datetime().dt.replace_time_zone(None))
        watched.drain()
    except (pa.ArrowException, OSError, HTTPError) as error:
        watched.keep(_partial(error))
        raise watched.failure() or QueryFailed(f"the answer broke off: {error}") from error
    failure = watched.failure()
    if failure is not None:
        raise failure


def table_of(source: Source) -> pa.Table:
    """The whole of an Arrow stream; a column of dictionaries has the same one in every block.

    Raises:
        QueryFailed: the query failed after its first rows had been sent.
    """
    watched = _Watched(source)
    try:
        with pa.ipc.open_stream(watched) as reader:
            table = reader.read_all().unify_dictionaries()
        watched.drain()
    except (pa.ArrowException, OSError, HTTPError) as error:
        watched.keep(_partial(error))
        raise watched.failure() or QueryFailed(f"the answer broke off: {error}") from error
    failure = watched.failure()
    if failure is not None:
        raise failure
    return table


def stream_of(frame: pl.DataFrame, compression: str | None = None) -> memoryview:
    """A frame as an Arrow stream, packed by one of `ARROW_CODECS` or not at all.

    Unpacked, it is written into a buffer of its very size: one that grows is copied again and again.
    """
    table = _table(frame)
    options = pa.ipc.IpcWriteOptions(compression=compression)
    if compression:
        sink = pa.BufferOutputStream()
        _write(table, sink, options)
        return memoryview(sink.getvalue())
    measure = pa.MockOutputStream()
    _write(table, measure, options)
    buffer = pa.allocate_buffer(measure.size())
    _write(table, pa.FixedSizeBufferWriter(buffer), options)
    return memoryview(buffer)


def write_stream(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame to a file as an Arrow stream for the engine that we bring along, which also reads views of texts.

    Raises:
        OSError: the file cannot be written.
    """
    with pa.OSFile(str(path), "wb") as file:
        _write(_table(frame, lying), file, pa.ipc.IpcWriteOptions())


def _table(frame: pl.DataFrame, exported: Callable[[pl.Series], pa.Array] = pl.Series.to_arrow) -> pa.Table:
    """A frame for Arrow; columns of few texts as dictionaries, which ClickHouse takes over instead of finding them."""
    if frame.height < _MANY_ROWS:
        return frame.to_arrow()
    # A dictionary belongs to one batch of a stream. Column by column, so that no more than one of them is there twice.
    columns = (column.rechunk() for column in frame)
    arrays = [exported(column) if (few := _dictionary(column)) is None else few for column in columns]
    return pa.Table.from_arrays(arrays, names=frame.columns)


def _dictionary(column: pl.Series) -> pa.DictionaryArray | None:
    """A column of few texts, each told once and meant by its number; None where there are many, or other values."""
    if column.dtype != pl.String or column.null_count():
        return None
    some = column.head(_SAMPLE).n_unique()
    if some > _FEW:
        return None
    alike = some == 1 and (column == column.first()).all()
    texts = column.head(1) if alike else column.unique()
    if len(texts) * _OFTEN > len(column):
        return None
    # By polars: PyArrow's own ways load its functions, or pandas, first.
    numbers = pl.Series([0], dtype=pl.UInt8).new_from_index(0, len(column))
    if not alike:
        numbers = column.cast(pl.Enum(texts)).to_physical()
    return pa.DictionaryArray.from_arrays(numbers.to_arrow(), texts.to_arrow(), safe=False)


def _write(table: pa.Table, sink: pa.NativeFile, options: pa.ipc.IpcWriteOptions) -> None:
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)


class _Watched:
    """A source that keeps the end of what it gave: a failure stands there."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._tail = b""
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self.keep(piece)
        return piece

    def close(self) -> None:
        self.closed = True

    def drain(self) -> None:
        while self.read(_TAIL):
            pass

    def keep(self, piece: bytes) -> None:
        self._tail = (self._tail + piece[-_TAIL:])[-_TAIL:]

    def failure(self) -> QueryFailed | None:
        found = _FAILURE.search(self._tail)
        if found is None:
            return None
        message = found["message"].decode(errors="replace")
        code = _CODE.search(message)
        return QueryFailed(message, code=int(code.group(1)) if code else 0)


def _partial(error: Exception) -> bytes:
    """The bytes that came before an answer broke off, which the driver hides in the cause."""
    found = next((cause.partial for cause in error.args if isinstance(cause, IncompleteRead)), b"")
    return found if isinstance(found, bytes) else b""
