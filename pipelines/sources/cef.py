"""Files of events in CEF or LEEF, bare or behind syslog headers; what else stands between them is read as syslog."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from pipelines.batch import Batch
from pipelines.sources import syslog
from pipelines.sources.lines import lines_tell
from pipelines.sources.syslog_special import EVENT_CARRIED
from pipelines.sources.zones import UTC_CLOCKS, Zones

NAME = "cef"

_TELLING = re.compile(EVENT_CARRIED)


def recognises(head: bytes) -> bool:
    """Whether at least every fourth of the first lines carries an event of CEF or LEEF."""
    return lines_tell(head, _TELLING.match)


def read(
    stream: BinaryIO, now: datetime | None = None, *, site: Zones = UTC_CLOCKS, beginning: BinaryIO | None = None
) -> Iterator[Batch]:
    """The events in batches, CEF and LEEF and plain syslog each for itself; arguments as in `syslog.read`."""
    return syslog.read(stream, now, site=site, beginning=beginning)


read_on = syslog.read_on
