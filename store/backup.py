"""A copy of everything the database holds, and the way back from it."""

from pathlib import Path

from store.client import Store
from store.errors import BackupFailed, QueryFailed

_DATABASE_OF_STORE = "SELECT currentDatabase()"
_TABLES = "SELECT count() FROM system.tables WHERE database = currentDatabase()"


def backup(store: Store, folder: Path) -> Path:
    """The folder that now holds a copy of the database, made by ClickHouse itself with checksums of every part.

    Writers may go on meanwhile; what they add after the start is not in the copy.

    Raises:
        BackupFailed: the folder exists, or the server may not write there.
    """
    target = folder.resolve()
    if target.exists():
        raise BackupFailed(f"{target} exists already: name a new folder")
    _run(store, f"BACKUP DATABASE {_database(store)} TO File({_quoted(target)})", target)
    return target


def restore(store: Store, folder: Path) -> None:
    """Bring the copy in a folder back into a database without tables.

    Raises:
        BackupFailed: the database has tables, or the folder holds no whole backup of a database of this name.
    """
    source = folder.resolve()
    if not (source / ".backup").is_file():
        raise BackupFailed(f"{source} holds no backup")
    if store.value(_TABLES) != 0:
        raise BackupFailed("the database has tables already: restore into a fresh one (another RONGDUN_HOME)")
    _run(store, f"RESTORE DATABASE {_database(store)} FROM File({_quoted(source)})", source)


def _run(store: Store, statement: str, place: Path) -> None:
    try:
        store.execute(statement)
    except QueryFailed as error:
        raise BackupFailed(
            f"{place}: {error}; a server of your own needs `backups.allowed_path` to include that folder"
        ) from error


def _database(store: Store) -> str:
    name = str(store.value(_DATABASE_OF_STORE))
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
