"""Writes that are safe to repeat: the one module through which rows enter a table.

A token names what is written (`file hash : offset : parser version : table`). ClickHouse drops an insert whose
token it has seen within the table's deduplication window, in the table and in the views that it feeds.
"""

import polars as pl

from store.client import Store

_REPEATABLE = {
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
}


def append(store: Store, table: str, frame: pl.DataFrame, *, token: str) -> None:
    """Add the rows of a frame once, however often this is called with the same token.

    Columns that the frame lacks take the table's defaults.

    Raises:
        QueryFailed: the frame does not fit the table.
    """
    if frame.is_empty():
        return
    store.insert(table, frame, {**_REPEATABLE, "insert_deduplication_token": f"{table}:{token}"})
