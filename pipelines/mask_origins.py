"""What a masked copy is made of: a file of any form, a table of ClickHouse, tables of another database."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import polars as pl

from pipelines.containers import form_of
from pipelines.database_urls import is_database_url, opened_database, wanted_tables
from pipelines.errors import PipelineError
from pipelines.files import Found, found_files, source_of
from pipelines.mask_places import packed
from pipelines.masked_archives import write_masked_archive
from pipelines.masked_files import write_masked_file
from pipelines.masked_sqlite import write_masked_sqlite
from pipelines.masked_tables import TABLE_FILES, plain_name, sql_frame, write_masked_table
from pipelines.masked_workbooks import write_masked_workbook
from pipelines.maskers import Masking
from pipelines.parquet_tables import frame_piece
from pipelines.pieces import Piece
from pipelines.scan_sources import TABLE_PREFIX, DataSet, IsName, data_sets, harmless_name
from pipelines.sql_tables import database_tables, table_rows
from pipelines.sqlite_files import sqlite_engine
from pipelines.table_frames import table_frames
from store.client import Store

SQLITE_FILES = (".sqlite", ".sqlite3", ".db", ".db3")

MaskingOf = Callable[[str], Masking]  # by the name of a data set


class Origin(Protocol):
    """What a masked copy is made of."""

    def tables(self) -> Iterator[DataSet]:
        """Its tables, each found when the one before is done.

        Raises:
            SourceBroken: it cannot be read.
        """

    def write(self, made: Path, masking_of: MaskingOf, is_name: IsName) -> int:
        """Write the masked copy; gives how many records could not be read and are not in it.

        Raises:
            SourceBroken: it cannot be read, or not to its end.
        """

    def refuse(self, out: Path) -> None:
        """Nothing, where a copy may have that name.

        Raises:
            PipelineError: it has another form than what it is made of.
        """


def origin_of(source: Path | str, store: Store | None) -> Origin:
    """The origin that a target names.

    Raises:
        PipelineError: it is a folder, or a table of ClickHouse without a store.
    """
    if isinstance(source, str) and source.startswith(TABLE_PREFIX):
        if store is None:
            raise PipelineError(f"{source}: a table of ClickHouse, and no store was opened")
        return TableOrigin(source.removeprefix(TABLE_PREFIX), store)
    if isinstance(source, str) and is_database_url(source):
        return DatabaseOrigin(source)
    if Path(source).is_dir():
        raise PipelineError(f"{source}: a folder: mask its files one by one, or pack them into a zip archive")
    return FileOrigin(next(iter(found_files([Path(source)]))))


@dataclass(frozen=True)
class FileOrigin:
    """A file: a table, a workbook, a SQLite file or an archive. The copy has the same form."""

    file: Found

    def tables(self) -> Iterator[DataSet]:
        """Its tables, sheets or members."""
        return data_sets(self.file)

    def write(self, made: Path, masking_of: MaskingOf, is_name: IsName) -> int:
        """Write the copy in the form of the file."""
        return _written(masking_of, is_name, self.file.path, made, source_of(self.file.path))

    def refuse(self, out: Path) -> None:
        """The copy ends as the file does."""
        path = self.file.path
        if out.exists() and out.samefile(path):
            raise PipelineError(f"{out}: the table itself: a masked copy never replaces what it was made of")
        endings = {"workbook": (".xlsx",), "sqlite": SQLITE_FILES, "archive": (".zip",)}.get(form_of(path))
        if endings is None and _family(out) != _family(path):
            raise PipelineError(f"{out}: the copy has the format of the table: it ends as {path.name} does")
        if endings is not None and not out.name.lower().endswith(endings):
            raise PipelineError(f"{out}: the copy of {path.name} ends in {' or '.join(endings)}")


@dataclass(frozen=True)
class TableOrigin:
    """A table of ClickHouse. The copy is a file."""

    table: str
    store: Store

    def tables(self) -> Iterator[DataSet]:
        """The one table, read block by block."""
        yield DataSet(self.table, self._pieces)

    def write(self, made: Path, masking_of: MaskingOf, is_name: IsName) -> int:  # noqa: ARG002 - no header to tell
        """Write the copy as the file says."""
        with packed(made) as sink:
            write_masked_table(table_frames(self.store, self.table), sink, masking_of(self.table), out=made)
        return 0

    def refuse(self, out: Path) -> None:
        """The copy is a file of one table."""
        _refuse_unless(out, TABLE_FILES)

    def _pieces(self, _is_name: IsName) -> Iterator[Piece]:
        return (frame_piece(frame) for frame in table_frames(self.store, self.table) if frame.height)


@dataclass(frozen=True)
class DatabaseOrigin:
    """The tables behind a URL. The copy of one is a file, that of several a SQLite file."""

    url: str

    def tables(self) -> Iterator[DataSet]:
        """The tables that the URL asks for."""
        return data_sets(self.url)

    def write(self, made: Path, masking_of: MaskingOf, is_name: IsName) -> int:  # noqa: ARG002 - no header to tell
        """Write the copy as the file says."""
        database = opened_database(self.url)
        tables = wanted_tables(database)
        if plain_name(made).endswith(SQLITE_FILES):
            many = Counter(table.name for table in tables)
            write_masked_sqlite(
                [
                    (
                        table.name if many[table.name] == 1 else f"{table.schema}.{table.name}",
                        partial(table_rows, database.engine, table),
                        masking_of(database.name_of(table)),
                    )
                    for table in tables
                ],
                made,
            )
            return 0
        typed = plain_name(made).endswith((".parquet", ".pq"))
        with packed(made) as sink:
            frames: Iterator[pl.DataFrame] = (
                sql_frame(part, typed=typed) for part in table_rows(database.engine, tables[0])
            )
            write_masked_table(frames, sink, masking_of(database.name_of(tables[0])), out=made)
        return 0

    def refuse(self, out: Path) -> None:
        """The copy is a file of one table, or a SQLite file."""
        _refuse_unless(out, (*TABLE_FILES, *SQLITE_FILES))
        if not plain_name(out).endswith(SQLITE_FILES):
            count = len(wanted_tables(opened_database(self.url)))
            if count > 1:
                raise PipelineError(f"{count} tables: name one with #schema.table, or let the copy end in .sqlite")


def _written(masking_of: MaskingOf, is_name: IsName, source: Path, made: Path, name: str) -> int:
    """Write the masked copy of a file, or of a member of an archive, which is called so."""
    form = form_of(source)
    if form == "archive":
        return write_masked_archive(source, made, name, partial(_written, masking_of, is_name))
    if form == "workbook":
        write_masked_workbook(source, made, lambda sheet: masking_of(_within(name, sheet)), is_name=is_name)
        return 0
    if form == "sqlite":
        engine = sqlite_engine(source)
        tables = [
            (table.name, partial(table_rows, engine, table), masking_of(_within(name, table.name)))
            for table in database_tables(engine)
        ]
        write_masked_sqlite(tables, made)
        return 0
    with packed(made) as sink:
        return write_masked_file(source, sink, masking_of(name), is_name=is_name)


def _within(name: str, part: str) -> str:
    return f"{name}#{harmless_name(part)}"


def _refuse_unless(out: Path, endings: tuple[str, ...]) -> None:
    if not plain_name(out).endswith(endings):
        raise PipelineError(f"{out}: the copy of a table of a database ends in {', '.join(endings)}")


def _family(path: Path) -> str:
    name = plain_name(path)
    families = {"parquet": (".parquet", ".pq"), "JSON": (".json", ".jsonl", ".ndjson"), "sheets": (".xlsx", ".xlsm")}
    containers = {"sqlite": SQLITE_FILES, "zip": (".zip",)}
    return next((family for family, endings in (families | containers).items() if name.endswith(endings)), "text")
