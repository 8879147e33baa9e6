"""What `rongdun dlp check` and `rongdun dlp mask` read: every data set that a scan reads, row by row, and once more."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from dlp.column_names import name_hints
from dlp.mask_policy import MaskPolicy, default_mask_policy, load_mask_policy
from dlp.policy import Policy
from pipelines.containers import form_of
from pipelines.equivalence_classes import whole_frames
from pipelines.errors import SourceBroken
from pipelines.files import Found
from pipelines.scan_reading import Reading
from pipelines.scan_sources import TABLE_PREFIX, DataSet, IsName, Target, pieces_again
from pipelines.table_columns import counted_columns, table_rows
from pipelines.table_sample import row_blocks, sampled_rows, table_column_names
from rongdun.settings import Settings
from store.client import Store


@dataclass(frozen=True)
class Place:
    """Where a data set is, so that it can be read once more: a target, and which of its data sets."""

    target: Target
    at: int = 0

    @property
    def table(self) -> str:
        """The name of the ClickHouse table, or '' where it is none."""
        is_table = isinstance(self.target, str) and self.target.startswith(TABLE_PREFIX)
        return str(self.target).removeprefix(TABLE_PREFIX) if is_table else ""

    def rows(self, columns: Sequence[str], store: Store) -> Iterator[pl.DataFrame]:
        """These columns of the data set, those that it has, piece by piece.

        Raises:
            SourceBroken: it cannot be read any more, or not to its end.
            QueryFailed: ClickHouse refused it.
        """
        if self.table:
            there = set(table_column_names(store, self.table))
            yield from row_blocks(store, self.table, [name for name in columns if name in there])
        elif isinstance(self.target, Found) and form_of(self.target.path) == "table":
            yield from whole_frames(self.target.path, columns)
        else:
            for piece in pieces_again(self.target, self.at, lambda cell: cell in columns):
                whole = piece.whole()
                yield whole.select([name for name in whole.columns if name in columns])


def mask_policy_of(settings: Settings, policy: Policy) -> MaskPolicy:
    """The masking policy of the rules folder for the types of a policy, or what ships where the folder has none.

    Raises:
        PolicyError: it is wrong.
    """
    path = settings.rules_folder / "dlp" / "masking.yml"
    return load_mask_policy(path, policy.entities) if path.exists() else default_mask_policy()


def names_of(policy: Policy) -> IsName:
    """What tells the names of columns of personal data from values."""
    return lambda cell: bool(name_hints(cell, policy).says)


def read_data_set(found: DataSet, store: Store, reading: Reading, progress: Callable[[float], None]) -> None:
    """Read a data set into the reading.

    Raises:
        SourceBroken: it cannot be read, or not to its end; what was read before stays in the reading.
        QueryFailed: ClickHouse refused it.
    """
    if found.problem:
        raise SourceBroken(found.problem)
    if found.read is None:
        _read_table(found.name, store, reading, progress)
        return
    for piece in found.read(names_of(reading.policy)):
        reading.rows += piece.rows
        reading.take(piece)
        progress(piece.share)


def _read_table(table: str, store: Store, reading: Reading, progress: Callable[[float], None]) -> None:
    reading.rows = table_rows(store, table)
    for counted in counted_columns(store, table):
        if counted.left_out:
            reading.sampled.add(counted.column)
        reading.observe(counted.column, counted.values)
        progress(counted.share)
    reading.sample.add(sampled_rows(store, table, total=reading.rows, wanted=reading.sample.rows))
