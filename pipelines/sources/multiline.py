"""Records that may reach over several lines: a line that begins none belongs to the one before it."""

from collections.abc import Iterator
from typing import BinaryIO

import polars as pl

from pipelines.sources.lines import LineBlock, line_blocks

_LINES_LIMIT = 2000
_TEXT_LIMIT = 1024 * 1024


def record_blocks(stream: BinaryIO, begins: str) -> Iterator[LineBlock]:
    """The records of a text in blocks: `text` holds all their lines, `offset` is their first line's.

    A record is cut after 2,000 lines or 1 MiB; what follows until the next begins is its own record again, and so are
    lines before the first.

    Args:
        stream: the text.
        begins: a Rust regular expression that fits the first line of a record.
    """
    held = None
    for block in line_blocks(stream):
        lines = block.lines if held is None else pl.concat([held, block.lines])
        begin = lines["text"].str.contains(begins)
        last = begin.arg_true().max()
        cut = last if isinstance(last, int) and last > lines.height - _LINES_LIMIT else lines.height
        if held is not None and cut == 0 and held.height < _LINES_LIMIT:
            held = lines
            yield LineBlock(lines.clear(), block.rejects)
            continue
        held = lines.slice(cut)
        yield LineBlock(_joined(lines.head(cut), begin.head(cut)), block.rejects)
    if held is not None and held.height:
        yield LineBlock(_joined(held, held["text"].str.contains(begins)), block.rejects.clear())


def _joined(lines: pl.DataFrame, begin: pl.Series) -> pl.DataFrame:
    if begin.all():
        return lines
    numbered = lines.with_columns(begin.cum_sum().alias("record"))
    line = pl.int_range(pl.len()).over("record") // _LINES_LIMIT
    size = pl.col("text").str.len_bytes().cum_sum().over("record") // _TEXT_LIMIT
    return (
        numbered.with_columns(line.alias("piece"), size.alias("size"))
        .group_by("record", "piece", "size", maintain_order=True)
        .agg(pl.col("offset").first(), pl.col("text").str.join("\n"), pl.col("decode_error").any())
        .select("offset", "text", "decode_error")
    )
