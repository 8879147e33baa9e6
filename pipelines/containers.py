"""What a file holds tables in, told by its first bytes: a SQLite file, a workbook, an archive, or a table itself."""

import zipfile
from pathlib import Path
from typing import Literal

from pipelines.archives import archive_members, opened_archive
from pipelines.datasets import is_table_name
from pipelines.errors import SourceBroken
from pipelines.sqlite_files import SQLITE_MAGIC

Form = Literal["sqlite", "workbook", "archive", "table"]

_ZIP_MAGIC = b"PK\x03\x04"
_OLD_OFFICE_MAGIC = b"\xd0\xcf\x11\xe0"
_WORKBOOK = "xl/workbook.xml"
_CONTAINERS = (".zip", ".xlsx", ".xlsm", ".sqlite", ".sqlite3", ".db", ".db3")


def form_of(path: Path) -> Form:
    """What a file is, whatever it is called.

    Raises:
        SourceBroken: it cannot be read, or is of a form that nothing here reads.
    """
    magic = _beginning(path)
    if magic.startswith(SQLITE_MAGIC):
        return "sqlite"
    if magic.startswith(_OLD_OFFICE_MAGIC):
        raise SourceBroken("an old Excel file (.xls), or an encrypted one: save it as .xlsx without a password")
    if not magic.startswith(_ZIP_MAGIC):
        return "table"
    with opened_archive(path) as archive:
        members = archive_members(archive, path.stat().st_size)
        return "workbook" if any(shown == _WORKBOOK for _, shown in members) else "archive"


def is_container_name(name: str) -> bool:
    """Whether a name is that of a file that holds several tables."""
    return name.lower().endswith(_CONTAINERS)


def table_members(archive: zipfile.ZipFile, packed: int) -> list[tuple[zipfile.ZipInfo, str]]:
    """The members of an archive of so many bytes that are named like tables, with their names as they were meant.

    Raises:
        SourceBroken: there is none, or what the archive claims is out of proportion.
    """
    members = archive_members(archive, packed)
    tables = [each for each in members if is_table_name(each[1]) and not Path(each[1]).name.startswith("._")]
    if not tables:
        raise SourceBroken("an archive without a file that is named like a table")
    return tables


def _beginning(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(len(SQLITE_MAGIC))
    except OSError as error:
        raise SourceBroken(f"cannot be read: {error.strerror or type(error).__name__}") from error
