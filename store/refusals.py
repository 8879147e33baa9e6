"""What the driver raises, as errors of this package."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from clickhouse_connect.driver.exceptions import ClickHouseError, OperationalError, StreamFailureError
from urllib3.exceptions import HTTPError

from store.errors import ConnectionFailed, DiskFull, QueryFailed

DISK_FULL = "No space left on device"

_NOT_ENOUGH_SPACE = 243
_PLACE = re.compile(r"DB::Exception: (/[^:\s]+): ")
_CODE = re.compile(r"[Cc]ode: (\d+)")


@contextmanager
def translated() -> Iterator[None]:
    """Whatever the driver raises inside, as an error of this package.

    Raises:
        ConnectionFailed: the database went away.
        QueryFailed: ClickHouse refused it; DiskFull where its disk is full.
    """
    try:
        yield
    except StreamFailureError as error:
        if not code_of(error):
            raise ConnectionFailed(f"the database went away in the middle of an answer: {error}") from error
        raise refused(error) from error
    except OperationalError as error:
        raise ConnectionFailed(f"the database went away: {error}") from error
    except ClickHouseError as error:
        raise refused(error) from error
    except HTTPError as error:
        raise ConnectionFailed(f"the database went away in the middle of an answer: {error}") from error


def refused(error: ClickHouseError) -> QueryFailed:
    """What ClickHouse refused; a full disk in a line that says what to do."""
    code = code_of(error)
    if code != _NOT_ENOUGH_SPACE and DISK_FULL not in str(error):
        return QueryFailed(str(error), code=code)
    place = _PLACE.search(str(error))
    return full(f" ({place[1]})" if place else "", code)


def full(where: str, code: int = _NOT_ENOUGH_SPACE) -> DiskFull:
    """The error of a full disk, in a line that says what to do; `where` names it."""
    told = f"the database's disk is full{where}: free space, then run again; nothing stored is lost"
    return DiskFull(told, code=code)


def code_of(error: ClickHouseError) -> int:
    """ClickHouse's number of an error, 0 where it gives none."""
    known = getattr(error, "code", None)
    if isinstance(known, int):
        return known
    found = _CODE.search(str(error))
    return int(found.group(1)) if found else 0
