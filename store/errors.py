"""Everything the store can raise.

StoreError
├── ConnectionFailed     nothing answers, or it refuses the credentials
├── StoreTaken           another process holds this database folder
├── CredentialsUnusable  the password file is exposed or broken
├── MigrationError       a migration was edited, is missing, or failed
├── WriteRefused         a frame does not fit its table
├── BackupFailed         a backup could not be made or restored
├── NoSuchTable          a setting names a table that does not exist
└── QueryFailed          ClickHouse refused a statement; carries its error code
    └── DiskFull         its disk takes no more
"""

import errno


class StoreError(Exception):
    """Something between Rongdun and its database went wrong; the message says what to do."""


class ConnectionFailed(StoreError):
    """Nothing answers at the configured address, or it refuses the credentials."""


class StoreTaken(StoreError):
    """Another process holds this database folder."""


class CredentialsUnusable(StoreError):
    """The file of passwords is exposed to others, or does not hold what it should."""


class MigrationError(StoreError):
    """A migration was edited after it was applied, is missing, or failed."""


class WriteRefused(StoreError):
    """A frame does not fit the table it is meant for."""


class BackupFailed(StoreError):
    """A backup could not be made, or what was given is not one."""


class QueryFailed(StoreError):
    """ClickHouse refused a statement.

    Attributes:
        code: ClickHouse's own error code (`system.errors`), 0 when it gave none.
    """

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


# What a system says when a disk, a quota or a limit takes no more.
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class DiskFull(QueryFailed):
    """The disk of the database takes no more; what was stored stays."""


class NoSuchTable(StoreError):
    """A setting names a table that does not exist."""
