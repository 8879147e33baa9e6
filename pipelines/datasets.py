"""Tables as scans meet them: files and ClickHouse tables, read in bounded pieces of columns and counted values."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.delimited import delimited_frames
from pipelines.errors import SourceBroken
from pipelines.sources.compression import plain

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson", ".json")
_PACKED = (".gz", ".zst")
_PARQUET_MAGIC = b"PAR1"
_ZIP_MAGIC = b"PK\x03\x04"
_BATCH_ROWS = 65_536
_LONGEST_RECORD = 16 * 1024 * 1024
_LONGEST_ARRAY = 256 * 1024 * 1024
_DEEPEST = 8
_LARGEST_WHOLE = 2**53

_NARROW = (
    pl.Boolean,
    pl.Date,
    pl.Datetime,
    pl.Time,
    pl.Duration,
    pl.Int8,
    pl.Int16,
    pl.Int32,
    pl.UInt8,
    pl.UInt16,
    pl.UInt32,
)


@dataclass(frozen=True)
class Piece:
    """Some rows of a table: text columns only, and how far the reading is.

    Attributes:
        frame: one column of text per column of the table; what cannot hold personal data by its type is left out.
        rows: how many rows of the table these are.
        share: how much of the table has been read, 0 to 1.
        rejected: rows that could not be read.
    """

    frame: pl.DataFrame
    rows: int
    share: float = 1.0
    rejected: int = 0
    columns: tuple[str, ...] = field(default=())


def is_table(path: Path) -> bool:
    """Whether a file is named like a table, packed or not."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in _PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in TABLE_SUFFIXES


