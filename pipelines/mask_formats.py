"""Tables written again with some of their columns masked: the same format, piece by piece."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.delimited import delimited_frames
from pipelines.encodings import encoding_of, text_of
from pipelines.errors import SourceBroken
from pipelines.headers import delimiter_of, has_header
from pipelines.pieces import BATCH_ROWS
from pipelines.sources.compression import plain

Masker = Callable[[str], str]
Maskers = Mapping[str, Masker]  # by column, nested fields as `column.field`


@dataclass(frozen=True)
class Masking:
    """What is masked in a table.

    Attributes:
        maskers: by column, nested fields as `column.field`.
        whole: columns of which every value is masked as a whole.
        echoed: those of them whose values are masked wherever else they stand in the row, such as a name in a remark.
    """

    maskers: Maskers
    whole: frozenset[str] = frozenset()
    echoed: frozenset[str] = frozenset()


_SNIFFED = 256 * 1024
_LONGEST_RECORD = 16 * 1024 * 1024
_LONGEST_ARRAY = 256 * 1024 * 1024
_LARGEST_WHOLE = 2**53
_PARQUET_MAGIC = b"PAR1"
_HEADER_ROWS = 60
_SHORTEST_NUMBER = 6  # characters: less stands anywhere by accident
_TELLING = "[^\x00-\x7f]{2}"
_NUMBER = (int, float)


def write_masked(source: Path, sink: BinaryIO, masking: Masking, *, is_name: Callable[[str], bool]) -> int:
    """How many records could not be read and are not in the masked copy of a file, which is written to the sink.

    Raises:
        SourceBroken: the source is no table, or damaged.
    """
    with source.open("rb") as raw:
        if raw.read(4) == _PARQUET_MAGIC:
            _parquet(source, sink, masking)
            return 0
        raw.seek(0)
        stream = plain(raw)
        first = stream.read(4096).lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        stream.seek(0)
        name = source.name.lower().removesuffix(".gz").removesuffix(".zst")
        if first == b"{" and not name.endswith((".csv", ".tsv")):
            return _json_lines(stream, sink, masking)
        if first == b"[" and name.endswith((".json", ".jsonl")):
            return _json_array(stream, sink, masking)
        return _delimited(stream, sink, masking, is_name)


def masked_frame(frame: pl.DataFrame, masking: Masking) -> pl.DataFrame:
    """The frame with the columns that have a masker masked, each distinct value once; they are text afterwards."""
    names = [name for name in masking.maskers if name in frame.columns]
    made = frame.with_columns(_masked_series(frame[name], masking.maskers[name]) for name in names)
    return _echoes_masked(frame, made, masking)


def _echoes_masked(frame: pl.DataFrame, made: pl.DataFrame, masking: Masking) -> pl.DataFrame:
    texts = [name for name in made.columns if name not in masking.whole and made.schema[name] == pl.String]
    echoed = [name for name in made.columns if name in masking.echoed and made.schema[name] == pl.String]
    for text in texts:
        for name in echoed:
            made = made.with_columns(_without_echo(made[text], frame[name].cast(pl.String), made[name]))
    return made


def _without_echo(text: pl.Series, old: pl.Series, new: pl.Series) -> pl.Series:
    """The texts with the old value of the same row replaced by the new one."""
    rows = pl.DataFrame({"text": text, "old": old})
    told = (pl.col("old").str.len_chars() >= _SHORTEST_NUMBER) | pl.col("old").str.contains(_TELLING)
    within = rows.select((pl.col("text").str.contains(pl.col("old"), literal=True) & told).fill_null(value=False))[
        "text"
    ]
    if not within.any():
        return text
    mended = text.to_list()
    for at in within.arg_true().to_list():
        mended[at] = mended[at].replace(old[at], new[at] or "")
    return pl.Series(text.name, mended, dtype=pl.String)


def _masked_series(series: pl.Series, masker: Masker) -> pl.Series:
    distinct = series.drop_nulls().unique()
    made = pl.Series([masker(value) for value in distinct.to_list()], dtype=pl.String)
    return series.replace_strict(distinct, made, default=None, return_dtype=pl.String).alias(series.name)


def _delimited(stream: BinaryIO, sink: BinaryIO, masking: Masking, is_name: Callable[[str], bool]) -> int:
    beginning = stream.read(_SNIFFED)
    stream.seek(0)
    encoding = encoding_of(beginning)
    text = text_of(beginning).replace("\x00", "")
    delimiter = delimiter_of(text if len(beginning) < _SNIFFED else text[: text.rfind("\n") + 1] or text)
    first = _first_rows(text, delimiter)
    header = first is not None and has_header(first, is_name)
    rejected, begun = 0, False
    for frame, lost in delimited_frames(stream, is_name=is_name):
        rejected += lost
        made = masked_frame(frame, masking).write_csv(separator=delimiter, include_header=header and not begun)
        sink.write(made.encode(encoding, "replace"))
        begun = True
    return rejected


def _first_rows(text: str, delimiter: str) -> list[list[str]] | None:
    lines = io.StringIO(text.replace("\r\n", "\n").replace("\r", "\n"), newline="")
    rows: list[list[str]] = []
    with suppress(csv.Error):  # a cell beyond the reader's limit: what came before is enough
        rows = list(islice((row for row in csv.reader(lines, delimiter=delimiter) if row), _HEADER_ROWS))
    return rows or None


def _json_lines(stream: BinaryIO, sink: BinaryIO, masking: Masking) -> int:
    rejected = written = 0
    while line := stream.readline(_LONGEST_RECORD):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict):
            rejected += 1
            continue
        sink.write(_json(_masked_record(record, masking)) + b"\n")
        written += 1
    if rejected and not written:
        raise SourceBroken("not JSON lines: no line could be read as a JSON object")
    return rejected


def _json_array(stream: BinaryIO, sink: BinaryIO, masking: Masking) -> int:
    content = stream.read(_LONGEST_ARRAY + 1)
    if len(content) > _LONGEST_ARRAY:
        raise SourceBroken("a JSON array of more than 256 MiB: save it as JSON lines")
    try:
        items = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SourceBroken(f"not JSON: {type(error).__name__} while reading the array") from error
    records = [_masked_record(item if isinstance(item, dict) else {"value": item}, masking) for item in items]
    made = [new if isinstance(old, dict) else new["value"] for old, new in zip(items, records, strict=True)]
    sink.write(_json(made) + b"\n")
    return 0


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "backslashreplace")


def _masked_record(record: dict[str, object], masking: Masking) -> dict[str, object]:
    """A record with what is masked of it masked, and in its texts also what the other masked fields hold."""
    echoes: dict[str, str] = {}

    def noting(masker: Masker, value: str) -> str:
        made = masker(value)
        if made != value and (len(value) >= _SHORTEST_NUMBER or re.search(_TELLING, value)):
            echoes[value] = made
        return made

    maskers = {
        path: partial(noting, masker) if path in masking.echoed else masker for path, masker in masking.maskers.items()
    }
    made = {name: _masked_value(value, name, maskers) for name, value in record.items()}
    if not echoes:
        return made
    return {name: _mended(value, name, masking.whole, echoes) for name, value in made.items()}


def _mended(value: object, path: str, whole: frozenset[str], echoes: Mapping[str, str]) -> object:
    """The value with the echoes replaced in every text outside of the columns that are masked whole."""
    if path in whole:
        return value
    if isinstance(value, dict):
        return {name: _mended(item, f"{path}.{name}", whole, echoes) for name, item in value.items()}
    if isinstance(value, list):
        return [_mended(item, path, whole, echoes) for item in value]
    return _without(value, echoes) if isinstance(value, str) else value


def _without(text: str, echoes: Mapping[str, str]) -> str:
    for old, new in echoes.items():
        text = text.replace(old, new)
    return text


def _masked_value(value: object, path: str, maskers: Maskers) -> object:
    """The value with every leaf below a masked path masked; a list counts for the path that it stands at."""
    if isinstance(value, dict):
        inner = {name: f"{path}.{name}" if path else str(name) for name in value}
        # What the scan saw as one text, such as an object inside of a list, has one masker.
        return {
            name: _masked_value(item, inner[name] if path not in maskers else path, maskers)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_masked_value(item, path, maskers) for item in value]
    masker = maskers.get(path)
    if masker is None or value is None or isinstance(value, bool):
        return value
    if isinstance(value, _NUMBER):
        return _masked_number(value, masker)
    return masker(value) if isinstance(value, str) else value


def _masked_number(value: float, masker: Masker) -> object:
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < _LARGEST_WHOLE)
    text = str(int(value)) if whole else repr(value)
    made = masker(text)
    if made == text:
        return value
    try:
        return int(made) if made.isdigit() and whole else float(made)
    except ValueError:
        return made


def _parquet(source: Path, sink: BinaryIO, masking: Masking) -> None:
    try:
        with pq.ParquetFile(source) as table:
            writer: pq.ParquetWriter | None = None
            for batch in _batches(table):
                made = _parquet_frame(batch, masking).to_arrow()
                writer = writer or pq.ParquetWriter(sink, made.schema)
                writer.write_table(made.cast(writer.schema))
            if writer is not None:
                writer.close()
    except (pa.ArrowException, pl.exceptions.PolarsError, NotImplementedError, ValueError) as error:
        # The library may quote what it read; its name for the trouble is enough.
        raise SourceBroken(f"a Parquet file that is damaged or cannot be masked ({type(error).__name__})") from error


def _batches(table: pq.ParquetFile) -> Iterator[pl.DataFrame]:
    empty = True
    for batch in table.iter_batches(batch_size=BATCH_ROWS):
        empty = False
        yield _frame(pa.Table.from_batches([batch]))
    if empty:
        yield _frame(table.schema_arrow.empty_table())


def _frame(table: pa.Table) -> pl.DataFrame:
    frame = pl.from_arrow(table)
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def _parquet_frame(frame: pl.DataFrame, masking: Masking) -> pl.DataFrame:
    columns = []
    for series in frame.get_columns():
        nested = isinstance(series.dtype, pl.Struct | pl.List | pl.Array)
        below = any(path == series.name or path.startswith(f"{series.name}.") for path in masking.maskers)
        if nested and below:
            values = [_masked_value(value, series.name, masking.maskers) for value in series.to_list()]
            # A number that was masked is none any more, and goes.
            columns.append(pl.Series(series.name, values, dtype=series.dtype, strict=False))
        elif series.name in masking.maskers:
            columns.append(_masked_series(_text(series), masking.maskers[series.name]))
        else:
            columns.append(series)
    made = pl.DataFrame(columns)
    flat = [name for name in masking.echoed if name in made.columns and made.schema[name] == pl.String]
    return _echoes_masked(frame.with_columns(_text(frame[name]) for name in flat), made, masking)


def _text(series: pl.Series) -> pl.Series:
    if series.dtype == pl.Binary:
        decoded = [None if value is None else value.decode("utf-8", "replace") for value in series.to_list()]
        return pl.Series(series.name, decoded, dtype=pl.String)
    if series.dtype.is_float():
        whole = series.cast(pl.Int64, strict=False)
        return whole.cast(pl.String).zip_with((whole == series).fill_null(value=False), series.cast(pl.String))
    return series.cast(pl.String)
