"""Files of events in CEF or LEEF, bare or behind syslog headers; what else stands between them is read as syslog."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from pipelines.batch import Batch
from pipelines.sources import syslog
from pipelines.sources.lines import lines_tell
from pipelines.sources.syslog_header import EVENT_CARRIED

NAME = "cef"

_TELLING = re.compile(EVENT_CARRIED)


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines carries an event of CEF or LEEF."""
    return lines_tell(head, _TELLING.match)


def read(stream: BinaryIO) -> Iterator[Batch]:
    """The events in batches, CEF and LEEF and plain syslog each for itself."""
    return syslog.read(stream)
