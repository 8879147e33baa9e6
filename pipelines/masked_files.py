"""Files of one table written again with some of their columns masked: the same format, piece by piece."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.delimited import delimited_frames, first_rows
from pipelines.encodings import encoding_of, text_of
from pipelines.errors import SourceBroken
from pipelines.headers import delimiter_of, has_header
from pipelines.masked_frames import masked_frame, masked_typed_frame
from pipelines.masked_records import write_json_array, write_json_lines
from pipelines.maskers import Masking
from pipelines.pieces import BATCH_ROWS
from pipelines.sources.compression import plain

_SNIFFED = 256 * 1024
_PARQUET_MAGIC = b"PAR1"


def write_masked_file(source: Path, sink: BinaryIO, masking: Masking, *, is_name: Callable[[str], bool]) -> int:
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
            return write_json_lines(stream, sink, masking)
        if first == b"[" and name.endswith((".json", ".jsonl")):
            return write_json_array(stream, sink, masking)
        return _delimited(stream, sink, masking, is_name)


def _delimited(stream: BinaryIO, sink: BinaryIO, masking: Masking, is_name: Callable[[str], bool]) -> int:
    beginning = stream.read(_SNIFFED)
    stream.seek(0)
    encoding = encoding_of(beginning)
    text = text_of(beginning).replace("\x00", "")
    lines = text if len(beginning) < _SNIFFED else text[: text.rfind("\n") + 1] or text
    delimiter = delimiter_of(lines)
    header = has_header(first_rows(lines.replace("\r\n", "\n").replace("\r", "\n"), delimiter), is_name)
    rejected, begun = 0, False
    for read in delimited_frames(stream, is_name=is_name):
        rejected += read.rejected
        made = masked_frame(read.frame, masking).write_csv(separator=delimiter, include_header=header and not begun)
        sink.write(made.encode(encoding, "replace"))
        begun = True
    return rejected


def _parquet(source: Path, sink: BinaryIO, masking: Masking) -> None:
    try:
        with pq.ParquetFile(source) as table:
            writer: pq.ParquetWriter | None = None
            for batch in _batches(table):
                made = masked_typed_frame(batch, masking).to_arrow()
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
