"""Names and values that stand in one text, `a=1 b=2 c=3`, taken apart for all texts at once."""

from collections.abc import Sequence

import polars as pl

from pipelines.batch import FIELDS

# Control characters that mark a pair and its middle while a text is taken apart; a text's own are made blanks before.
PAIR, MIDDLE = "\x1e", "\x1f"

_PAIRS_LIMIT = 1000  # of one text

PAIRS = pl.Schema({"row": pl.UInt32, "key": pl.String, "value": pl.String})


def pairs_of(marked: pl.Series) -> pl.DataFrame:
    """The pairs of texts in which each begins with `PAIR` and has `MIDDLE` between name and value (`PAIRS`).

    What stands before the first mark is no pair. A name that comes twice keeps its place, and its last value.
    """
    pieces = marked.str.split(PAIR).list.slice(1, _PAIRS_LIMIT).alias("piece")
    rows = pieces.to_frame().with_row_index("row").explode("piece").filter(pl.col("piece").str.contains(MIDDLE))
    halves = pl.col("piece").str.splitn(MIDDLE, 2).struct
    pairs = rows.select(
        pl.col("row").cast(pl.UInt32),
        halves.field("field_0").alias("key"),
        halves.field("field_1").fill_null("").alias("value"),
    )
    return pairs.unique(["row", "key"], keep="last", maintain_order=True)


def unmarked(texts: pl.Series) -> pl.Series:
    """The texts without characters that would be taken for marks."""
    return texts.str.replace_all(f"[{PAIR}{MIDDLE}]", " ")


def columns_of(pairs: pl.DataFrame, names: Sequence[str], height: int) -> pl.DataFrame:
    """A text column `@<name>` for each name, null where a text lacks it."""
    columns = {}
    for name in names:
        given = pairs.filter(pl.col("key") == name)
        column = pl.repeat(None, height, dtype=pl.String, eager=True)
        columns[f"@{name}"] = column.scatter(given["row"], given["value"]) if given.height else column
    return pl.DataFrame(columns)


def fields_of_pairs(pairs: pl.DataFrame, height: int) -> pl.Series:
    """The overflow map of each text's pairs."""
    entries = pl.struct("key", "value").alias("fields")
    grouped = pairs.group_by("row", maintain_order=True).agg(entries)
    empty = pl.lit([], dtype=pl.List(pl.Struct({"key": pl.String, "value": pl.String})))
    every = pl.DataFrame({"row": pl.int_range(height, dtype=pl.UInt32, eager=True)})
    joined = every.join(grouped, on="row", how="left", maintain_order="left")
    return joined.select(pl.col("fields").fill_null(empty).cast(FIELDS))["fields"]
