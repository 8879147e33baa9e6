"""What `rongdun dlp check` and `rongdun dlp mask` read: files of tables, and tables of ClickHouse, row by row."""

from collections.abc import Callable, Iterator
from pathlib import Path

from dlp.column_names import name_hints
from dlp.mask_policy import MaskPolicy, default_mask_policy, load_mask_policy
from pipelines.datasets import file_pieces, is_table
from pipelines.files import found_files, source_of
from pipelines.scan_reading import Reading
from pipelines.scan_sources import TABLE_PREFIX
from pipelines.table_columns import counted_columns, table_rows
from pipelines.table_sample import sampled_rows
from rongdun.settings import Settings
from store.client import Store


def mask_policy_of(settings: Settings) -> MaskPolicy:
    """The masking policy of the rules folder, or what ships where that has none.

    Raises:
        PolicyError: it is wrong.
    """
    path = settings.rules_folder / "dlp" / "masking.yml"
    return load_mask_policy(path) if path.exists() else default_mask_policy()


def datasets_of(target: Path | str) -> Iterator[tuple[str, str]]:
    """The data sets of a target, each with the reason why it cannot be read, or ''."""
    if isinstance(target, str) and target.startswith(TABLE_PREFIX):
        yield target, ""
        return
    path = Path(target)
    if path.is_dir():
        # Captures and logs are ingested; in a folder only what is named like a table is a table.
        found = [entry for entry in found_files([path]) if is_table(entry.path)]
    else:
        found = list(found_files([path]))
    for entry in found:
        yield str(entry.path.resolve()), entry.problem


def shown_dataset(dataset: str) -> str:
    """A data set as reports and tables name it."""
    return source_of(Path(dataset)) if "/" in dataset else dataset


def read_file(path: Path, reading: Reading, progress: Callable[[float], None]) -> None:
    """Read a file into the reading.

    Raises:
        SourceBroken: it cannot be read, or not to its end; what was read before stays in the reading.
    """

    def is_name(cell: str) -> bool:
        return bool(name_hints(cell, reading.policy).says)

    for piece in file_pieces(path, is_name=is_name):
        reading.rows += piece.rows
        reading.take(piece)
        progress(piece.share)


def read_table(table: str, store: Store, reading: Reading, progress: Callable[[float], None]) -> None:
    """Read a ClickHouse table into the reading.

    Raises:
        SourceBroken: there is no such table.
        QueryFailed: ClickHouse refused it.
    """
    reading.rows = table_rows(store, table)
    for counted in counted_columns(store, table):
        if counted.left_out:
            reading.sampled.add(counted.column)
        reading.observe(counted.column, counted.values)
        progress(counted.share)
    reading.sample.add(sampled_rows(store, table, total=reading.rows, wanted=reading.sample.rows))
