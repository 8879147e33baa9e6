"""What a scan is pointed at, as data sets: tables of files, sheets, databases and archives, found one by one."""

import zipfile
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from pipelines.archives import DEEPEST_ARCHIVE, opened_archive, unpacked
from pipelines.containers import form_of, is_container_name, table_members
from pipelines.database_urls import is_database_url, opened_database, place_of, wanted_tables
from pipelines.datasets import file_pieces, is_table
from pipelines.errors import SourceBroken
from pipelines.files import Found, found_files, source_of
from pipelines.pieces import Piece
from pipelines.sql_tables import database_tables, table_pieces
from pipelines.sqlite_files import is_cut_short, sqlite_engine
from pipelines.workbooks import sheet_names, sheet_pieces

TABLE_PREFIX = "table:"

IsName = Callable[[str], bool]
Read = Callable[[IsName], Iterator[Piece]]


@dataclass(frozen=True)
class DataSet:
    """One table to scan.

    Attributes:
        name: what reports and tables call it; no user, no password.
        read: its rows, or None for a table of ClickHouse, which counts by itself.
        problem: why it cannot be read, or ''.
        file: that it lies in, or None.
        begin: share of its target that lies before it, 0 to 1; `end`: with it.
    """

    name: str
    read: Read | None = None
    problem: str = ""
    file: Path | None = None
    begin: float = 0.0
    end: float = 1.0


Target = Found | str  # a file, or the name of a table or of a database


def is_other_than_file(target: str) -> bool:
    """Whether a target is a table of ClickHouse or the URL of a database."""
    return target.startswith(TABLE_PREFIX) or is_database_url(target)


def targets_of(target: Path | str) -> list[Target]:
    """The files at or below a path; a table or a database is a target by itself."""
    if isinstance(target, str) and is_other_than_file(target):
        return [target]
    path = Path(target)
    found = list(found_files([path]))
    # Captures and logs are ingested; in a folder only what is named like a table is a table.
    return [entry for entry in found if not path.is_dir() or is_table(entry.path)]


def target_name(target: Target) -> str:
    """What a report calls a target; no user, no password."""
    if isinstance(target, Found):
        return source_of(target.path)
    return place_of(target) if is_database_url(target) else target.removeprefix(TABLE_PREFIX)


def shown_target(target: str) -> str:
    """What a report calls what a person typed; no user, no password."""
    return target_name(target) if is_other_than_file(target) else target


def data_sets(target: Target) -> Generator[DataSet, None, None]:
    """The tables of one target, each found when the one before is done."""
    name = target_name(target)
    if isinstance(target, Found) and target.problem:
        yield DataSet(name, problem=target.problem)
        return
    try:
        if isinstance(target, Found):
            for found in _of_file(target.path, name):
                yield replace(found, file=target.path)
        elif target.startswith(TABLE_PREFIX):
            yield DataSet(name)
        else:
            yield from _of_database(target)
    except SourceBroken as broken:
        yield DataSet(name, problem=str(broken))


def pieces_again(target: Target, at: int, is_name: IsName) -> Iterator[Piece]:
    """The rows of data set number `at` of a target, once more from the beginning.

    Raises:
        SourceBroken: it is gone, cannot be read, or is a table of ClickHouse.
    """
    with closing(data_sets(target)) as found:
        one = next(islice(found, at, None), None)
        if one is None or one.read is None:
            raise SourceBroken("it is not there any more")
        # A member of an archive is there only as long as the search for the next one waits.
        yield from one.read(is_name)


def harmless_name(name: str) -> str:
    """A name of a sheet, table or member as reports write it: what is no UTF-8 escaped."""
    return name.encode("utf-8", "backslashreplace").decode()


def container_of(name: str) -> Path | None:
    """The file on disk that a data set lies in, by the name of the data set; None where it is gone or none."""
    ends = [at for at, sign in enumerate(name) if sign in "#!"]
    return next((path for end in [len(name), *reversed(ends)] if (path := Path(name[:end])).is_file()), None)


def _of_database(target: str) -> Iterator[DataSet]:
    database = opened_database(target)
    tables = wanted_tables(database)
    for at, table in enumerate(tables):
        read = partial(table_pieces, database.engine, table)
        yield _within(DataSet(database.name_of(table), _nameless(read)), at, len(tables))


def _of_file(path: Path, name: str, depth: int = 0) -> Iterator[DataSet]:
    form = form_of(path)
    if form == "sqlite":
        if is_cut_short(path):
            raise SourceBroken("the database is damaged: shorter than its own header says. Copy it again as a whole")
        engine = sqlite_engine(path)
        tables = database_tables(engine)
        yield from _named(name, [(table.name, _nameless(partial(table_pieces, engine, table))) for table in tables])
    elif form == "workbook":
        yield from _named(name, [(sheet, partial(_sheet, path, sheet)) for sheet in sheet_names(path)])
    elif form == "archive":
        yield from _of_archive(path, name, depth)
    else:
        yield DataSet(name, partial(_file, path))


def _of_archive(path: Path, name: str, depth: int) -> Iterator[DataSet]:
    with opened_archive(path) as archive:
        tables = table_members(archive, path.stat().st_size)
        if depth >= DEEPEST_ARCHIVE:
            raise SourceBroken(f"an archive in {depth} others: unpack it and scan the folder")
        for at, (member, shown) in enumerate(tables):
            for found in _of_member(archive, member, f"{name}!{harmless_name(shown)}", path, depth):
                yield _within(found, at, len(tables))


def _of_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, path: Path, depth: int
) -> Iterator[DataSet]:
    if not is_container_name(name):
        yield DataSet(name, partial(_member, path, member, name))
        return
    try:
        with unpacked(archive, member, name) as plain:
            yield from _of_file(plain, name, depth + 1)
    except SourceBroken as broken:
        yield DataSet(name, problem=str(broken))


def _file(path: Path, is_name: IsName) -> Iterator[Piece]:
    return file_pieces(path, is_name=is_name)


def _sheet(path: Path, sheet: str, is_name: IsName) -> Iterator[Piece]:
    return sheet_pieces(path, sheet, is_name=is_name)


def _member(path: Path, member: zipfile.ZipInfo, name: str, is_name: IsName) -> Iterator[Piece]:
    with opened_archive(path) as archive, unpacked(archive, member, name) as plain:
        yield from file_pieces(plain, is_name=is_name)


def _nameless(read: Callable[[], Iterator[Piece]]) -> Read:
    return lambda _is_name: read()


def _named(name: str, parts: Sequence[tuple[str, Read]]) -> Iterator[DataSet]:
    if not parts:
        raise SourceBroken("it holds no table")
    for at, (part, read) in enumerate(parts):
        yield _within(DataSet(f"{name}#{harmless_name(part)}", read), at, len(parts))


def _within(found: DataSet, at: int, of: int) -> DataSet:
    """The same as the part `at` of so many."""
    return replace(found, begin=(at + found.begin) / of, end=(at + found.end) / of)
