"""Writes that are safe to repeat: the one module through which rows enter a table.

A token names what is written (`file hash : offset : parser version : table`). ClickHouse drops an insert whose
token it has seen within the table's deduplication window, in the table and in the views that it feeds.
"""

import polars as pl

from store.client import Store
from store.errors import QueryFailed, WriteRefused

PART_ROWS = 200_000

_REPEATABLE = {
    "insert_deduplicate": 1,
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # A part that is one block is there as a whole or not at all.
    "max_insert_block_size": 2 * PART_ROWS,
    "min_insert_block_size_rows": 2 * PART_ROWS,
    "min_insert_block_size_bytes": 0,
    # Roll-ups are fed side by side; with a part for each of many months they are most of the work.
    "parallel_view_processing": 1,
    # An answer means that every shard has its rows; without effect on a single server.
    "distributed_foreground_insert": 1,
    # Logs with wild clocks touch many months at once.
    "max_partitions_per_insert_block": 5_000,
}
_NO_SUCH_COLUMN = frozenset({8, 16})


# ClickHouse looks for rows with the same key within an insert, which is a good part of its work.
_NO_TWO_ALIKE = {"optimize_on_insert": 0}


def append(store: Store, table: str, frame: pl.DataFrame, *, token: str, no_two_alike: bool = False) -> int:
    """How many rows of a frame are in the table now, once, however often this is called with the same token.

    Columns that the frame lacks take the table's defaults. A large frame goes in parts, each with a token of its own,
    so that a repeat after a crash adds only what is missing; it must bring the same rows in the same order.

    Args:
        store: where the table is.
        table: its name.
        frame: the rows.
        token: names what is written.
        no_two_alike: no two rows of the frame have the table's key in common, so that it need not look for such.

    Raises:
        WriteRefused: the frame has a column that the table does not have.
        QueryFailed: ClickHouse refused it.
    """
    for part, begin in enumerate(range(0, frame.height, PART_ROWS)):
        # The first part keeps the plain token: most writes have one.
        name = f"{table}:{token}" if part == 0 else f"{table}:{token}:{part}"
        settings = {**_REPEATABLE, **(_NO_TWO_ALIKE if no_two_alike else {}), "insert_deduplication_token": name}
        try:
            store.insert(table, frame.slice(begin, PART_ROWS), settings)
        except QueryFailed as error:
            if error.code in _NO_SUCH_COLUMN:
                raise _refused(store, table, frame) from error
            raise
    return frame.height


def _refused(store: Store, table: str, frame: pl.DataFrame) -> WriteRefused:
    columns = {row["name"] for row in store.rows("DESCRIBE TABLE {table:Identifier}", {"table": table})}
    strangers = ", ".join(name for name in frame.columns if name not in columns)
    return WriteRefused(f"table {table} has no column {strangers}: add a migration, or leave it out of the frame")
