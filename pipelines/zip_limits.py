"""What a zip archive may claim and grow to, checked before and while it is unpacked."""

import zipfile

from pipelines.errors import SourceBroken

MOST_MEMBERS = 10_000
MOST_BYTES = 32 * 1024**3
_RATIO = 400  # tables shrink 5 to 30 times
_RATIO_MATTERS = 64 * 1024**2


def checked_members(archive: zipfile.ZipFile, packed: int) -> list[zipfile.ZipInfo]:
    """The members of an archive of so many bytes, when what they claim is in proportion.

    Raises:
        SourceBroken: too many members, or they would grow out of proportion.
    """
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise SourceBroken(
            f"an archive of {len(members)} members, more than {MOST_MEMBERS}: unpack it and scan the folder"
        )
    check_growth(sum(member.file_size for member in members), packed)
    return members


def check_growth(total: int, packed: int) -> None:
    """Nothing, when so many bytes out of so many packed ones are in proportion.

    Raises:
        SourceBroken: they are not.
    """
    if total > MOST_BYTES:
        raise SourceBroken(f"{total} bytes unpacked, more than {MOST_BYTES}: unpack it and scan the folder")
    if total > _RATIO_MATTERS and total > _RATIO * packed:
        raise SourceBroken(f"{packed} packed bytes grow to {total}: out of proportion, likely a zip bomb")
