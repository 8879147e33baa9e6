"""A whole table counted at once: its columns side by side, on as many cores as there are."""

import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from dlp.columns import ColumnEvidence
from dlp.policy import Policy


def observe_table(
    table: pl.DataFrame, evidence: Mapping[str, ColumnEvidence], *, key: bytes, policy: Policy, threads: int = 0
) -> None:
    """Count one piece of a table into the evidence of its columns, each on a thread of its own.

    Args:
        table: text columns, any of which may hold nulls.
        evidence: by column; columns without any are passed over.
        key: behind the fingerprints.
        policy: names, words and thresholds.
        threads: how many columns at a time; 0 for one per core.
    """
    columns = [series for series in table.get_columns() if series.name in evidence]

    def observe(series: pl.Series) -> None:
        evidence[series.name].observe(counted(series), key=key, policy=policy)

    _on_threads(observe, columns, threads or os.cpu_count() or 1)


def counted(values: pl.Series) -> pl.DataFrame:
    """The distinct values of a text column, nulls left out, and how many rows hold each: columns `value` and `rows`."""
    return values.drop_nulls().alias("value").to_frame().group_by("value").len("rows")


def _on_threads(observe: Callable[[pl.Series], None], columns: list[pl.Series], threads: int) -> None:
    # Counting is done by polars and numpy, which let other threads run meanwhile.
    with ThreadPoolExecutor(min(threads, max(1, len(columns)))) as pool:
        for _ in pool.map(observe, columns):
            pass
