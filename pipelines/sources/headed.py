"""Rows under headings: lines among them that say how those after them are to be read."""

from collections.abc import Callable
from typing import Final, TypeVar

import polars as pl

from pipelines.batch import no_rejects
from pipelines.sources.columns import rejected

Heading = TypeVar("Heading")

# In one block. Logs put together have a few dozen; a text that changes its columns with every line would take hours.
MOST_HEADINGS: Final = 200


def headed(
    lines: pl.DataFrame, heading: Heading, after: Callable[[Heading, str], Heading]
) -> tuple[pl.DataFrame, list[Heading]]:
    """The rows among lines, with the number of the heading of each as `heading`, and the headings.

    Equal headings, which compare and hash alike, are one, however often a log repeats them: its rows are read together.
    The last of the headings is the one that holds at the end.

    Args:
        lines: with a `text` each; those that begin with `#` are no rows.
        heading: what holds before the first of them.
        after: what a `#` line makes of the heading before it.
    """
    told = lines["text"].str.starts_with("#")
    if not told.any():
        return lines.with_columns(pl.lit(0, dtype=pl.UInt32).alias("heading")), [heading]
    known = {heading: 0}
    numbers = [0]
    for line in lines["text"].filter(told):
        heading = after(heading, line)
        numbers.append(known.setdefault(heading, len(known)))
    which = pl.Series("heading", numbers, dtype=pl.UInt32).gather(told.cum_sum())
    return lines.with_columns(which).filter(~told), [*known, heading]


def beyond(rows: pl.DataFrame, number: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows whose `number` is among the headings that are read, and the rejects of all others."""
    read = rows[number] < MOST_HEADINGS
    if read.all():
        return rows, no_rejects()
    reason = f"more than {MOST_HEADINGS} different headings within a few megabytes: no log changes its columns so often"
    return rows.filter(read), rejected(rows.filter(~read), reason)
