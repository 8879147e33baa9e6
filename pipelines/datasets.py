"""Tables as scans meet them: files read in bounded pieces, whatever their format."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipelines.delimited import delimited_frames
from pipelines.errors import SourceBroken
from pipelines.json_tables import array_pieces, line_pieces
from pipelines.parquet_tables import parquet_pieces
from pipelines.pieces import Piece
from pipelines.sources.compression import plain

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet", ".pq", ".jsonl", ".ndjson", ".json")
CONTAINER_SUFFIXES = (".xlsx", ".xlsm", ".xls", ".zip", ".sqlite", ".sqlite3", ".db", ".db3")
_OF_MANY_KINDS = (".db", ".db3")
_PACKED = (".gz", ".zst")
_PARQUET_MAGIC = b"PAR1"
_ZIP_MAGIC = b"PK\x03\x04"


def is_table(path: Path) -> bool:
    """Whether a file is named like a table or like something that holds tables, packed or not."""
    if path.suffix.lower() in _OF_MANY_KINDS:
        return _begins_like_sqlite(path)
    return is_table_name(path.name)


def is_table_name(name: str) -> bool:
    """Whether a name is that of a table or of something that holds tables."""
    suffixes = [suffix.lower() for suffix in Path(name).suffixes]
    if suffixes and suffixes[-1] in CONTAINER_SUFFIXES:
        return True
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
        raise SourceBroken(f"cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _pieces(path: Path, raw: BinaryIO, is_name: Callable[[str], bool]) -> Iterator[Piece]:
    size = path.stat().st_size
    if size == 0:
        raise SourceBroken("the file is empty")
    magic = raw.read(4)
    raw.seek(0)
    if magic == _PARQUET_MAGIC:
        yield from parquet_pieces(path)
        return
    if magic == _ZIP_MAGIC:
        raise SourceBroken("a zip archive or spreadsheet that is not named so: rename or unpack it")
    stream = plain(raw)

    def share() -> float:
        return min(1.0, raw.tell() / size) if not raw.closed else 1.0

    first = _first_character(stream)
    if first == b"{" and not _named(path, ".csv", ".tsv"):
        yield from line_pieces(stream, share)
    elif first == b"[" and _named(path, ".json", ".jsonl"):
        yield from array_pieces(stream, share)
    elif _named(path, ".parquet", ".pq"):
        raise SourceBroken("not a Parquet file: it does not begin with PAR1")
    elif _named(path, ".json", ".jsonl", ".ndjson"):
        raise SourceBroken("not JSON: it begins with neither { nor [")
    else:
        for lines in delimited_frames(stream, is_name=is_name):
            yield Piece(lines.frame, lines.frame.height, share(), lines.rejected, note=lines.note)


def _named(path: Path, *endings: str) -> bool:
    name = path.name.lower()
    return any(name.removesuffix(".gz").removesuffix(".zst").endswith(ending) for ending in endings)


def _first_character(stream: BinaryIO) -> bytes:
    beginning = stream.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")
    stream.seek(0)
    return beginning[:1]


def _begins_like_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(6) == b"SQLite"
    except OSError:
        return False
