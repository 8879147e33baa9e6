"""Zip archives written again, every table in them masked, members that are no tables left behind."""

import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from pipelines.archives import opened_archive, unpacked
from pipelines.containers import table_members
from pipelines.errors import SourceBroken
from pipelines.scan_sources import harmless_name

WriteCopy = Callable[[Path, Path, str], int]  # source, copy, name within its target; gives the records left out


def write_masked_archive(source: Path, made: Path, part: str, write: WriteCopy) -> int:
    """How many records of the members could not be read; each member is masked by `write` and packed under its name.

    Raises:
        SourceBroken: the archive or a member is damaged or encrypted.
    """
    rejected = 0
    names: set[str] = set()
    with opened_archive(source) as archive, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        for member, shown in table_members(archive, source.stat().st_size):
            # Masked as it is, a copy that is not checked yet is seen by nobody else either.
            with unpacked(archive, member, shown) as plain, tempfile.TemporaryDirectory(prefix="rongdun-mask-") as own:
                copy = Path(own) / plain.name
                rejected += write(plain, copy, f"{part}!{harmless_name(shown)}")
                name = _safe(shown)
                if name in names:
                    raise SourceBroken("two of its members would have the same name: rename one of them")
                names.add(name)
                packed.write(copy, name)
    return rejected


def _safe(name: str) -> str:
    """The name without what would lead whoever unpacks it out of the folder."""
    parts = [part for part in PurePosixPath(name.replace("\\", "/")).parts if part not in ("/", "..", ".")]
    return harmless_name("/".join(parts).replace(":", "_"))