def file_pieces(path: Path, *, is_name: Callable[[str], bool]) -> Iterator[Piece]:
    """The rows of a CSV, TSV, Parquet, JSON-lines or JSON file, as text, piece by piece.

    Raises:
        SourceBroken: it is empty, damaged, or no table; what was yielded before stays good.
    """
    try:
        with path.open("rb") as raw:
            yield from _pieces(path, raw, is_name)
    except (OSError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise SourceBroken(f"cannot be read: {error}") from error


def _pieces(path: Path, raw: BinaryIO, is_name: Callable[[str], bool]) -> Iterator[Piece]:
    size = path.stat().st_size
    if size == 0:
        raise SourceBroken("the file is empty")
    magic = raw.read(4)
    raw.seek(0)
    if magic == _PARQUET_MAGIC:
        yield from _parquet_pieces(path)
        return
    if magic == _ZIP_MAGIC:
        raise SourceBroken("a zip archive or spreadsheet, not a table: unpack it or save it as CSV")
    stream = plain(raw)

    def share() -> float:
        return min(1.0, raw.tell() / size) if not raw.closed else 1.0

    first = _first_character(stream)
    if first == b"{" and not _named(path, ".csv", ".tsv"):
        yield from _line_pieces(stream, share)
    elif first == b"[" and _named(path, ".json", ".jsonl"):
        yield from _array_pieces(stream, share)
    elif _named(path, ".parquet", ".pq"):
        raise SourceBroken("not a Parquet file: it does not begin with PAR1")
    elif _named(path, ".json", ".jsonl", ".ndjson"):
        raise SourceBroken("not JSON: it begins with neither { nor [")
    else:
        for frame, rejected in delimited_frames(stream, is_name=is_name):
            yield Piece(frame, frame.height, share(), rejected)


def _named(path: Path, *endings: str) -> bool:
    name = path.name.lower()
    return any(name.removesuffix(".gz").removesuffix(".zst").endswith(ending) for ending in endings)


def _first_character(stream: BinaryIO) -> bytes:
    beginning = stream.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    stream.seek(0)
    return beginning[:1]


def _parquet_pieces(path: Path) -> Iterator[Piece]:
    try:
        with pq.ParquetFile(path) as table:
            done, total = 0, max(1, table.metadata.num_rows)
            for batch in table.iter_batches(batch_size=_BATCH_ROWS):
                done += batch.num_rows
                yield Piece(_texts(_polars(batch)), batch.num_rows, done / total)
    except (pa.ArrowException, pl.exceptions.PolarsError, NotImplementedError, ValueError) as error:
        # The library may quote what it read; its name for the trouble is enough.
        raise SourceBroken(
            f"a damaged Parquet file, or one of a form that is not read ({type(error).__name__})"
        ) from error


def _polars(batch: pa.RecordBatch) -> pl.DataFrame:
    frame = pl.from_arrow(pa.Table.from_batches([batch]))
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _texts(frame: pl.DataFrame, depth: int = 0) -> pl.DataFrame:
    """Every column that may hold personal data, as text; nested fields as `column.field`."""
    columns: list[pl.Series] = []
    for series in frame.get_columns():
        columns.extend(_text(series, depth))
    return pl.DataFrame(columns)


def _text(series: pl.Series, depth: int) -> list[pl.Series]:
    kind = series.dtype
    if kind in _NARROW or kind == pl.Null or depth > _DEEPEST:
        return []
    if isinstance(kind, pl.Struct):
        inner = series.struct.unnest()
        return _texts(inner.rename({name: f"{series.name}.{name}" for name in inner.columns}), depth + 1).get_columns()
    if isinstance(kind, pl.List | pl.Array):
        return [pl.Series(series.name, [_listed(value) for value in series.to_list()], dtype=pl.String)]
    if kind in (pl.Float32, pl.Float64):
        whole = series.cast(pl.Int64, strict=False)
        return [
            whole.cast(pl.String)
            .zip_with((whole == series).fill_null(value=False), pl.Series([None], dtype=pl.String))
            .alias(series.name)
        ]
    if kind == pl.Binary:
        return [pl.Series(series.name, [_decoded(value) for value in series.to_list()], dtype=pl.String)]
    return [series.cast(pl.String, strict=False)]


def _listed(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _decoded(value: bytes | None) -> str | None:
    if value is None:
        return None
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _line_pieces(stream: BinaryIO, share: Callable[[], float]) -> Iterator[Piece]:
    records: list[dict[str, str]] = []
    rejected = 0
    while line := stream.readline(_LONGEST_RECORD):
        if not line.strip():
            continue
        record = _record(line)
        if record is None:
            rejected += 1
        else:
            records.append(record)
        if len(records) >= _BATCH_ROWS:
            yield Piece(_columns(records), len(records), share(), rejected)
            records, rejected = [], 0
    if not records and rejected:
        raise SourceBroken("not JSON lines: no line could be read as a JSON object")
    yield Piece(_columns(records), len(records), 1.0, rejected)


def _array_pieces(stream: BinaryIO, share: Callable[[], float]) -> Iterator[Piece]:
    content = stream.read(_LONGEST_ARRAY + 1)
    if len(content) > _LONGEST_ARRAY:
        raise SourceBroken("a JSON array of more than 256 MiB: save it as JSON lines")
    try:
        array = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"not JSON: {type(error).__name__} while reading the array") from error
    records = [_flat(item if isinstance(item, dict) else {"value": item}) for item in array]
    yield Piece(_columns(records), len(records), share())


def _record(line: bytes) -> dict[str, str] | None:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return _flat(value) if isinstance(value, dict) else None


def _flat(value: dict[str, object], prefix: str = "", depth: int = 0) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict) and depth < _DEEPEST:
            flat.update(_flat(inner, f"{prefix}{name}.", depth + 1))
        elif isinstance(inner, list | dict):
            flat[f"{prefix}{name}"] = json.dumps(inner, ensure_ascii=False)
        elif isinstance(inner, str | int) and not isinstance(inner, bool):
            flat[f"{prefix}{name}"] = str(inner)
        elif isinstance(inner, float) and inner.is_integer() and abs(inner) < _LARGEST_WHOLE:
            # A number that went through a spreadsheet or a data frame: 13800138000.0
            flat[f"{prefix}{name}"] = str(int(inner))
    return flat


def _columns(records: list[dict[str, str]]) -> pl.DataFrame:
    names = dict.fromkeys(name for record in records for name in record)
    columns = {name: [record.get(name) for record in records] for name in names}
    return pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String))
