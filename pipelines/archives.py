"""Zip archives: their tables, unpacked one at a time into a private place and removed at once."""

import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipelines.errors import SourceBroken
from pipelines.zip_limits import check_growth, checked_members

DEEPEST_ARCHIVE = 2  # an archive within an archive
_CHUNK = 1024 * 1024
_ENCRYPTED = 0x1
_UTF8 = 0x800
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@contextmanager
def opened_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """An archive for reading.

    Raises:
        SourceBroken: it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except _DAMAGE as error:
        raise SourceBroken(f"a damaged zip archive or spreadsheet ({type(error).__name__})") from error


def archive_members(archive: zipfile.ZipFile, packed: int) -> list[tuple[zipfile.ZipInfo, str]]:
    """The files of an archive of so many bytes with their names as they were meant, in the order of the archive.

    Raises:
        SourceBroken: what it claims is out of proportion.
    """
    members = checked_members(archive, packed)
    # Not `is_dir`: it trips over a damaged member without a name.
    return [(member, _name(member)) for member in members if not member.filename.endswith("/")]


@contextmanager
def unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Iterator[Path]:
    """A member as a file that only this user can read, gone when the block ends.

    Raises:
        SourceBroken: it is encrypted, damaged or grows out of proportion.
    """
    if member.flag_bits & _ENCRYPTED:
        raise SourceBroken("encrypted: unpack it and scan the folder")
    folder = Path(tempfile.mkdtemp(prefix="rongdun-scan-"))
    try:
        path = folder / f"member{''.join(Path(name).suffixes[-2:])[-24:]}"
        _unpack(archive, member, path)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path) -> None:
    total = 0
    try:
        with archive.open(member) as packed, path.open("wb") as plain:
            while chunk := packed.read(_CHUNK):
                total += len(chunk)
                check_growth(total, member.compress_size)
                plain.write(chunk)
    except _DAMAGE as error:
        raise SourceBroken(f"cannot be unpacked ({type(error).__name__})") from error


def _name(member: zipfile.ZipInfo) -> str:
    """The name without a mark for UTF-8 as Chinese systems write it, GB18030."""
    if member.flag_bits & _UTF8:
        return member.filename
    try:
        raw = member.filename.encode("cp437")
    except UnicodeEncodeError:
        return member.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return member.filename
