"""A span of event time, and how a query asks for it."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Numbers, not texts: they also say moments that no column can hold, such as the beginning of a window of a century.
WITHIN = (
    "event_time BETWEEN fromUnixTimestamp64Micro({since:Int64}, 'UTC') "
    "AND fromUnixTimestamp64Micro({until:Int64}, 'UTC')"
)


@dataclass(frozen=True)
class Span:
    """From one moment of event time to another, both UTC and included."""

    since: datetime
    until: datetime

    @property
    def parameters(self) -> dict[str, object]:
        """`since` and `until` in microseconds since 1970, for `WITHIN`."""
        return {"since": (self.since - _EPOCH) // _MICROSECOND, "until": (self.until - _EPOCH) // _MICROSECOND}

    def joined(self, other: "Span") -> "Span":
        """The shortest span that holds both."""
        return Span(min(self.since, other.since), max(self.until, other.until))

    def widened(self, by: timedelta) -> "Span":
        """The span with so much more before and after it, within the calendar."""
        return Span(self.begun_earlier(by).since, _shifted(self.until, by))

    def begun_earlier(self, by: timedelta) -> "Span":
        """The span with so much more before it, within the calendar."""
        return Span(_shifted(self.since, -by), self.until)


def _shifted(moment: datetime, by: timedelta) -> datetime:
    """A moment earlier or later, but not beyond the calendar."""
    try:
        return moment + by
    except OverflowError:
        return moment
