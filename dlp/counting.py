"""A whole table counted at once: its columns side by side, on as many cores as there are."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from dlp.columns import ColumnEvidence
from dlp.plain_columns import plain_columns
from dlp.policy import Policy

# From how many columns, and up to how many rows of each, a query costs more than what it looks at.
_MANY_COLUMNS, _FEW_ROWS = 100, 500
_CELLS = 500_000  # at once


def observe_table(
    table: pl.DataFrame, evidence: Mapping[str, ColumnEvidence], *, key: bytes, policy: Policy, threads: int = 0
) -> None:
    """Count one piece of a table into the evidence of its columns, several columns at a time.

    Args:
        table: text columns, any of which may hold nulls; those without evidence are passed over.
        evidence: by column.
        key: behind the fingerprints.
        policy: names, words and thresholds.
        threads: how many columns at a time; 0 for one per core.
    """

    def observe(series: pl.Series) -> None:
        evidence[series.name].observe(counted(series), key=key, policy=policy)

    columns = [series for series in table.get_columns() if series.name in evidence]
    columns = _without_plain(columns, evidence, key=key, policy=policy)
    # Counting is done by polars and numpy, which let other threads run meanwhile.
    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(observe, columns):
            pass


def _without_plain(
    columns: list[pl.Series], evidence: Mapping[str, ColumnEvidence], *, key: bytes, policy: Policy
) -> list[pl.Series]:
    """Of many columns of few rows those that are plain are counted together; the others are left."""
    rows = len(columns[0]) if columns else 0
    if len(columns) < _MANY_COLUMNS or not 0 < rows <= _FEW_ROWS or any(one.dtype != pl.String for one in columns):
        return columns
    left = []
    at_once = max(1, _CELLS // rows)
    for begin in range(0, len(columns), at_once):
        some = columns[begin : begin + at_once]
        together = plain_columns(some)
        plain = together.plain()
        together.count({at: evidence[some[at].name] for at in plain}, key=key, policy=policy)
        left += [one for at, one in enumerate(some) if at not in plain]
    return left


def observe_distinct(
    distinct: Mapping[str, pl.DataFrame],
    evidence: Mapping[str, ColumnEvidence],
    *,
    key: bytes,
    policy: Policy,
    threads: int = 0,
) -> None:
    """The same for columns of which the distinct values are known: frames of `value` and `rows`."""

    def observe(column: str) -> None:
        evidence[column].observe(distinct[column], key=key, policy=policy)

    with ThreadPoolExecutor(threads or os.cpu_count() or 1) as pool:
        for _ in pool.map(observe, distinct):
            pass


def counted(values: pl.Series) -> pl.DataFrame:
    """The distinct values of a text column, nulls left out, and how many rows hold each: columns `value` and `rows`."""
    return values.drop_nulls().alias("value").to_frame().group_by("value").len("rows")
